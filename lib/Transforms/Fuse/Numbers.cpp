//===- Numbers.cpp - Numbers that meet numbers ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   real_div(x = x, y = 3)          => mul(x = x, y = 1/3)
//   mul(x = mul(x = x, y = a), y = b) => mul(x = x, y = a b), and so add
//   pow(x = 2, y = x)               => exp2(x = x)
//   sqrt(x = square(x = x))         => abs(x = x)
//   add(x = x, y = 0)               => x
//   linear_activation(alpha = 1, beta = 0, x = x) => x
//   mul(x = reduce_sum(x = x), y = 1/n)  => reduce_mean(x = x)
//   select(a = -∞, b = x, cond = c)      => add(x = x, y = c ? -∞ : 0), c known
//
// Right for real numbers, and in floating point but for rounding, overflow and
// the sign of zero.
//
//===----------------------------------------------------------------------===//

#include "Formula.h"
#include "FusePatterns.h"

#include "../ConstantViews.h"
#include "../Fold/Affine.h"

#include "espresso/Base/Half.h"

#include <cmath>

namespace espresso {

static Value *makeWithNumber(Operation &op, Builder &builder,
                             llvm::StringRef name, Value *x, double number) {
  llvm::StringRef result = op.getResult()->getName();
  DataType type = x->getTensorType().getElementType();
  Value *y =
      builder.createConstant(builder.getReal(number, type), result + "_y");
  return builder
      .create(name, {{"x", x}, {"y", y}}, {op.getResult()->getType()}, result)
      ->getResult();
}

/// Whether `number` keeps its digits in `type`: zero, or a normal number of it.
static bool isExactEnough(double number, DataType type) {
  // Least normal numbers.
  double least = type == DataType::Float16 ? 0x1p-14 : 0x1p-126;
  return number == 0 || (std::isfinite(roundToType(type, number)) &&
                         std::abs(number) >= least);
}

static Value *multiplyByInverse(Operation &op, Builder &builder,
                                const PatternOptions &) {
  std::optional<double> divisor = getUniform(op, "y");
  Value *x = op.getOperand("x");
  if (!divisor || *divisor == 0 || !x || !isFloatTensor(*x) ||
      !ifSameType(x, op) ||
      !isExactEnough(1 / *divisor, x->getTensorType().getElementType()))
    return nullptr;
  return makeWithNumber(op, builder, "mul", x, 1 / *divisor);
}

/// Two numbers, one after another, none of which anybody else sees.
static Value *mergeNumbers(Operation &op, Builder &builder,
                           const PatternOptions &) {
  std::optional<ValueAndNumber> outer = splitNumber(op);
  Operation *inner = outer ? getProducer(outer->value, op.getName()) : nullptr;
  std::optional<ValueAndNumber> parts =
      inner && outer->value->hasOneUse() ? splitNumber(*inner) : std::nullopt;
  if (!parts || !isFloatTensor(*parts->value))
    return nullptr;
  double number = op.is("mul") ? outer->number * parts->number
                               : outer->number + parts->number;
  if (!isExactEnough(number, parts->value->getTensorType().getElementType()))
    return nullptr;
  return makeWithNumber(op, builder, op.getName(), parts->value, number);
}

static Value *useExp2(Operation &op, Builder &builder, const PatternOptions &) {
  Value *x = op.getOperand("y");
  if (!isUniform(op, "x", 2) || !x || !ifSameType(x, op))
    return nullptr;
  return builder
      .create("exp2", {{"x", x}}, {op.getResult()->getType()},
              op.getResult()->getName())
      ->getResult();
}

static Value *useAbs(Operation &op, Builder &builder, const PatternOptions &) {
  Value *square = op.getOperand("x");
  if (!square)
    return nullptr;
  Factors factors = getFactors(square);
  if (factors.values.empty() || !factors.isSquareOf(factors.values[0]) ||
      !ifSameType(factors.values[0], op))
    return nullptr;
  return builder
      .create("abs", {{"x", factors.values[0]}}, {op.getResult()->getType()},
              op.getResult()->getName())
      ->getResult();
}

static Value *removeZero(Operation &op, Builder &, const PatternOptions &) {
  std::optional<ValueAndNumber> parts = splitNumber(op);
  bool isNegated = op.is("sub") && op.getConstant("x");
  return parts && parts->number == 0 && !isNegated ? parts->value : nullptr;
}

static Value *removeLinear(Operation &op, Builder &, const PatternOptions &) {
  bool isNothing =
      getUniform(op, "alpha") == 1.0 && getUniform(op, "beta") == 0.0;
  return isNothing ? ifSameType(op.getOperand("x"), op) : nullptr;
}

static Value *useMean(Operation &op, Builder &builder, const PatternOptions &) {
  std::optional<ValueAndNumber> parts = splitNumber(op);
  Operation *sum = parts ? getProducer(parts->value, "reduce_sum") : nullptr;
  Value *x = sum ? sum->getOperand("x") : nullptr;
  if (!x || !isFloatTensor(*x) || !hasStaticShape(*x))
    return nullptr;
  double count =
      static_cast<double>(x->getTensorType().getNumElements().value_or(0)) /
      static_cast<double>(
          op.getResult()->getTensorType().getNumElements().value_or(1));
  if (!isNear(parts->number * count, 1))
    return nullptr;
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *mean = cloneOperation(*sum, builder, mapping);
  mean->setName(builder.getContext().intern("reduce_mean"));
  return mean->getResult();
}

/// The infinity that all elements of `input` are; nothing if there is none.
static std::optional<double> getInfinity(const Operation &op,
                                         llvm::StringRef input) {
  std::optional<double> number = getUniform(op, input);
  return number && std::isinf(*number) ? number : std::nullopt;
}

/// Infinity or a number, as the condition says: a mask is added.
static Value *addInfinity(Operation &op, Builder &builder,
                          const PatternOptions &) {
  // As for masks of attention.
  constexpr int64_t kMaxElements = int64_t{1} << 24;
  Attribute condition = op.getConstant("cond");
  bool isChosen = getInfinity(op, "a").has_value();
  llvm::StringRef chosen = isChosen ? "a" : "b", other = isChosen ? "b" : "a";
  std::optional<double> infinity = getInfinity(op, chosen);
  Value *x = op.getOperand(other);
  if (!infinity || !condition.getDense() || !x || !ifSameType(x, op) ||
      !isFloatTensor(*x) || condition.getNumElements() > kMaxElements)
    return nullptr;
  DataType element = x->getTensorType().getElementType();
  auto shape = condition.getType().castTo<TensorType>();
  std::vector<double> mask;
  for (int64_t i = 0, count = condition.getNumElements(); i < count; ++i)
    mask.push_back(condition.getBool(i) == isChosen ? *infinity : 0);
  Context &context = builder.getContext();
  llvm::StringRef name = op.getResult()->getName();
  Value *added = builder.createConstant(
      withShape(context, makeVector(context, element, mask), shape.getShape()),
      name + "_mask");
  return builder
      .create("add", {{"x", x}, {"y", added}}, {op.getResult()->getType()},
              name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"mul", useMean},
    {"real_div", multiplyByInverse},
    {"mul", mergeNumbers},
    {"add", removeZero},
    {"sub", removeZero},
    {"add", mergeNumbers},
    {"pow", useExp2},
    {"sqrt", useAbs},
    {"linear_activation", removeLinear},
    {"select", addInfinity},
};

llvm::ArrayRef<PatternRow> getNumberPatterns() { return kPatterns; }

} // namespace espresso
