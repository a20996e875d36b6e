//===- Match.cpp - What patterns look for ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Match.h"

#include <cmath>

namespace espresso {

Value *ifSameType(Value *value, const Operation &op) {
  return value && value->getType() == op.getResult()->getType() ? value
                                                                : nullptr;
}

Operation *getProducer(Value *value, llvm::StringRef opName) {
  Operation *producer = value ? value->getDefiningOp() : nullptr;
  return producer && producer->is(opName) ? producer : nullptr;
}

std::optional<llvm::SmallVector<int64_t, 4>>
getKnownIntegers(const Operation &op, llvm::StringRef input) {
  Attribute constant = op.getConstant(input);
  if (!constant.getDense())
    return std::nullopt;
  TensorType type = constant.getType().getAs<TensorType>();
  if (!type || !isInteger(type.getElementType()))
    return std::nullopt;
  return constant.getIntegers();
}

Value *copyWithOperand(Operation &op, Builder &builder, llvm::StringRef input,
                       Value *value) {
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(op, builder, mapping);
  copy->setOperand(builder.getContext().intern(input), value);
  return copy->getResult();
}

static Attribute getDenseConstant(const Operation &op, llvm::StringRef input) {
  Attribute constant = op.getConstant(input);
  if (!constant.getDense())
    return {};
  TensorType type = constant.getType().getAs<TensorType>();
  return type && type.getElementType() != DataType::String ? constant
                                                           : Attribute();
}

std::optional<double> getUniform(const Operation &op, llvm::StringRef input) {
  // Longer constants are weights, and their elements differ.
  constexpr int64_t kMaxElements = 4096;
  Attribute constant = getDenseConstant(op, input);
  if (!constant || constant.getNumElements() == 0 ||
      constant.getNumElements() > kMaxElements)
    return std::nullopt;
  double first = constant.getReal(0);
  for (int64_t i = 1, count = constant.getNumElements(); i < count; ++i) {
    double element = constant.getReal(i);
    if (element != first || std::signbit(element) != std::signbit(first))
      return std::nullopt;
  }
  return first;
}

bool isUniform(const Operation &op, llvm::StringRef input, double number) {
  std::optional<double> uniform = getUniform(op, input);
  return uniform && *uniform == number &&
         std::signbit(*uniform) == std::signbit(number);
}

bool isNear(const Operation &op, llvm::StringRef input, double number) {
  // Constants are written in fp16, or with a few decimals.
  constexpr double kTolerance = 2e-3;
  std::optional<double> uniform = getUniform(op, input);
  return uniform &&
         std::abs(*uniform - number) <= kTolerance * std::abs(number);
}

std::optional<ValueAndConstant> splitConstant(Operation &op) {
  for (auto [value, constant] : {std::pair("x", "y"), std::pair("y", "x")})
    if (Value *operand = op.getOperand(value);
        operand && op.getConstant(constant) && !op.getConstant(value))
      return ValueAndConstant{operand, constant};
  return std::nullopt;
}

std::optional<ValueAndNumber> splitNumber(Operation &op) {
  std::optional<ValueAndConstant> parts = splitConstant(op);
  if (!parts)
    return std::nullopt;
  std::optional<double> number = getUniform(op, parts->constantInput);
  // A constant that widens the value is more than a number.
  if (!number || !ifSameType(parts->value, op))
    return std::nullopt;
  return ValueAndNumber{parts->value, *number};
}

std::optional<llvm::SmallVector<int64_t, 4>>
getKnownAxes(const Operation &op, llvm::StringRef input, int64_t rank) {
  std::optional<llvm::SmallVector<int64_t, 4>> axes =
      getKnownIntegers(op, input);
  if (!axes)
    return std::nullopt;
  for (int64_t &axis : *axes) {
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
      return std::nullopt;
  }
  return axes;
}

bool getFlag(const Operation &op, llvm::StringRef input, bool fallback) {
  Attribute flag = op.getConstant(input);
  return flag.getDense() ? flag.getBool() : fallback;
}

bool hasStaticShape(const Value &value) {
  TensorType type = value.getTensorType();
  return type && type.hasStaticShape();
}

bool isFloatTensor(const Value &value) {
  TensorType type = value.getTensorType();
  return type && isFloat(type.getElementType());
}

NamedArgument copyArgument(const Operation &op, llvm::StringRef from,
                           llvm::StringRef to) {
  const Binding *binding = op.findBinding(from);
  assert(binding && binding->size() == 1 && "there is no such argument");
  if (Value *value = binding->getSingle().getValue())
    return {to, value};
  return {to, binding->getSingle().getLiteral()};
}

} // namespace espresso
