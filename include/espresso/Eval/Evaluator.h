//===- Evaluator.h - Running a program --------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference evaluator: what a program computes, in plain code. It judges
// every pass and the fast runtime. See docs/Evaluator.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_EVALUATOR_H
#define ESPRESSO_EVAL_EVALUATOR_H

#include "espresso/Eval/Tensor.h"
#include "espresso/IR/Program.h"

#include "llvm/ADT/StringMap.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace espresso {

/// Tensors under the names of inputs or outputs.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The tensors behind states, which outlive a run. Bound by name: the state
/// inputs of the function that is run, whatever the functions it calls name
/// them. Thread-compatible.
class StateStore {
public:
  /// The tensor of that name, or null if no run has needed it yet.
  Tensor *find(llvm::StringRef name);
  /// Adds or replaces.
  void set(llvm::StringRef name, Tensor value);
  void clear() { tensors.clear(); }

private:
  // Not StringMap<Tensor>: bindings point at tensors while others are added.
  llvm::StringMap<std::unique_ptr<Tensor>> tensors;
};

/// Told of each operation that was run, and its results, in order; operations
/// of functions that are called come before their `espresso.call`. Constants
/// are not told of.
using EvaluationObserver =
    std::function<void(const Operation &op, llvm::ArrayRef<TensorRef> results)>;

/// The rule id of errors that say that an operation has no kernel.
inline constexpr llvm::StringLiteral kNoKernelRule = "no-kernel";

/// Evaluates the functions of one program, which must be verified, must not
/// change while this lives, and must outlive it. Constants are read when a
/// function is first run, and kept. Thread-compatible.
class Evaluator {
public:
  explicit Evaluator(const Program &program, Numerics numerics = {});
  ~Evaluator();
  Evaluator(const Evaluator &) = delete;
  Evaluator &operator=(const Evaluator &) = delete;

  /// States that are not set hold zeros when a run first needs them.
  StateStore &getStates() { return states; }

  /// May be null. The observer must outlive the runs that follow.
  void setObserver(EvaluationObserver observer);

  /// Runs a function. `inputs` has a tensor for each input that is not a state,
  /// bound by name, converted to the type it has in the arithmetic of this
  /// evaluator. Returns a tensor for each output, in order. Reports to the
  /// diagnostics of the context and fails if the function or an input is
  /// missing or does not fit, if weights are not on disk, if an operation has
  /// no kernel, or if a kernel refuses its arguments.
  [[nodiscard]] FailureOr<NamedTensors> run(llvm::StringRef functionName,
                                            const NamedTensors &inputs);

private:
  struct Impl;
  StateStore states;
  std::unique_ptr<Impl> impl;
};

/// The results of an operation whose arguments are all constants, as declared
/// types (NumericsMode::Fp16): for folding. Fails, without a report, if an
/// argument is not constant or its weights are not on disk, if the operation is
/// not pure or has no kernel, or if the kernel refuses.
[[nodiscard]] FailureOr<llvm::SmallVector<Attribute>>
evaluateOp(const Operation &op);

} // namespace espresso

#endif // ESPRESSO_EVAL_EVALUATOR_H
