//===- EvaluateInputs.h - What --evaluate is run on -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_EVALUATEINPUTS_H
#define ESPRESSO_LIB_TOOLS_EVALUATEINPUTS_H

#include "espresso/Eval/RandomTensors.h"
#include "espresso/Tools/ExitCode.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// The command line, as far as it concerns inputs.
struct EvaluateInputOptions {
  /// name=value: see docs/Evaluator.md.
  std::vector<std::string> inputs;
  std::vector<std::string> states;
  /// .npz files.
  std::string inputArchive;
  std::string stateArchive;
  /// input=output or input=argmax(output).
  std::vector<std::string> feeds;
  std::optional<uint64_t> seed;
  Distribution distribution;
  /// 0: as many as the inputs have.
  unsigned numSteps = 0;
};

/// Makes the inputs of each step of an evaluation of one function.
class EvaluateInputs {
public:
  /// Reads and checks everything; reports and returns the exit code if
  /// something does not fit.
  static std::optional<ExitCode> create(const Function &function,
                                        const EvaluateInputOptions &options,
                                        EvaluateInputs &inputs);

  unsigned getNumSteps() const { return numSteps; }
  const NamedTensors &getStates() const { return states; }
  /// The inputs of step `index`, from 0, given the outputs of the step before;
  /// reports and fails if one is missing.
  FailureOr<NamedTensors> makeStep(unsigned index,
                                   const NamedTensors &previous);

private:
  /// Where one input comes from: `given`, one slice a step if it has an axis
  /// more than the input; then, when these have run out, an output of the step
  /// before.
  struct Source {
    TensorType type;
    std::string name;
    std::optional<Tensor> given;
    bool isSliced = false;
    /// The number of the step.
    bool isStep = false;
    std::string feed;
    bool feedsArgmax = false;

    unsigned getNumSlices() const {
      return isSliced ? static_cast<unsigned>(given->getDim(0)) : 0;
    }
  };

  std::optional<ExitCode> addInput(llvm::StringRef text);
  std::optional<ExitCode> addArchive(llvm::StringRef path, bool areStates);
  std::optional<ExitCode> addState(llvm::StringRef text);
  std::optional<ExitCode> addFeed(llvm::StringRef text);
  std::optional<ExitCode> setGiven(Source &source, Tensor tensor);
  std::optional<ExitCode> chooseNumSteps(unsigned wanted);
  Source *findSource(llvm::StringRef name);
  FailureOr<Tensor> makeInput(const Source &source, unsigned index,
                              const NamedTensors &previous);

  const Function *function = nullptr;
  std::vector<Source> sources;
  NamedTensors states;
  unsigned numSteps = 1;
  std::optional<RandomSource> random;
  Distribution distribution;
};

/// The index of the largest element, the first of equals, as int32 of `shape`,
/// which has one element.
[[nodiscard]] int64_t findArgmax(const Tensor &tensor);

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_EVALUATEINPUTS_H
