//===- DiffStage.h - Comparing programs in espresso-opt ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_DIFFSTAGE_H
#define ESPRESSO_TOOLS_DIFFSTAGE_H

#include "espresso/Tools/OptMain.h"

#include <memory>
#include <string>

namespace espresso {

/// Lets espresso-opt say in what another program differs from its input:
/// --diff. To be put behind the stages that change the program.
class DiffStage : public OptStage {
public:
  DiffStage();
  ~DiffStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  ExitCode run(Program &program) override;
  bool printResult(llvm::raw_ostream &os) override;
  /// Failed if the programs differ.
  ExitCode getFinalExitCode() const override;

private:
  struct Options;
  std::unique_ptr<Options> options;
  std::string outputText;
  bool areDifferent = false;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_DIFFSTAGE_H
