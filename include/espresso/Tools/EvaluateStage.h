//===- EvaluateStage.h - Evaluation in espresso-opt -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_EVALUATESTAGE_H
#define ESPRESSO_TOOLS_EVALUATESTAGE_H

#include "espresso/Analysis/Ranges.h"
#include "espresso/Tools/OptMain.h"

#include <memory>
#include <optional>
#include <string>

namespace espresso {

/// Lets espresso-opt evaluate a function, over several steps if asked to:
/// --evaluate with --input, --steps, --seed, --numerics, --compare and others,
/// see docs/Evaluator.md. The outputs, or how far they are from others, are
/// printed in place of the program. The last of the stages, so that it sees
/// what passes have made.
class EvaluateStage : public OptStage {
public:
  EvaluateStage();
  ~EvaluateStage() override;

  void addOptions(llvm::cl::OptionCategory &category) override;
  std::optional<ExitCode> begin(Context &context) override;
  ExitCode run(Program &program) override;
  bool printResult(llvm::raw_ostream &os) override;
  /// Failed if a comparison found a difference.
  ExitCode getFinalExitCode() const override;

  /// Called before begin(): inputs are asked for by something else, too.
  void allowInputs() { inputsAllowed = true; }
  /// Runs the function that --evaluate would on the inputs that it would be
  /// given, and keeps the ranges of what is computed.
  ExitCode observe(Program &program, std::optional<RangeMap> &ranges);

private:
  struct Options;

  const Function *findReference(const Function &function, ReadResult &read);

  bool inputsAllowed = false;
  std::unique_ptr<Options> options;
  std::string outputText;
  bool areDifferent = false;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_EVALUATESTAGE_H
