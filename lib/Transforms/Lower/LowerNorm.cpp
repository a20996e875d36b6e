//===- LowerNorm.cpp - Norms over channels --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

namespace espresso {

namespace {

/// Activations in the form in which one axis is what a norm measures: [1, C, 1,
/// S], or [1, G, C/G, S] for G groups.
struct NormForm {
  explicit NormForm(const LoweringBuilder &b)
      : type(b.getOperand("x")->getTensorType()) {
    if (Attribute value = b.getComposite().getConstant("groups"))
      groups = value.getInteger();
  }

  int64_t getAxis() const { return groups == 1 ? 1 : 2; }
  int64_t getExtent() const { return type.getDim(1) / groups; }

  Value *enter(LoweringBuilder &b) const {
    Value *x = b.getOperand("x");
    if (groups == 1)
      return x;
    return b.reshape(x, {1, groups, getExtent(), type.getDim(3)}, "groups");
  }
  void leave(LoweringBuilder &b, Value *y) const {
    b.replaceWith(groups == 1 ? y : b.reshape(y, type.getShape(), "merged"));
  }
  /// The vector `input`, a number for each channel or each channel of a group.
  Value *getGains(LoweringBuilder &b, llvm::StringRef input) const {
    int64_t count = b.getComposite()
                        .getConstant(input)
                        .getType()
                        .castTo<TensorType>()
                        .getDim(0);
    if (groups == 1)
      return b.weight(input, {1, count, 1, 1});
    return b.weight(input, {1, count / getExtent(), getExtent(), 1});
  }

  TensorType type;
  int64_t groups = 1;
};

} // namespace

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
  NormForm form(b);
  Value *weight = form.getGains(b, "weight");
  Value *x = form.enter(b);
  Value *squares = b.mul(x, x, "sq");
  Value *sum = b.sum(squares, form.getAxis(), "sum");
  Value *factor = inverseRoot(b, sum, form.getExtent(), "");
  Value *normalised = b.mul(x, factor, "hat");
  form.leave(b, b.mul(normalised, weight, "scaled"));
}

/// reduce_sum, mul 1/C, sub, mul, reduce_sum, mul 1/C, add epsilon, pow -1/2,
/// mul, mul gamma, add beta.
void lowerLayerNorm(LoweringBuilder &b) {
  NormForm form(b);
  Value *gamma = form.getGains(b, "gamma");
  bool hasBeta = b.getComposite().hasBinding("beta");
  Value *beta = hasBeta ? form.getGains(b, "beta") : nullptr;
  Value *x = form.enter(b);
  Value *sum = b.sum(x, form.getAxis(), "sum");
  Value *inverse = b.scalar("inv_channels", 1.0 / form.getExtent());
  Value *mean = b.mul(sum, inverse, "mean");
  Value *centred = b.create("sub", {{"x", x}, {"y", mean}}, "centred");
  Value *squares = b.mul(centred, centred, "sq");
  Value *squareSum = b.sum(squares, form.getAxis(), "sq_sum");
  Value *factor = inverseRoot(b, squareSum, form.getExtent(), "sq_");
  Value *normalised = b.mul(centred, factor, "hat");
  Value *scaled = b.mul(normalised, gamma, "scaled");
  form.leave(b, beta ? b.add(scaled, beta, "shifted") : scaled);
}

} // namespace espresso
