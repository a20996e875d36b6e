//===- EvaluationTrace.h - What every operation computed --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Traces of evaluations, and where two of them part. The two may be of
// different programs: values are matched by name, as passes keep the names of
// what they do not replace.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_EVALUATIONTRACE_H
#define ESPRESSO_EVAL_EVALUATIONTRACE_H

#include "espresso/Eval/Comparison.h"
#include "espresso/Eval/Evaluator.h"

namespace espresso {

/// Every result of every operation of the runs of an evaluator, in order.
/// Thread-compatible.
class EvaluationTrace {
public:
  struct Entry {
    const Operation *op;
    unsigned resultIndex;
    TensorRef tensor;

    const Value &getValue() const { return *op->getResult(resultIndex); }
  };

  /// Starts to keep what `evaluator` computes, while both live.
  void attach(Evaluator &evaluator);

  llvm::ArrayRef<Entry> getEntries() const { return entries; }
  /// The `occurrence`-th tensor, from 0, that a value called `value` of the
  /// function called `function` had; null if there is none.
  const Tensor *find(llvm::StringRef function, llvm::StringRef value,
                     size_t occurrence) const;

private:
  std::vector<Entry> entries;
  llvm::StringMap<std::vector<TensorRef>> tensors;
};

/// The result of an operation that is not what it is expected to be.
struct OperationDifference {
  const Operation *op;
  unsigned resultIndex;
  /// Null if there is nothing of that name and shape to compare with.
  const Tensor *expected;
  const Tensor *actual;
  TensorDifference difference;
};

/// The first operation of `actual` with a result beyond `tolerance` of its
/// namesake in `expected`: the value of that name in the function of that name,
/// or else in the function called `function`, which both traces are of. Of the
/// operations of that function itself, only those that `outputs` depend on are
/// looked at, unless there are none of these. The operation behind the first of
/// `outputs` if no namesake differs; nothing if there is no operation.
[[nodiscard]] std::optional<OperationDifference>
findFirstDifference(const EvaluationTrace &expected,
                    const EvaluationTrace &actual, const Tolerance &tolerance,
                    const Function &function,
                    llvm::ArrayRef<std::string> outputs);

} // namespace espresso

#endif // ESPRESSO_EVAL_EVALUATIONTRACE_H
