//===- EvaluateRunner.h - The steps of --evaluate ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_EVALUATERUNNER_H
#define ESPRESSO_LIB_TOOLS_EVALUATERUNNER_H

#include "EvaluateInputs.h"
#include "EvaluateOutputs.h"

namespace espresso {

/// The command line, as far as it concerns what is done with outputs.
struct EvaluateRunOptions {
  Numerics arithmetic;
  /// Of the function that is compared with.
  Numerics otherArithmetic;
  EvaluatePrint print = EvaluatePrint::Values;
  Tolerance tolerance;
  /// Files of tensors; empty for none.
  std::string compareFile;
  std::string saveOutputs;
  std::string saveStates;
};

/// All steps of one function, and of the one it is compared with.
class EvaluateRunner {
public:
  /// `reference` may be null. The options and functions must outlive this.
  EvaluateRunner(const EvaluateRunOptions &options, const Function &function,
                 const Function *reference)
      : options(options), function(function), reference(reference) {}

  /// Runs, prints to `os`, compares and writes files. Anything but Success has
  /// been reported.
  [[nodiscard]] ExitCode run(EvaluateInputs &inputs, llvm::raw_ostream &os);

  /// Whether a comparison went beyond the tolerance.
  bool hasDifference() const { return areDifferent; }

private:
  ExitCode runSteps(EvaluateInputs &inputs, llvm::raw_ostream &os);
  ExitCode compareStep(Evaluator &judge, const NamedTensors &inputs,
                       const EvaluationTrace &trace,
                       std::optional<unsigned> step, llvm::raw_ostream &os);
  ExitCode compareFile(llvm::raw_ostream &os);
  ExitCode save() const;
  NamedTensors getStates(Evaluator &evaluator) const;

  const EvaluateRunOptions &options;
  const Function &function;
  const Function *reference;
  std::vector<NamedTensors> steps;
  NamedTensors finalStates;
  bool areDifferent = false;
};

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_EVALUATERUNNER_H
