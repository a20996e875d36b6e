//===- Replacement.cpp - Values in place of others ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Replacement.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace espresso {

static bool isOutputOfFunction(const Use &use) {
  return use.getOutputOf() && !use.getOutputOf()->getParentOp();
}

bool isFunctionOutput(const Value &value) {
  bool found = false;
  // Looking at uses does not change the value.
  const_cast<Value &>(value).forEachUse(
      [&](Use &use) { found |= isOutputOfFunction(use); });
  return found;
}

void swapNames(Value &a, Value &b) {
  llvm::StringRef name = a.getName();
  a.setName(b.getName());
  b.setName(name);
}

bool replaceUses(Value &old, Value &with) {
  bool outputsMove = true;
  if (isFunctionOutput(old)) {
    outputsMove = with.getDefiningOp() && !isFunctionOutput(with);
    if (outputsMove)
      swapNames(old, with);
  }
  bool changed = false;
  old.forEachUse([&](Use &use) {
    if (!outputsMove && isOutputOfFunction(use))
      return;
    use.set(&with);
    changed = true;
  });
  return changed;
}

unsigned eraseIfDead(Operation &op) { return eraseIfDead({&op}); }

unsigned eraseIfDead(llvm::ArrayRef<Operation *> ops) {
  llvm::SetVector<Operation *> pending(ops.begin(), ops.end());
  unsigned numErased = 0;
  while (!pending.empty()) {
    Operation *candidate = pending.pop_back_val();
    if (candidate->hasUses() || !isPure(*candidate))
      continue;
    for (Value *operand : candidate->getAllOperands())
      if (operand->getDefiningOp())
        pending.insert(operand->getDefiningOp());
    candidate->erase();
    ++numErased;
  }
  return numErased;
}

} // namespace espresso
