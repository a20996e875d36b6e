//===- Rotation.cpp - Rotations as programs write them --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rotation.h"

#include "../Patterns/Ranges.h"

namespace espresso {

/// The half of another value that `value` is: 0 or 1.
static std::optional<std::pair<Part, int>> getHalf(Value *value) {
  std::optional<Part> part = getPart(value);
  if (!part ||
      part->source->getTensorType().getDim(part->axis) != 2 * part->count ||
      part->first % part->count != 0)
    return std::nullopt;
  return std::pair(*part, part->first == 0 ? 0 : 1);
}

/// What `value` is the negative of, or null.
static Value *getNegated(Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  if (op && op->is("sub") && getUniform(*op, "x") == 0.0)
    return ifSameType(op->getOperand("y"), *op);
  std::optional<ValueAndNumber> parts =
      op && op->is("mul") ? splitNumber(*op) : std::nullopt;
  return parts && parts->number == -1 ? parts->value : nullptr;
}

/// The two values of a concat, and its axis.
static std::optional<int64_t> getPair(Value *value, Value *(&parts)[2]) {
  Operation *concat = getProducer(value, "concat");
  if (!concat || getFlag(*concat, "interleave"))
    return std::nullopt;
  llvm::SmallVector<Value *, 4> values = concat->getOperands("values");
  auto axis = getKnownAxes(*concat, "axis", value->getTensorType().getRank());
  if (values.size() != 2 || !axis || axis->size() != 1)
    return std::nullopt;
  parts[0] = values[0];
  parts[1] = values[1];
  return axis->front();
}

/// The value that is turned by a quarter in `value`, and along which axis.
static std::optional<Part> getTurned(Value *value) {
  Value *parts[2];
  std::optional<int64_t> axis = getPair(value, parts);
  auto second = axis ? getHalf(getNegated(parts[0])) : std::nullopt;
  auto first = second ? getHalf(parts[1]) : std::nullopt;
  if (!first || first->second != 0 || second->second != 1 ||
      first->first.source != second->first.source ||
      first->first.axis != *axis || second->first.axis != *axis)
    return std::nullopt;
  return first->first;
}

/// The input of a product other than that bound to `x`; empty if there is none.
static llvm::StringRef getFactor(Operation *product, const Value *x) {
  if (!product || !product->is("mul") ||
      !ifSameType(const_cast<Value *>(x), *product))
    return "";
  return product->getOperand("x") == x   ? "y"
         : product->getOperand("y") == x ? "x"
                                         : "";
}

//===----------------------------------------------------------------------===//
// The two forms
//===----------------------------------------------------------------------===//

static std::optional<Rotation> readWhole(Operation &sum) {
  for (auto [a, b] : {std::pair("x", "y"), std::pair("y", "x")}) {
    Operation *straight = getProducer(sum.getOperand(a), "mul");
    Operation *turned = getProducer(sum.getOperand(b), "mul");
    if (!straight || !turned)
      continue;
    for (llvm::StringRef input : {"x", "y"}) {
      Value *quarter = turned->getOperand(input);
      std::optional<Part> part = getTurned(quarter);
      Value *x = part ? ifSameType(part->source, sum) : nullptr;
      llvm::StringRef cosInput = x ? getFactor(straight, x) : "";
      if (!cosInput.empty() && ifSameType(quarter, *turned))
        return Rotation{x,      part->axis, straight,
                        turned, cosInput,   getFactor(turned, quarter)};
    }
  }
  return std::nullopt;
}

/// Whether two inputs are bound to one value or one constant.
static bool areSame(const Operation &a, llvm::StringRef inputA,
                    const Operation &b, llvm::StringRef inputB) {
  Attribute constant = a.getConstant(inputA);
  return a.getOperand(inputA) && a.getOperand(inputA) == b.getOperand(inputB)
             ? true
             : constant && constant == b.getConstant(inputB);
}

/// The half that a factor of `product` is.
static std::optional<std::pair<Part, int>>
getHalfFactor(Operation *product, llvm::StringRef &other) {
  if (!product || !product->is("mul"))
    return std::nullopt;
  for (auto [x, y] : {std::pair("x", "y"), std::pair("y", "x")}) {
    other = y;
    Value *factor = product->getOperand(x);
    if (auto half = getHalf(factor); half && ifSameType(factor, *product))
      return half;
  }
  return std::nullopt;
}

static std::optional<Rotation> readHalves(Operation &concat) {
  Value *parts[2];
  std::optional<int64_t> axis = getPair(concat.getResult(), parts);
  Operation *sub = axis ? getProducer(parts[0], "sub") : nullptr;
  Operation *add = sub ? getProducer(parts[1], "add") : nullptr;
  if (!add)
    return std::nullopt;
  // x₁ c - x₂ s, and x₂ c + x₁ s in either order.
  Operation *products[4] = {getProducer(sub->getOperand("x"), "mul"),
                            getProducer(sub->getOperand("y"), "mul"),
                            getProducer(add->getOperand("x"), "mul"),
                            getProducer(add->getOperand("y"), "mul")};
  llvm::StringRef inputs[4];
  int halves[4];
  Value *x = nullptr;
  for (size_t i = 0; i < 4; ++i) {
    auto half = getHalfFactor(products[i], inputs[i]);
    if (!half || half->first.axis != *axis || (x && half->first.source != x))
      return std::nullopt;
    x = half->first.source;
    halves[i] = half->second;
  }
  if (halves[2] == 0) {
    std::swap(products[2], products[3]);
    std::swap(inputs[2], inputs[3]);
    std::swap(halves[2], halves[3]);
  }
  if (halves[0] != 0 || halves[1] != 1 || halves[2] != 1 || halves[3] != 0 ||
      !areSame(*products[0], inputs[0], *products[2], inputs[2]) ||
      !areSame(*products[1], inputs[1], *products[3], inputs[3]) ||
      !ifSameType(x, concat))
    return std::nullopt;
  return Rotation{x,         *axis,     products[0],    products[1],
                  inputs[0], inputs[1], /*isHalf=*/true};
}

std::optional<Rotation> readRotation(Operation &op) {
  if (op.getNumResults() != 1 || !hasStaticShape(*op.getResult()) ||
      !isFloatTensor(*op.getResult()))
    return std::nullopt;
  if (op.is("add"))
    return readWhole(op);
  return op.is("concat") ? readHalves(op) : std::nullopt;
}

} // namespace espresso
