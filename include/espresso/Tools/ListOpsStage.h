//===- ListOpsStage.h - The list of operations in espresso-opt --*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_LISTOPSSTAGE_H
#define ESPRESSO_TOOLS_LISTOPSSTAGE_H

#include "espresso/Tools/OptMain.h"

#include <memory>

namespace espresso {

/// Lets espresso-opt list the operations it knows: --list-ops.
class ListOpsStage : public OptStage {
public:
  ListOpsStage();
  ~ListOpsStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  std::optional<ExitCode> begin(Context &context) override;
  ExitCode run(Program &) override { return ExitCode::Success; }

private:
  struct Options;
  std::unique_ptr<Options> options;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_LISTOPSSTAGE_H
