//===- EvaluateRunner.cpp - The steps of --evaluate -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateRunner.h"

#include "espresso/Eval/ActualShapes.h"

namespace espresso {

/// Runs the reference on the same inputs, and says how far the last step of the
/// function is from it.
ExitCode EvaluateRunner::compareStep(Evaluator &evaluator,
                                     const NamedTensors &inputs,
                                     const EvaluationTrace &trace,
                                     std::optional<unsigned> step,
                                     llvm::raw_ostream &os) {
  EvaluationTrace expectedTrace;
  expectedTrace.attach(evaluator);
  FailureOr<NamedTensors> expected =
      evaluator.run(reference->getName(), inputs);
  if (failed(expected))
    return ExitCode::Failed;
  std::vector<std::string> beyond;
  if (printComparison(*expected, steps.back(), options.tolerance, step, os,
                      beyond))
    return ExitCode::Success;
  areDifferent = true;
  if (auto first = findFirstDifference(expectedTrace, trace, options.tolerance,
                                       function, beyond))
    printFirstDifference(*first, function, os);
  return ExitCode::Success;
}

/// Evaluates every step, each with its comparison.
ExitCode EvaluateRunner::runSteps(EvaluateInputs &inputs,
                                  llvm::raw_ostream &os) {
  Evaluator evaluator(function.getProgram(), options.arithmetic);
  std::optional<Evaluator> judge;
  if (reference)
    judge.emplace(reference->getProgram(), options.otherArithmetic);
  for (const auto &[name, tensor] : inputs.getStates()) {
    evaluator.getStates().set(name, tensor);
    if (judge)
      judge->getStates().set(name, tensor);
  }
  Context &context = function.getContext();
  NamedTensors previous;
  for (unsigned i = 0; i < inputs.getNumSteps(); ++i) {
    std::optional<unsigned> step;
    if (inputs.getNumSteps() > 1)
      step = i;
    FailureOr<NamedTensors> given = inputs.makeStep(i, previous);
    if (failed(given) || failed(checkActualShapes(function, *given)) ||
        (reference && failed(checkActualShapes(*reference, *given))))
      return ExitCode::Failed;
    EvaluationTrace trace;
    if (judge)
      trace.attach(evaluator);
    FailureOr<NamedTensors> outputs = evaluator.run(function.getName(), *given);
    if (failed(outputs))
      return ExitCode::Failed;
    previous = *outputs;
    steps.push_back(std::move(*outputs));
    printOutputs(context, steps.back(), options.print, step, os);
    if (!judge)
      continue;
    if (ExitCode code = compareStep(*judge, *given, trace, step, os);
        code != ExitCode::Success)
      return code;
  }
  finalStates = getStates(evaluator);
  return ExitCode::Success;
}

NamedTensors EvaluateRunner::getStates(Evaluator &evaluator) const {
  NamedTensors states;
  for (const auto &input : function.getBody().getInputs())
    if (input->getType().is<StateType>())
      if (const Tensor *tensor = evaluator.getStates().find(input->getName()))
        states.emplace_back(input->getName().str(), *tensor);
  return states;
}

ExitCode EvaluateRunner::compareFile(llvm::raw_ostream &os) {
  NamedTensors expected, actual = stackSteps(steps);
  llvm::StringRef onlyName = actual.empty() ? "" : actual.front().first;
  if (auto code = readTensors(options.compareFile, onlyName, expected))
    return *code;
  std::vector<std::string> beyond;
  areDifferent |= !printComparison(expected, actual, options.tolerance,
                                   std::nullopt, os, beyond);
  return ExitCode::Success;
}

ExitCode EvaluateRunner::save() const {
  if (!options.saveOutputs.empty())
    if (ExitCode code = writeTensors(options.saveOutputs, stackSteps(steps));
        code != ExitCode::Success)
      return code;
  if (!options.saveStates.empty())
    return writeTensors(options.saveStates, finalStates);
  return ExitCode::Success;
}

ExitCode EvaluateRunner::run(EvaluateInputs &inputs, llvm::raw_ostream &os) {
  if (ExitCode code = runSteps(inputs, os); code != ExitCode::Success)
    return code;
  if (!options.compareFile.empty())
    if (ExitCode code = compareFile(os); code != ExitCode::Success)
      return code;
  return save();
}

} // namespace espresso
