//===- Arithmetic.cpp - Neutral elements ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   mul(x = x, y = 1)          => x         add(x = x, y = -0.0)      => x
//   real_div(x = x, y = 1)     => x         add(x = x, y = 0), int    => x
//   floor_div(x = x, y = 1)    => x, int    sub(x = x, y = +0)        => x
//   pow(x = x, y = 1)          => x
//   relu(x = relu(x = x))      => relu(x = x), and so abs, floor, ceil, round
//   logical_not(x = logical_not(x = x)) => x
//
// Only what is exact: x + 0.0 is not, since -0.0 + 0.0 is +0.0, and neither is
// x - (-0.0). The constant may be a tensor of equal elements; it must not widen
// x, which is so if the result has the type of x.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include <cmath>

namespace espresso {

/// True if `input` of `op` is known and all its elements are `number`, with the
/// same sign if that is zero.
static bool isAll(const Operation &op, llvm::StringRef input, double number) {
  // Longer constants are weights, and their elements differ.
  constexpr int64_t kMaxElements = 4096;
  Attribute constant = op.getConstant(input);
  if (!constant.getDense())
    return false;
  TensorType type = constant.getType().getAs<TensorType>();
  if (!type || type.getElementType() == DataType::String)
    return false;
  int64_t count = constant.getNumElements();
  if (count == 0 || count > kMaxElements)
    return false;
  bool isReal = isFloat(type.getElementType());
  for (int64_t i = 0; i < count; ++i) {
    double element = constant.getReal(i);
    if (element != number ||
        (isReal && std::signbit(element) != std::signbit(number)))
      return false;
  }
  return true;
}

static bool isRealOperation(const Operation &op) {
  TensorType type = op.getResult()->getTensorType();
  return type && isFloat(type.getElementType());
}

/// x with 1 on the right.
static Value *removeOne(Operation &op, Builder &, const CanonicalizeOptions &) {
  return isAll(op, "y", 1) ? ifSameType(op.getOperand("x"), op) : nullptr;
}

/// floor(x / 1) is x for integers only.
static Value *removeFloorDivByOne(Operation &op, Builder &builder,
                                  const CanonicalizeOptions &options) {
  return isRealOperation(op) ? nullptr : removeOne(op, builder, options);
}

static Value *removeAddOfZero(Operation &op, Builder &,
                              const CanonicalizeOptions &) {
  double zero = isRealOperation(op) ? -0.0 : 0.0;
  return isAll(op, "y", zero) ? ifSameType(op.getOperand("x"), op) : nullptr;
}

static Value *removeSubOfZero(Operation &op, Builder &,
                              const CanonicalizeOptions &) {
  return isAll(op, "y", 0.0) ? ifSameType(op.getOperand("x"), op) : nullptr;
}

/// f(f(x)) = f(x).
static Value *removeRepeated(Operation &op, Builder &,
                             const CanonicalizeOptions &) {
  Value *x = op.getOperand("x");
  return getProducer(x, op.getName()) ? ifSameType(x, op) : nullptr;
}

/// f(f(x)) = x.
static Value *removeInvolution(Operation &op, Builder &,
                               const CanonicalizeOptions &) {
  Operation *inner = getProducer(op.getOperand("x"), op.getName());
  return inner ? ifSameType(inner->getOperand("x"), op) : nullptr;
}

static constexpr PatternRow kPatterns[] = {
    {"mul", removeOne},
    {"real_div", removeOne},
    {"floor_div", removeFloorDivByOne},
    {"pow", removeOne},
    {"add", removeAddOfZero},
    {"sub", removeSubOfZero},
    {"relu", removeRepeated},
    {"abs", removeRepeated},
    {"ceil", removeRepeated},
    {"floor", removeRepeated},
    {"round", removeRepeated},
    {"logical_not", removeInvolution},
};

llvm::ArrayRef<PatternRow> getArithmeticPatterns() { return kPatterns; }

} // namespace espresso
