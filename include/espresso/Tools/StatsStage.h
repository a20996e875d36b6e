//===- StatsStage.h - Statistics in espresso-opt ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_STATSSTAGE_H
#define ESPRESSO_TOOLS_STATSSTAGE_H

#include "espresso/Tools/OptMain.h"

#include <memory>
#include <string>

namespace espresso {

/// Lets espresso-opt say what a program consists of: --stats. To be put behind
/// the stages that change the program.
class StatsStage : public OptStage {
public:
  StatsStage();
  ~StatsStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  ExitCode run(Program &program) override;
  bool printResult(llvm::raw_ostream &os) override;

private:
  struct Options;
  std::unique_ptr<Options> options;
  std::string outputText;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_STATSSTAGE_H
