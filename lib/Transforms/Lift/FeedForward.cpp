//===- FeedForward.cpp - Feed-forward blocks ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   g = espresso.linear(weight = W1, x = x)
//   u = espresso.linear(weight = W3, x = x)
//   espresso.linear(weight = W2, x = silu(g) · u)
//                        => espresso.ffn(down = W2, gate = W1, up = W3, x = x)
//
//   espresso.linear(weight = W2, x = relu(u))      => espresso.ffn without a
//   gate
//
// with silu, gelu, its approximation by tanh, or relu, and with biases. What is
// between the products must have no other use.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

namespace espresso {

/// The name of an activation in a feed-forward block; empty if it is none.
static llvm::StringRef getActivation(const Operation &op) {
  if (op.is("silu") || op.is("relu"))
    return op.getName();
  Attribute mode = op.is("gelu") ? op.getConstant("mode") : Attribute();
  if (op.is("gelu") && !op.hasBinding("mode"))
    return "gelu";
  if (!mode.getDense())
    return "";
  if (mode.getString() == "EXACT")
    return "gelu";
  return mode.getString() == "TANH_APPROXIMATION" ? "gelu_tanh" : "";
}

/// The product that only `value` stands for, or null.
static Operation *getOwnLinear(Value *value) {
  Operation *linear = getProducer(value, "espresso.linear");
  return linear && value->hasOneUse() ? linear : nullptr;
}

namespace {

struct Gated {
  llvm::StringRef activation;
  Operation *gate = nullptr;
  Operation *up = nullptr;
};

} // namespace

/// `act(linear(x))`.
static std::optional<Gated> getActivated(Value *value) {
  Operation *act = value ? value->getDefiningOp() : nullptr;
  llvm::StringRef name = act ? getActivation(*act) : "";
  Operation *linear = name.empty() || !value->hasOneUse()
                          ? nullptr
                          : getOwnLinear(act->getOperand("x"));
  if (!linear)
    return std::nullopt;
  return Gated{name, nullptr, linear};
}

/// `act(linear(x)) · linear(x)`, or what is above.
static std::optional<Gated> getHidden(Value *value) {
  Operation *product = getProducer(value, "mul");
  if (!product || !value->hasOneUse())
    return getActivated(value);
  for (auto [a, b] : {std::pair("x", "y"), std::pair("y", "x")}) {
    std::optional<Gated> gated = getActivated(product->getOperand(a));
    Operation *up = getOwnLinear(product->getOperand(b));
    if (!gated || !up || up->getOperand("x") != gated->up->getOperand("x"))
      continue;
    gated->gate = gated->up;
    gated->up = up;
    return gated;
  }
  return std::nullopt;
}

static Value *liftFeedForward(Operation &op, Builder &builder,
                              const PatternOptions &) {
  std::optional<Gated> hidden = getHidden(op.getOperand("x"));
  if (!hidden || !ifSameType(hidden->up->getOperand("x"), op))
    return nullptr;
  llvm::SmallVector<NamedArgument, 8> arguments = {
      {"x", hidden->up->getOperand("x")},
      {"activation", builder.getString(hidden->activation)}};
  auto add = [&](Operation *linear, llvm::StringRef name) {
    if (!linear)
      return;
    arguments.push_back(copyArgument(*linear, "weight", name));
    if (linear->hasBinding("bias"))
      arguments.push_back(
          copyArgument(*linear, "bias",
                       builder.getContext().intern((name + "_bias").str())));
  };
  add(hidden->gate, "gate");
  add(hidden->up, "up");
  add(&op, "down");
  return ColumnBuilder(op, builder).create("espresso.ffn", arguments, "ffn");
}

static constexpr PatternRow kPatterns[] = {
    {"espresso.linear", liftFeedForward},
};

llvm::ArrayRef<PatternRow> getLiftedFeedForwardPatterns() { return kPatterns; }

} // namespace espresso
