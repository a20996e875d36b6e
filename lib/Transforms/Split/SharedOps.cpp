//===- SharedOps.cpp - Operations that all layers share -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SharedOps.h"

#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

void copyBinding(const Operation &op, llvm::StringRef from, Operation &target,
                 llvm::StringRef to) {
  const Binding *binding = op.findBinding(from);
  if (!binding)
    return;
  if (Value *value = binding->getSingle().getValue())
    target.setOperand(to, value);
  else
    target.setLiteral(to, binding->getSingle().getLiteral());
}

static bool haveSameArguments(const Operation &a, const Operation &b) {
  if (a.getBindings().size() != b.getBindings().size())
    return false;
  return llvm::all_of(a.getBindings(), [&](const auto &binding) {
    llvm::StringRef name = binding->getName();
    if (!b.hasBinding(name))
      return false;
    Attribute constant = a.getConstant(name);
    return constant ? constant == b.getConstant(name)
                    : a.getOperand(name) == b.getOperand(name);
  });
}

Value *SharedOps::share(Operation &op, llvm::StringRef name) {
  for (Operation *other : known)
    if (other->getName() == op.getName() && haveSameArguments(*other, op)) {
      op.erase();
      return other->getResult();
    }
  llvm::SmallVector<Type, 2> types;
  if (failed(inferResultTypes(op, types)))
    llvm_unreachable("an operation was built with wrong arguments");
  known.push_back(&op);
  return op.addResult(op.getFunction()->makeUniqueName(name), types.front(),
                      op.getLocation());
}

} // namespace espresso
