//===- Activations.cpp - Activations in many operations -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   x/2 · (1 + erf(x / √2))                       => gelu(mode = "EXACT")
//   x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))    => gelu("TANH_APPROXIMATION")
//   x · sigmoid(1.702 x)                          =>
//   gelu("SIGMOID_APPROXIMATION") x · sigmoid(x),  x/2 · (1 + tanh(x/2)),  x /
//   (1 + exp(-x))   => silu 1 / (1 + exp(-x))                             =>
//   sigmoid max(x, a x), 0 < a < 1                        => leaky_relu relu(x)
//   + a · relu(-x)                        => leaky_relu, or by channel prelu
//   prelu of equal slopes                         => leaky_relu
//
// Products and sums may be in any order, and powers may be written out. Numbers
// must be right to about the precision of fp16.
//
//===----------------------------------------------------------------------===//

#include "Formula.h"
#include "FusePatterns.h"

#include "../Fold/Affine.h"

#include "espresso/Ops/Registry.h"

#include <cmath>

namespace espresso {

static Value *makeUnary(Operation &op, Builder &builder, llvm::StringRef name,
                        Value *x) {
  return builder
      .create(name, {{"x", x}}, {op.getResult()->getType()},
              op.getResult()->getName())
      ->getResult();
}

static Value *makeGelu(Operation &op, Builder &builder, llvm::StringRef mode,
                       Value *x) {
  llvm::StringRef name = op.getResult()->getName();
  Value *modeValue =
      builder.createConstant(builder.getString(mode), name + "_mode");
  return builder
      .create("gelu", {{"mode", modeValue}, {"x", x}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

//===----------------------------------------------------------------------===//
// Values times a gate made of them
//===----------------------------------------------------------------------===//

/// `number · x · gate` as an activation of x, or null.
static Value *matchGate(Operation &op, Builder &builder, double number,
                        Value *x, Value *gate) {
  constexpr double kHalfRoot = 0.70710678118654752;
  constexpr double kTanhScale = 0.79788456080286536; // √(2/π)
  constexpr double kCubic = 0.044715;
  constexpr double kSigmoidScale = 1.702;
  if (!isFloatTensor(*x) || !ifSameType(x, op))
    return nullptr;
  if (Operation *sigmoid = getProducer(gate, "sigmoid");
      sigmoid && number == 1) {
    Value *inner = sigmoid->getOperand("x");
    if (inner == x)
      return makeUnary(op, builder, "silu", x);
    if (isPolynomial(inner, x, {0, kSigmoidScale, 0, 0}))
      return makeGelu(op, builder, "SIGMOID_APPROXIMATION", x);
  }
  if (number != 0.5)
    return nullptr;
  if (Operation *erf = getOnePlus(gate, "erf"))
    if (isPolynomial(erf->getOperand("x"), x, {0, kHalfRoot, 0, 0}))
      return makeGelu(op, builder, "EXACT", x);
  if (Operation *tanh = getOnePlus(gate, "tanh")) {
    Value *inner = tanh->getOperand("x");
    if (isPolynomial(inner, x, {0, kTanhScale, 0, kTanhScale * kCubic}))
      return makeGelu(op, builder, "TANH_APPROXIMATION", x);
    if (isPolynomial(inner, x, {0, 0.5, 0, 0}))
      return makeUnary(op, builder, "silu", x);
  }
  return nullptr;
}

static Value *fuseGated(Operation &op, Builder &builder,
                        const PatternOptions &) {
  Factors factors = getFactors(op.getResult());
  if (factors.values.size() != 2)
    return nullptr;
  for (unsigned i : {0, 1})
    if (Value *made = matchGate(op, builder, factors.number, factors.values[i],
                                factors.values[1 - i]))
      return made;
  // With 0.5 x computed once and used on both sides.
  for (unsigned i : {0, 1}) {
    Operation *half = getProducer(factors.values[i], "mul");
    std::optional<ValueAndNumber> parts =
        half ? splitNumber(*half) : std::nullopt;
    if (!parts)
      continue;
    if (Value *made = matchGate(op, builder, factors.number * parts->number,
                                parts->value, factors.values[1 - i]))
      return made;
  }
  return nullptr;
}

/// `numerator / (1 + exp(-x))`.
static Value *fuseLogistic(Operation &op, Builder &builder,
                           const PatternOptions &) {
  Operation *exp = getOnePlus(op.getOperand("y"), "exp");
  Operation *negative =
      exp ? getProducer(exp->getOperand("x"), "mul") : nullptr;
  std::optional<ValueAndNumber> parts =
      negative ? splitNumber(*negative) : std::nullopt;
  if (!parts || parts->number != -1 || !ifSameType(parts->value, op))
    return nullptr;
  if (isUniform(op, "x", 1))
    return makeUnary(op, builder, "sigmoid", parts->value);
  if (op.getOperand("x") == parts->value)
    return makeUnary(op, builder, "silu", parts->value);
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Slopes below zero
//===----------------------------------------------------------------------===//

static Value *makeLeakyRelu(Operation &op, Builder &builder, double slope,
                            Value *x) {
  llvm::StringRef name = op.getResult()->getName();
  DataType type = x->getTensorType().getElementType();
  Value *alpha =
      builder.createConstant(builder.getReal(slope, type), name + "_alpha");
  return builder
      .create("leaky_relu", {{"alpha", alpha}, {"x", x}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

static Value *fuseMaximum(Operation &op, Builder &builder,
                          const PatternOptions &) {
  for (auto [whole, part] : {std::pair("x", "y"), std::pair("y", "x")}) {
    Value *x = op.getOperand(whole);
    Operation *scaled = getProducer(op.getOperand(part), "mul");
    std::optional<ValueAndNumber> parts =
        scaled ? splitNumber(*scaled) : std::nullopt;
    if (x && parts && parts->value == x && isFloatTensor(*x) &&
        ifSameType(x, op) && parts->number > 0 && parts->number < 1)
      return makeLeakyRelu(op, builder, parts->number, x);
  }
  return nullptr;
}

/// The x of `relu(-x)`, or null.
static Value *getNegativePart(Value *value) {
  Operation *relu = getProducer(value, "relu");
  Operation *negative =
      relu ? getProducer(relu->getOperand("x"), "mul") : nullptr;
  std::optional<ValueAndNumber> parts =
      negative ? splitNumber(*negative) : std::nullopt;
  return parts && parts->number == -1 ? parts->value : nullptr;
}

static Value *fusePrelu(Operation &op, Builder &builder,
                        const PatternOptions &) {
  for (auto [whole, part] : {std::pair("x", "y"), std::pair("y", "x")}) {
    Operation *relu = getProducer(op.getOperand(whole), "relu");
    Operation *scaled = getProducer(op.getOperand(part), "mul");
    Value *x = relu ? relu->getOperand("x") : nullptr;
    std::optional<ValueAndConstant> parts =
        scaled ? splitConstant(*scaled) : std::nullopt;
    if (!x || !parts || getNegativePart(parts->value) != x ||
        !ifSameType(x, op) || !hasStaticShape(*x) ||
        x->getTensorType().getRank() < 3)
      continue;
    llvm::ArrayRef<int64_t> shape = x->getTensorType().getShape();
    std::optional<std::vector<double>> slopes =
        getAlongAxis(*scaled, parts->constantInput, shape, 1);
    if (!slopes)
      continue;
    for (double &slope : *slopes)
      slope = -slope;
    llvm::StringRef name = op.getResult()->getName();
    Value *alpha = builder.createConstant(
        makeVector(builder.getContext(), x->getTensorType().getElementType(),
                   *slopes),
        name + "_alpha");
    return builder
        .create("prelu", {{"alpha", alpha}, {"x", x}},
                {op.getResult()->getType()}, name)
        ->getResult();
  }
  return nullptr;
}

static Value *fuseEqualSlopes(Operation &op, Builder &builder,
                              const PatternOptions &) {
  std::optional<double> slope = getUniform(op, "alpha");
  Value *x = op.getOperand("x");
  return slope && x ? makeLeakyRelu(op, builder, *slope, x) : nullptr;
}

static constexpr PatternRow kPatterns[] = {
    {"mul", fuseGated}, {"real_div", fuseLogistic}, {"maximum", fuseMaximum},
    {"add", fusePrelu}, {"prelu", fuseEqualSlopes},
};

llvm::ArrayRef<PatternRow> getActivationPatterns() { return kPatterns; }

} // namespace espresso
