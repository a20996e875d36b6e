//===- PrecisionRules.td - Rules on precision -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def MaskValueRule : Rule<"ane-mask-value", Precision, Warning, One> {
  let statement =
      "A mask adds -40000, neither minus infinity nor -65504: the latter and a "
      "score of -16 are infinite, and a row of infinities is not a number "
      "after softmax";
  let limits = [MaskValue];
  let evidence = [CoreAIModels];
  let evidenceNote =
      "the number is the maker's; what others do follows from fp16";
  let rewrite = "clamp masks";
  let pass = "legalize-ane";
}
def AccumulatorRule
    : Rule<"ane-accumulator-range", Precision, Warning, Several> {
  let statement =
      "A sum of products that reaches 32,768 on the way becomes infinite and "
      "stays so";
  let seenOn = "M1, A14, M4, M6";
  let limits = [AccumulatorMagnitude];
  let evidence = [StudyM6, AneForge];
  let rewrite = "move a power of two out of the operands";
  let pass = "rescale-products";
  let disputes = [FirstAccumulator];
}
def SmallProductRule : Rule<"ane-small-product", Precision, Warning, Several> {
  let statement =
      "Products below about 2^-16 vanish in convolutions and products of "
      "matrices, so that typical ones should not be below 2^-14";
  let seenOn = "M4, M6 and a chip not named";
  let limits = [ProductExponent, GridExponent];
  let evidence = [StudyM6, Maderix];
  let rewrite = "multiply weights by a power of two and divide after";
  let pass = "rescale-products";
}
def EpsSubnormalRule : Rule<"ane-eps-subnormal", Precision, Warning, Inferred> {
  let statement =
      "1e-5 is subnormal in fp16 and becomes 1.00136e-5; 1e-8 becomes zero";
  let evidenceNote = "arithmetic";
  let rewrite = "scale before it is added";
  let pass = "range-safe-norms";
}
def NormOverflowRule : Rule<"ane-norm-overflow", Precision, Warning, Several> {
  let statement =
      "A sum of squares overflows fp16 where their number times their mean "
      "exceeds 65504";
  let limits = [HalfMaximum];
  let evidence = [Page<"https://github.com/apple/coremltools/issues/2585">,
      Page<"https://github.com/pytorch/executorch/pull/19523">,
      Page<"https://github.com/sbryngelson/ANEForge/issues/149">];
  let rewrite =
      "divide by the largest magnitude, or a power of two, before squaring";
  let pass = "range-safe-norms";
}
def NormEpsOrderRule : Rule<"ane-norm-eps-order", Precision, Error, One> {
  let statement =
      "Where x is divided by s before it is normalised, epsilon is divided by "
      "the square of s; a converter forgot it";
  let evidence = [Page<"https://github.com/apple/coremltools/issues/2821">,
      Page<"https://github.com/apple/coremltools/pull/2822">];
  let rewrite = "divide epsilon by the square of s";
  let pass = "range-safe-norms";
}
def LiteralPrecisionRule
    : Rule<"ane-literal-precision", Precision, Error, One> {
  let statement =
      "Constants written with six decimals lose bits: 1/2048 and others change "
      "in fp16, what is below 5e-7 is zero, and in fp32 nearly all change";
  let evidence = [SwiftRuntime];
  let evidenceNote = "from its sources; the effect is computed";
  let rewrite = "write them so that they read back to the same bits";
}
def GradientRule : Rule<"ane-fp16-gradients", Precision, Warning, One> {
  let statement =
      "Gradients in fp16 vanish unless the loss is scaled; 256 times the "
      "number of layers worked";
  let evidence = [Maderix];
  let rewrite = "scale the loss and divide before the update";
}
def HalfOverflowRule
    : Rule<"ane-fp16-overflow", Precision, Warning, Inferred> {
  let statement = "What exceeds 65504 is infinite in fp16";
  let limits = [HalfMaximum];
  let evidenceNote = "arithmetic";
  let rewrite = "scale by a power of two before, and back after";
  let pass = "rescale-products";
}
