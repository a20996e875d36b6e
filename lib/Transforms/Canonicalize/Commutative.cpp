//===- Commutative.cpp - Constants on the right ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   add(x = two, y = x)    =>    add(x = x, y = two)
//
// so that other patterns need to look for constants in one place only. Literals
// count as constants.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "espresso/Ops/Registry.h"

namespace espresso {

static bool isConstant(const Argument &argument) {
  return !argument.getValue() || getProducer(argument.getValue(), "const");
}

static NamedArgument makeArgument(llvm::StringRef input,
                                  const Argument &argument) {
  if (argument.getValue())
    return {input, argument.getValue()};
  return {input, argument.getLiteral()};
}

static Value *moveConstantRight(Operation &op, Builder &builder,
                                const PatternOptions &) {
  if (!lookupOp(op)->hasTrait(OpTrait_Commutative) ||
      op.getBindings().size() != 2)
    return nullptr;
  const Binding *x = op.findBinding("x");
  const Binding *y = op.findBinding("y");
  if (!x || !y || !isConstant(x->getSingle()) || isConstant(y->getSingle()))
    return nullptr;
  Operation *swapped = builder.create(
      op.getName(),
      {makeArgument("x", y->getSingle()), makeArgument("y", x->getSingle())},
      {op.getResult()->getType()}, op.getResult()->getName());
  swapped->setOpsetQualifier(op.getOpsetQualifier());
  return swapped->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"", moveConstantRight},
};

llvm::ArrayRef<PatternRow> getCommutativePatterns() { return kPatterns; }

} // namespace espresso
