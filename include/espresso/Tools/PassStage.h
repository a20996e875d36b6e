//===- PassStage.h - Passes in espresso-opt ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_PASSSTAGE_H
#define ESPRESSO_TOOLS_PASSSTAGE_H

#include "espresso/Tools/OptMain.h"

#include <memory>

namespace espresso {

/// Lets espresso-opt run passes: --pipeline, --dump-pipeline, --list-passes,
/// --run-reproducer, and the flags of PassOptions. Passes must have been
/// registered.
class PassStage : public OptStage {
public:
  PassStage();
  ~PassStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  std::optional<ExitCode> begin(Context &context) override;
  std::optional<std::string> getInput() override;
  ExitCode run(Program &program) override;

private:
  struct Options;
  std::unique_ptr<Options> options;
  /// The pipeline in its normal form.
  std::string pipelineText;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_PASSSTAGE_H
