//===- LowerLinear.cpp - Projections as 1x1 convolutions ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

namespace espresso {

/// conv; then add, if there is a bias.
void lowerLinear(LoweringBuilder &b) {
  b.replaceWith(b.project(b.getOperand("x"), "weight", "bias", "conv"));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// x · sigmoid(x), without its first operation where that is shared.
static Value *buildSilu(LoweringBuilder &b, Value *x) {
  switch (b.getOptions().silu) {
  case SiluForm::Op:
    return b.create("silu", {{"x", x}}, "silu");
  case SiluForm::Sigmoid:
    return b.mul(x, b.create("sigmoid", {{"x", x}}, "sigmoid"), "silu");
  case SiluForm::Tanh: {
    Value *half = b.mul(x, b.scalar("half", 0.5), "half");
    Value *tanh = b.create("tanh", {{"x", half}}, "tanh");
    Value *sum = b.add(tanh, b.scalar("one", 1.0), "tanh_one");
    return b.mul(half, sum, "silu");
  }
  }
  llvm_unreachable("covered switch");
}

/// 0.5x · (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))), in primitives: that the
/// engine takes `gelu` is disputed (ane-gelu-op). Where the cube overflows,
/// tanh is ±1 all the same.
static Value *buildGeluTanh(LoweringBuilder &b, Value *x) {
  constexpr double kRootTwoByPi = 0.79788456080286535588;
  constexpr double kCubeFactor = 0.044715;
  Value *square = b.mul(x, x, "x2");
  Value *cube = b.mul(square, x, "x3");
  Value *scaledCube = b.mul(cube, b.scalar("gelu_cube", kCubeFactor), "cubic");
  Value *sum = b.add(x, scaledCube, "inner");
  Value *inner = b.mul(sum, b.scalar("gelu_root", kRootTwoByPi), "scaled");
  Value *tanh = b.create("tanh", {{"x", inner}}, "tanh");
  Value *tanhOne = b.add(tanh, b.scalar("one", 1.0), "tanh_one");
  Value *half = b.mul(x, b.scalar("half", 0.5), "half");
  return b.mul(half, tanhOne, "gelu");
}

static Value *buildActivation(LoweringBuilder &b, llvm::StringRef name,
                              Value *x) {
  if (name == "relu")
    return b.create("relu", {{"x", x}}, "relu");
  if (name == "gelu_tanh")
    return buildGeluTanh(b, x);
  if (name == "gelu") {
    Value *mode = b.flag("exact", Attribute::string(b.getContext(), "EXACT"));
    return b.create("gelu", {{"x", x}, {"mode", mode}}, "gelu");
  }
  return buildSilu(b, x);
}

//===----------------------------------------------------------------------===//
// Feed-forward blocks
//===----------------------------------------------------------------------===//

/// gate conv, up conv, activation, mul, down conv; with the operation `silu`
/// the up convolution comes after it. Without a gate: up conv, activation, down
/// conv. An add follows each convolution that has a bias.
static Value *buildNetwork(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  llvm::StringRef name = "silu";
  if (Attribute value = b.getComposite().getConstant("activation"))
    name = value.getString();
  auto project = [&](Value *input, llvm::StringRef weight) {
    return b.project(input, weight, (weight + "_bias").str(), weight);
  };
  if (!b.getComposite().hasBinding("gate"))
    return project(buildActivation(b, name, project(x, "up")), "down");
  bool isLate = name == "silu" && b.getOptions().silu == SiluForm::Op;
  Value *gate = project(x, "gate");
  Value *activated = isLate ? buildActivation(b, name, gate) : nullptr;
  Value *up = project(x, "up");
  if (!activated)
    activated = buildActivation(b, name, gate);
  return project(b.mul(activated, up, "gated"), "down");
}

/// Of an expert, the result is multiplied by its row of the route:
/// slice_by_size, mul.
void lowerFeedForward(LoweringBuilder &b) {
  Value *result = buildNetwork(b);
  if (Value *route = b.getOperand("route")) {
    int64_t expert = b.getComposite().getConstant("expert").getInteger();
    int64_t tokens = route->getTensorType().getDim(3);
    Value *weight =
        b.slice(route, {0, expert, 0, 0}, {1, 1, 1, tokens}, "weight");
    result = b.mul(result, weight, "weighted");
  }
  b.replaceWith(result);
}

/// conv, softmax over experts, and of its result what has fewer than `top_k`
/// before it: those that are larger, and equal ones of a lower number. Both
/// comparisons are of all pairs of experts, [E, E, 1, S].
void lowerRouter(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  Value *logits = b.project(x, "weight", "", "logits");
  int64_t experts = logits->getTensorType().getDim(1);
  int64_t tokens = logits->getTensorType().getDim(3);
  Value *weights = b.softmax(logits, /*axis=*/1, "probabilities");
  Value *others = b.reshape(weights, {experts, 1, 1, tokens}, "others");
  Value *isLarger =
      b.create("greater", {{"x", others}, {"y", weights}}, "is_larger");
  Value *isEqual =
      b.create("equal", {{"x", others}, {"y", weights}}, "is_equal");
  llvm::StringRef typeName = getName(b.getDataType());
  Value *type = b.flag(typeName, Attribute::string(b.getContext(), typeName));
  auto count = [&](Value *flags, llvm::StringRef suffix) {
    return b.create("cast", {{"x", flags}, {"dtype", type}}, suffix);
  };
  Value *isLower = b.tensor(
      "lower_" + std::to_string(experts), {experts, experts, 1, 1},
      [&](int64_t index) { return index / experts < index % experts ? 1 : 0; });
  Value *equalBefore = b.mul(count(isEqual, "equal"), isLower, "equal_before");
  Value *before = b.add(count(isLarger, "larger"), equalBefore, "before");
  Value *rank = b.sum(before, /*axis=*/0, "rank");
  double topK =
      static_cast<double>(b.getComposite().getConstant("top_k").getInteger());
  Value *limit = b.scalar("top_k", topK);
  Value *isKept = b.create("less", {{"x", rank}, {"y", limit}}, "is_kept");
  Value *kept = b.mul(weights, count(isKept, "kept"), "weights");
  Attribute normalize = b.getComposite().getConstant("normalize");
  if (normalize && !normalize.getBool())
    return b.replaceWith(kept);
  Value *total = b.sum(kept, /*axis=*/1, "total");
  b.replaceWith(
      b.create("real_div", {{"x", kept}, {"y", total}}, "normalised"));
}

} // namespace espresso
