//===- CompositeSteps.cpp - Random composites -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Composites that have a lowering, on values [1, channels, 1, tokens]. Weights
// are small, so that chains stay within what fp16 holds.
//
//===----------------------------------------------------------------------===//

#include "ProgramMaker.h"

namespace espresso::test {

static int64_t getChannels(Value *x) { return getShape(x)[1]; }

static void addRmsNorm(ProgramMaker &maker, Value *x) {
  maker.add("espresso.rms_norm",
            {{"x", x},
             {"weight", maker.weights(getElementType(x), {getChannels(x)})},
             {"epsilon",
              Attribute::real(maker.getContext(), 0.125, getElementType(x))}});
}

static void addLayerNorm(ProgramMaker &maker, Value *x) {
  DataType type = getElementType(x);
  llvm::SmallVector<NamedArgument, 4> args = {
      {"x", x},
      {"gamma", maker.weights(type, {getChannels(x)})},
      {"epsilon", Attribute::real(maker.getContext(), 0.25, type)}};
  if (maker.flip(2))
    args.emplace_back("beta", maker.weights(type, {getChannels(x)}));
  maker.add("espresso.layer_norm", args);
}

/// Back to about the size of what went in, and to as many channels.
static void addLinear(ProgramMaker &maker, Value *x) {
  DataType type = getElementType(x);
  int64_t channels = getChannels(x);
  Operation *small = maker.add("mul", {{"x", x}, maker.real("y", 0.125, x)});
  if (!small)
    return;
  llvm::SmallVector<NamedArgument, 3> args = {
      {"x", small->getResult()},
      {"weight", maker.weights(type, {channels, channels})}};
  if (maker.flip(2))
    args.emplace_back("bias", maker.weights(type, {channels}));
  maker.add("espresso.linear", args);
}

static void addSwiglu(ProgramMaker &maker, Value *x) {
  DataType type = getElementType(x);
  int64_t channels = getChannels(x), hidden = 2 + maker.pick(3);
  Operation *small = maker.add("mul", {{"x", x}, maker.real("y", 0.0625, x)});
  if (!small)
    return;
  maker.add("espresso.swiglu",
            {{"x", small->getResult()},
             {"gate", maker.weights(type, {hidden, channels}, "gate")},
             {"up", maker.weights(type, {hidden, channels}, "up")},
             {"down", maker.weights(type, {channels, hidden}, "down")}});
}

static void addCausalAttention(ProgramMaker &maker, Value *x) {
  Operation *small = maker.add("tanh", {{"x", x}});
  if (!small)
    return;
  Value *q = small->getResult();
  maker.add("espresso.causal_attention",
            {{"q", q},
             {"k", q},
             {"v", maker.pickLike(x)},
             {"head_dim", Attribute::integer(maker.getContext(), 4)}});
}

static void addSum(ProgramMaker &maker, Value *x) {
  maker.add("add", {{"x", x}, {"y", maker.pickLike(x)}});
}

llvm::ArrayRef<Step> getCompositeSteps() {
  static constexpr Step kSteps[] = {addRmsNorm, addLayerNorm,       addLinear,
                                    addSwiglu,  addCausalAttention, addSum};
  return kSteps;
}

} // namespace espresso::test
