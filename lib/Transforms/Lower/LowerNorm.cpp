//===- LowerNorm.cpp - Norms over channels --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

namespace espresso {

/// y^-1/2 for a sum over channels: times 1/C, plus epsilon. `rsqrt` is avoided
/// (ane-rsqrt).
static Value *inverseRoot(LoweringBuilder &b, Value *sum, int64_t channels,
                          llvm::StringRef prefix) {
  double epsilon = b.getComposite().getConstant("epsilon").getReal();
  Value *inverse = b.scalar("inv_channels", 1.0 / channels);
  Value *mean = b.mul(sum, inverse, (prefix + "mean").str());
  Value *epsilonValue = b.scalar("epsilon", epsilon);
  Value *shifted = b.add(mean, epsilonValue, (prefix + "eps").str());
  Value *exponent = b.scalar("minus_half", -0.5);
  return b.create("pow", {{"x", shifted}, {"y", exponent}}, "rstd");
}

/// mul, reduce_sum, mul 1/C, add epsilon, pow -1/2, mul, mul weight.
void lowerRmsNorm(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  int64_t channels = x->getTensorType().getDim(1);
  Value *weight = b.weight("weight", {1, channels, 1, 1});
  Value *squares = b.mul(x, x, "sq");
  Value *sum = b.sumChannels(squares, "sum");
  Value *factor = inverseRoot(b, sum, channels, "");
  Value *normalised = b.mul(x, factor, "hat");
  b.replaceWith(b.mul(normalised, weight, "scaled"));
}

/// reduce_sum, mul 1/C, sub, mul, reduce_sum, mul 1/C, add epsilon, pow -1/2,
/// mul, mul gamma, add beta.
void lowerLayerNorm(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  int64_t channels = x->getTensorType().getDim(1);
  Value *gamma = b.weight("gamma", {1, channels, 1, 1});
  bool hasBeta = b.getComposite().hasBinding("beta");
  Value *beta = hasBeta ? b.weight("beta", {1, channels, 1, 1}) : nullptr;
  Value *sum = b.sumChannels(x, "sum");
  Value *inverse = b.scalar("inv_channels", 1.0 / channels);
  Value *mean = b.mul(sum, inverse, "mean");
  Value *centred = b.create("sub", {{"x", x}, {"y", mean}}, "centred");
  Value *squares = b.mul(centred, centred, "sq");
  Value *squareSum = b.sumChannels(squares, "sq_sum");
  Value *factor = inverseRoot(b, squareSum, channels, "sq_");
  Value *normalised = b.mul(centred, factor, "hat");
  Value *scaled = b.mul(normalised, gamma, "scaled");
  b.replaceWith(beta ? b.add(scaled, beta, "shifted") : scaled);
}

} // namespace espresso
