//===- EvaluationTrace.cpp - What every operation computed ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/EvaluationTrace.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Names have no slash.
static std::string makeKey(llvm::StringRef function, llvm::StringRef value) {
  return (function + "/" + value).str();
}

void EvaluationTrace::attach(Evaluator &evaluator) {
  evaluator.setObserver(
      [this](const Operation &op, llvm::ArrayRef<TensorRef> results) {
        llvm::StringRef function = op.getFunction()->getName();
        for (unsigned i = 0; i < results.size(); ++i) {
          entries.push_back({&op, i, results[i]});
          tensors[makeKey(function, op.getResult(i)->getName())].push_back(
              results[i]);
        }
      });
}

const Tensor *EvaluationTrace::find(llvm::StringRef function,
                                    llvm::StringRef value,
                                    size_t occurrence) const {
  auto found = tensors.find(makeKey(function, value));
  if (found == tensors.end() || occurrence >= found->second.size())
    return nullptr;
  return found->second[occurrence].get();
}

/// The operations of the function's own body that `outputs` depend on.
static llvm::DenseSet<const Operation *>
collectProducers(const Function &function,
                 llvm::ArrayRef<std::string> outputs) {
  const Block &body = function.getBody();
  llvm::DenseSet<const Operation *> producers;
  llvm::SmallVector<const Operation *> pending;
  auto reach = [&](const Value *value) {
    const Operation *op = value->getDefiningOp();
    if (op && producers.insert(op).second)
      pending.push_back(op);
  };
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    if (llvm::is_contained(outputs, body.getOutput(i)->getName()))
      reach(body.getOutput(i));
  while (!pending.empty()) {
    const Operation *op = pending.pop_back_val();
    for (const Value *operand : op->getAllOperands())
      reach(operand);
  }
  return producers;
}

std::optional<OperationDifference>
findFirstDifference(const EvaluationTrace &expected,
                    const EvaluationTrace &actual, const Tolerance &tolerance,
                    const Function &function,
                    llvm::ArrayRef<std::string> outputs) {
  llvm::DenseSet<const Operation *> producers =
      collectProducers(function, outputs);
  std::optional<OperationDifference> fallback;
  llvm::StringMap<size_t> occurrences;
  for (const EvaluationTrace::Entry &entry : actual.getEntries()) {
    const Function &owner = *entry.op->getFunction();
    llvm::StringRef name = entry.getValue().getName();
    size_t occurrence = occurrences[makeKey(owner.getName(), name)]++;
    bool isOwn = &owner == &function;
    if (isOwn && !producers.empty() && !producers.contains(entry.op))
      continue;
    const Tensor *wanted = expected.find(owner.getName(), name, occurrence);
    if (!wanted)
      wanted = expected.find(function.getName(), name, occurrence);
    bool hasNamesake = wanted && areComparable(*wanted, *entry.tensor);
    OperationDifference found{entry.op,
                              entry.resultIndex,
                              hasNamesake ? wanted : nullptr,
                              entry.tensor.get(),
                              {}};
    if (hasNamesake)
      found.difference = compareTensors(*wanted, *entry.tensor, tolerance);
    if (!found.difference.isWithin())
      return found;
    if (isOwn && !outputs.empty() && name == outputs.front())
      fallback = found;
  }
  return fallback;
}

} // namespace espresso
