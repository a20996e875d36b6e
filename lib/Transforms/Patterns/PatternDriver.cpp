//===- PatternDriver.cpp - Rewriting by local patterns --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PatternDriver.h"

#include "../Replacement.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

void PatternDriver::add(llvm::ArrayRef<PatternRow> rows) {
  for (const PatternRow &row : rows) {
    if (row.opName.empty())
      patternsForAll.push_back(row.pattern);
    else
      patterns[row.opName].push_back(row.pattern);
  }
}

Value *PatternDriver::findReplacement(Operation &op) {
  Builder builder(op);
  auto found = patterns.find(op.getName());
  if (found != patterns.end())
    for (Pattern pattern : found->second)
      if (Value *value = pattern(op, builder, options))
        return value;
  for (Pattern pattern : patternsForAll)
    if (Value *value = pattern(op, builder, options))
      return value;
  return nullptr;
}

/// An operation that a pattern made stands for the one it replaces: it has its
/// attributes and the name of its result.
static void takeOver(Operation &op, Value &made) {
  Operation &replacement = *made.getDefiningOp();
  for (const NamedAttribute &attribute : op.getAttributes())
    if (!replacement.getAttribute(attribute.name))
      replacement.setAttribute(attribute.name, attribute.value);
  swapNames(made, *op.getResult());
  op.getResult()->replaceAllUsesWith(&made);
}

/// Replaces `op` if a pattern knows how. Returns whether anything changed. May
/// erase `op`.
bool PatternDriver::simplify(Operation &op) {
  // Opaque operations may mean anything.
  if (op.getNumResults() != 1 || !lookupOp(op))
    return false;
  Value *value = findReplacement(op);
  if (!value)
    return false;
  Value &result = *op.getResult();
  bool canTakeName = value->getDefiningOp() && !isFunctionOutput(*value);
  // What a pattern has found is used, by `op` at least; what it made is not.
  if (!value->hasUses()) {
    takeOver(op, *value);
  } else if (!isFunctionOutput(result) || canTakeName || op.is("identity")) {
    // An identity that gives an output its name is as simple as can be.
    if (!replaceUses(result, *value))
      return false;
  } else {
    Operation *passedOn = Builder(op).create(
        "identity", {{"x", value}}, {result.getType()}, result.getName());
    takeOver(op, *passedOn->getResult());
  }
  ++numRewrites;
  eraseIfDead(op);
  return true;
}

bool PatternDriver::sweep(Block &block) {
  bool changed = false;
  for (Operation &op : llvm::make_early_inc_range(block.getOperations())) {
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      changed |= sweep(*nested);
    changed |= simplify(op);
  }
  return changed;
}

bool PatternDriver::run(Function &function, int64_t maxSweeps) {
  numRewrites = numSweeps = 0;
  while (static_cast<int64_t>(numSweeps) < maxSweeps &&
         sweep(function.getBody()))
    ++numSweeps;
  return numSweeps != 0;
}

} // namespace espresso
