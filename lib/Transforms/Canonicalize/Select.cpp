//===- Select.cpp - Choices that are none ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   select(a = a, b = b, cond = true)  => a      select(a, b, false) => b
//   select(a = a, b = a, cond = c)     => a
//   select(a = a, b = b, cond = logical_not(x = c)) => select(a = b, b = a, c)
//
// What is chosen must have the type of the result: where it is widened, it is
// another tensor.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

namespace espresso {

static Value *takeKnownChoice(Operation &op, Builder &,
                              const PatternOptions &) {
  std::optional<double> condition = getUniform(op, "cond");
  if (!condition)
    return nullptr;
  return ifSameType(op.getOperand(*condition != 0 ? "a" : "b"), op);
}

static Value *takeOnlyChoice(Operation &op, Builder &, const PatternOptions &) {
  Value *a = op.getOperand("a");
  return a == op.getOperand("b") ? ifSameType(a, op) : nullptr;
}

static Value *exchangeNegated(Operation &op, Builder &builder,
                              const PatternOptions &) {
  Operation *negation = getProducer(op.getOperand("cond"), "logical_not");
  Value *condition = negation ? negation->getOperand("x") : nullptr;
  if (!condition)
    return nullptr;
  return builder
      .create("select",
              {copyArgument(op, "b", "a"),
               copyArgument(op, "a", "b"),
               {"cond", condition}},
              {op.getResult()->getType()}, op.getResult()->getName())
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"select", takeKnownChoice},
    {"select", takeOnlyChoice},
    {"select", exchangeNegated},
};

llvm::ArrayRef<PatternRow> getSelectPatterns() { return kPatterns; }

} // namespace espresso
