//===- Value.cpp - What operations compute and use ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Value.h"

namespace espresso {

Value::~Value() { assert(!firstUse && "value destroyed while it is used"); }

bool Value::hasOneUse() const { return firstUse && !firstUse->next; }

unsigned Value::getNumUses() const {
  unsigned count = 0;
  for (const Use *use = firstUse; use; use = use->next)
    ++count;
  return count;
}

void Value::forEachUse(llvm::function_ref<void(Use &)> visit) {
  for (Use *use = firstUse; use;) {
    Use *next = use->next;
    visit(*use);
    use = next;
  }
}

void Value::replaceAllUsesWith(Value *other) {
  assert(other != this && "a value cannot replace itself");
  while (firstUse)
    firstUse->set(other);
}

void Use::set(Value *newValue) {
  if (value) {
    *previousLink = next;
    if (next)
      next->previousLink = previousLink;
  }
  value = newValue;
  next = nullptr;
  previousLink = nullptr;
  if (!value)
    return;
  next = value->firstUse;
  previousLink = &value->firstUse;
  if (next)
    next->previousLink = &next;
  value->firstUse = this;
}

} // namespace espresso
