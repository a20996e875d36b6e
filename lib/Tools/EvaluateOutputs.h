//===- EvaluateOutputs.h - What --evaluate says and writes ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_EVALUATEOUTPUTS_H
#define ESPRESSO_LIB_TOOLS_EVALUATEOUTPUTS_H

#include "espresso/Eval/EvaluationTrace.h"
#include "espresso/Tools/ExitCode.h"

namespace espresso {

/// How outputs are printed.
enum class EvaluatePrint : uint8_t {
  /// As typed MIL values.
  Values,
  /// Type, least, largest, mean, and the place of the largest.
  Summary,
  /// The index of the largest element.
  Argmax,
  None,
};

/// Prints the outputs of a step. The number of the step stands before each if
/// there are several.
void printOutputs(Context &context, const NamedTensors &outputs,
                  EvaluatePrint how, std::optional<unsigned> step,
                  llvm::raw_ostream &os);

/// The tensors of all steps, one after another along a new first axis, if there
/// are several steps and all have one shape; otherwise as they are, under
/// `name` or `name.step`.
[[nodiscard]] NamedTensors stackSteps(llvm::ArrayRef<NamedTensors> steps);

/// Writes a .npz file, or a .npy file of the only tensor. Reports failures.
[[nodiscard]] ExitCode writeTensors(llvm::StringRef path,
                                    const NamedTensors &tensors);
/// The tensors of a .npz file, or the one of a .npy file under `name`.
[[nodiscard]] std::optional<ExitCode>
readTensors(llvm::StringRef path, llvm::StringRef name, NamedTensors &tensors);

/// Prints how far `actual` is from `expected`: one line for each of `expected`.
/// False if one is beyond `tolerance`, is not there or has another shape; their
/// names are added to `beyond`.
bool printComparison(const NamedTensors &expected, const NamedTensors &actual,
                     const Tolerance &tolerance, std::optional<unsigned> step,
                     llvm::raw_ostream &os, std::vector<std::string> &beyond);

/// "first operation that differs: 'y', a 'mul': [0] is expected to be 1 ...".
void printFirstDifference(const OperationDifference &difference,
                          const Function &function, llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_EVALUATEOUTPUTS_H
