//===- Operations.cpp - Operations taken away -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// All operations, those of nested blocks before the one they are in.
static llvm::SmallVector<Operation *, 0> collectOperations(Program &program) {
  llvm::SmallVector<Operation *, 0> ops;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) { ops.push_back(&op); });
  return ops;
}

static llvm::ArrayRef<Operation *> choose(llvm::ArrayRef<Operation *> ops,
                                          ItemRange range) {
  return ops.slice(range.begin, std::min(range.end, ops.size()) - range.begin);
}

size_t countOperations(Program &program) {
  return collectOperations(program).size();
}

/// Whether `value` is an output of its function's own body.
static bool isOutput(const Value &value, const Function &function) {
  const Block &body = function.getBody();
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    if (body.getOutput(i) == &value)
      return true;
  return false;
}

/// Whether users see the name.
static bool isBoundary(const Value &value, const Function &function) {
  return value.getInputOf() || isOutput(value, function);
}

static bool isNested(const Operation &op) {
  return op.getParentOp() != nullptr;
}

//===----------------------------------------------------------------------===//
// Inputs in place of operations
//===----------------------------------------------------------------------===//

/// A tensor that is no text can come from outside.
static bool canBeInput(const Value &value) {
  TensorType type = value.getTensorType();
  return type && type.getElementType() != DataType::String;
}

void turnIntoInputs(Program &program, ItemRange range) {
  llvm::SmallVector<Operation *, 0> ops = collectOperations(program);
  // From the back, so that what only an operation used can go with it.
  for (Operation *op : llvm::reverse(choose(ops, range))) {
    Function &function = *op->getFunction();
    // Constants are smaller than inputs, and outputs keep their names.
    bool isKept = op->is("const") || isNested(*op) ||
                  llvm::any_of(op->getResults(), [&](const auto &result) {
                    return (result->hasUses() && !canBeInput(*result)) ||
                           isOutput(*result, function);
                  });
    if (isKept)
      continue;
    for (const std::unique_ptr<Value> &result : op->getResults())
      if (result->hasUses())
        result->replaceAllUsesWith(function.getBody().addInput(
            result->getName(), result->getType(), result->getLocation()));
    op->erase();
  }
}

void removeUnused(Program &program, ItemRange range) {
  llvm::SmallVector<Operation *, 0> ops = collectOperations(program);
  for (Operation *op : llvm::reverse(choose(ops, range)))
    // Nested blocks go with the operation they are in.
    if (!op->hasUses() && !isNested(*op))
      op->erase();
}

//===----------------------------------------------------------------------===//
// Operands in place of operations
//===----------------------------------------------------------------------===//

/// An operand with the type of the only result, which can stand for it.
static Value *findStandIn(const Operation &op) {
  if (op.getNumResults() != 1)
    return nullptr;
  const Function &function = *op.getFunction();
  bool namesOutput = isOutput(*op.getResult(), function);
  for (Value *operand : op.getAllOperands())
    if (operand->getType() == op.getResult()->getType() &&
        !(namesOutput && isBoundary(*operand, function)))
      return operand;
  return nullptr;
}

void bypass(Program &program, ItemRange range) {
  llvm::SmallVector<Operation *, 0> ops = collectOperations(program);
  for (Operation *op : llvm::reverse(choose(ops, range))) {
    Value *standIn = findStandIn(*op);
    if (!standIn)
      continue;
    Value *result = op->getResult();
    llvm::StringRef name = result->getName();
    bool namesOutput = isOutput(*result, *op->getFunction());
    result->replaceAllUsesWith(standIn);
    if (namesOutput)
      standIn->setName(name);
    op->erase();
  }
}

//===----------------------------------------------------------------------===//
// Outputs further up
//===----------------------------------------------------------------------===//

/// Calls `visit` with each output and each operand that could take its place.
template <typename Fn>
static void forEachPeel(Program &program, Fn visit) {
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    Block &body = function->getBody();
    for (size_t i = 0; i < body.getNumOutputs(); ++i) {
      Operation *op = body.getOutput(i)->getDefiningOp();
      if (!op)
        continue;
      llvm::DenseSet<Value *> seen;
      for (Value *operand : op->getAllOperands()) {
        Operation *producer = operand->getDefiningOp();
        if (producer && !producer->is("const") && canBeInput(*operand) &&
            !isBoundary(*operand, *function) && seen.insert(operand).second)
          visit(*function, i, operand);
      }
    }
  }
}

size_t countPeels(Program &program) {
  size_t count = 0;
  forEachPeel(program, [&](Function &, size_t, Value *) { ++count; });
  return count;
}

void peelOutputs(Program &program, ItemRange range) {
  size_t index = 0;
  Function *chosenFunction = nullptr;
  size_t chosenOutput = 0;
  Value *chosenValue = nullptr;
  forEachPeel(program, [&](Function &function, size_t output, Value *value) {
    if (index++ != range.begin)
      return;
    chosenFunction = &function;
    chosenOutput = output;
    chosenValue = value;
  });
  if (!chosenFunction)
    return;
  Block &body = chosenFunction->getBody();
  Value *old = body.getOutput(chosenOutput);
  llvm::StringRef name = old->getName();
  old->setName(chosenFunction->makeUniqueName(name + "_before"));
  chosenValue->setName(name);
  body.setOutput(chosenOutput, chosenValue);
  if (!old->getDefiningOp()->hasUses())
    old->getDefiningOp()->erase();
}

} // namespace espresso
