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
//   logical_not(x = equal(...)) => not_equal(...), and the other way round
//   real_div(x = x, y = 4)     => mul(x = x, y = 0.25): powers of two only
//
// Only what is exact: x + 0.0 is not, since -0.0 + 0.0 is +0.0, and neither is
// x - (-0.0). The constant may be a tensor of equal elements; it must not widen
// x, which is so if the result has the type of x.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "espresso/Base/Half.h"

#include <cmath>

namespace espresso {

static bool isRealOperation(const Operation &op) {
  return isFloatTensor(*op.getResult());
}

/// x with 1 on the right.
static Value *removeOne(Operation &op, Builder &, const PatternOptions &) {
  return isUniform(op, "y", 1) ? ifSameType(op.getOperand("x"), op) : nullptr;
}

/// floor(x / 1) is x for integers only.
static Value *removeFloorDivByOne(Operation &op, Builder &builder,
                                  const PatternOptions &options) {
  return isRealOperation(op) ? nullptr : removeOne(op, builder, options);
}

static Value *removeAddOfZero(Operation &op, Builder &,
                              const PatternOptions &) {
  double zero = isRealOperation(op) ? -0.0 : 0.0;
  return isUniform(op, "y", zero) ? ifSameType(op.getOperand("x"), op)
                                  : nullptr;
}

static Value *removeSubOfZero(Operation &op, Builder &,
                              const PatternOptions &) {
  return isUniform(op, "y", 0.0) ? ifSameType(op.getOperand("x"), op) : nullptr;
}

/// f(f(x)) = f(x).
static Value *removeRepeated(Operation &op, Builder &, const PatternOptions &) {
  Value *x = op.getOperand("x");
  return getProducer(x, op.getName()) ? ifSameType(x, op) : nullptr;
}

/// f(f(x)) = x.
static Value *removeInvolution(Operation &op, Builder &,
                               const PatternOptions &) {
  Operation *inner = getProducer(op.getOperand("x"), op.getName());
  return inner ? ifSameType(inner->getOperand("x"), op) : nullptr;
}

/// Of NaN, too: it is equal to nothing. Of `less` and its like it is not true.
static Value *negateComparison(Operation &op, Builder &builder,
                               const PatternOptions &) {
  for (auto [name, negated] :
       {std::pair("equal", "not_equal"), std::pair("not_equal", "equal")})
    if (Operation *inner = getProducer(op.getOperand("x"), name))
      return builder
          .create(
              negated,
              {copyArgument(*inner, "x", "x"), copyArgument(*inner, "y", "y")},
              {op.getResult()->getType()}, op.getResult()->getName())
          ->getResult();
  return nullptr;
}

/// Dividing by a power of two is multiplying by another, bit by bit, if that
/// is no subnormal number.
static Value *divideByPowerOfTwo(Operation &op, Builder &builder,
                                 const PatternOptions &) {
  // The least normal exponent of fp16, and well within that of fp32.
  constexpr int kMaxExponent = 14;
  std::optional<double> divisor = getUniform(op, "y");
  if (!divisor || !isRealOperation(op) || !op.getOperand("x"))
    return nullptr;
  int exponent = 0;
  if (std::abs(std::frexp(*divisor, &exponent)) != 0.5 ||
      std::abs(exponent - 1) > kMaxExponent)
    return nullptr;
  DenseElements factor;
  TensorType type = op.getArgumentType("y").castTo<TensorType>();
  factor.shape.assign(type.getShape().begin(), type.getShape().end());
  uint64_t bits = encodeFloat(type.getElementType(), 1 / *divisor);
  for (int64_t i = 0, count = type.getNumElements().value_or(0); i < count; ++i)
    for (unsigned byte = 0; byte < getStorageByteWidth(type.getElementType());
         ++byte)
      factor.bytes.push_back(static_cast<uint8_t>(bits >> (8 * byte)));
  Attribute value = Attribute::dense(type, std::move(factor));
  NamedArgument y =
      op.getOperand("y")
          ? NamedArgument("y", builder.createConstant(
                                   value, op.getOperand("y")->getName()))
          : NamedArgument("y", value);
  return builder
      .create("mul", {copyArgument(op, "x", "x"), y},
              {op.getResult()->getType()}, op.getResult()->getName())
      ->getResult();
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
    {"logical_not", negateComparison},
    {"real_div", divideByPowerOfTwo},
};

llvm::ArrayRef<PatternRow> getArithmeticPatterns() { return kPatterns; }

} // namespace espresso
