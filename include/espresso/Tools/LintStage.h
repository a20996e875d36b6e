//===- LintStage.h - Ranges and precision in espresso-opt -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_LINTSTAGE_H
#define ESPRESSO_TOOLS_LINTSTAGE_H

#include "espresso/Analysis/PrecisionLint.h"
#include "espresso/Tools/EvaluateStage.h"
#include "espresso/Tools/OptMain.h"

#include <memory>
#include <string>

namespace espresso {

/// Lets espresso-opt say where numbers may be lost, and between what values
/// lie: --lint, --ranges, --assume. Observed ranges come from the inputs that
/// `evaluation` makes, which must outlive this; to be put before it and behind
/// the stages that change the program.
class LintStage : public OptStage {
public:
  explicit LintStage(EvaluateStage &evaluation);
  ~LintStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  std::optional<ExitCode> begin(Context &context) override;
  ExitCode run(Program &program) override;
  bool printResult(llvm::raw_ostream &os) override;
  ExitCode getFinalExitCode() const override { return finalCode; }

private:
  struct Options;
  void lintAll(Program &program, llvm::ArrayRef<Function *> functions,
               const RangeMap &ranges, RangeOrigin origin);
  void printAll(llvm::ArrayRef<Function *> functions, const RangeMap &ranges);

  EvaluateStage &evaluation;
  std::unique_ptr<Options> options;
  RangeAssumptions assumptions;
  std::string outputText;
  /// Failed after an error that only the JSON tells.
  ExitCode finalCode = ExitCode::Success;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_LINTSTAGE_H
