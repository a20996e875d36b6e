//===- LowerLinear.cpp - Projections as 1x1 convolutions ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

namespace espresso {

/// The matrix [O, I] as the kernel [O, I, 1, 1]: the same bytes.
static Value *getKernel(LoweringBuilder &b, llvm::StringRef input) {
  Attribute value = b.getComposite().getConstant(input);
  assert(value && "the verifier lets only constants through");
  TensorType type = value.getType().castTo<TensorType>();
  return b.weight(input, {type.getDim(0), type.getDim(1), 1, 1});
}

/// conv; then add, if there is a bias: the engine refuses a bias in the
/// convolution (ane-conv-inline-bias).
void lowerLinear(LoweringBuilder &b) {
  Value *kernel = getKernel(b, "weight");
  Value *result = b.conv1x1(b.getOperand("x"), kernel, "conv");
  if (b.getComposite().hasBinding("bias")) {
    int64_t channels = result->getTensorType().getDim(1);
    Value *bias = b.weight("bias", {1, channels, 1, 1});
    result = b.add(result, bias, "biased");
  }
  b.replaceWith(result);
}

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

/// gate conv, up conv, silu, mul, down conv; with the operation `silu` the up
/// convolution comes after it.
void lowerSwiGLU(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  Value *gateKernel = getKernel(b, "gate");
  Value *upKernel = getKernel(b, "up");
  Value *downKernel = getKernel(b, "down");
  Value *gate = b.conv1x1(x, gateKernel, "gate");
  Value *silu = nullptr;
  if (b.getOptions().silu == SiluForm::Op)
    silu = buildSilu(b, gate);
  Value *up = b.conv1x1(x, upKernel, "up");
  if (!silu)
    silu = buildSilu(b, gate);
  Value *gated = b.mul(silu, up, "gated");
  b.replaceWith(b.conv1x1(gated, downKernel, "down"));
}

} // namespace espresso
