//===- OperatorRules.td - Rules on operations -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def DataTypeRule : Rule<"ane-dtype", Operators, Error, One> {
  let statement = "Only fp16, int8 and int16 are computed with";
  let paths = [Public];
  let evidence = [CoreAIModels];
  let evidenceNote = "the maker's guide";
  let rewrite = "cast";
  let pass = "to-fp16";
}
def OpFloorRule : Rule<"ane-op-floor", Operators, Error, One> {
  let statement =
      "Operations have a first generation. M1 has convolutions, products, "
      "pooling, element-wise operations, activations, softmax, norms, "
      "reductions, sqrt, rsqrt, erf, exp2, log2, attention, resize, tile, "
      "moves between space and channels, atan; from A14 on crop-resize, "
      "resample, affine, gather, top-k, sort and dynamic slices; from A15 on "
      "sin, cos, dropout, random, global argmin and argmax. MIL itself needs "
      "H13 or later";
  let evidence = [AneForge];
  let rewrite = "decompose, or leave it to the host";
}
def OpAbsentRule : Rule<"ane-op-absent", Operators, Error, One> {
  let statement =
      "There is no acos, asin, tan, log, cumsum, mod, and no boolean logic";
  let evidence = [Maderix];
  let rewrite = "leave it to the host, or use a polynomial";
}
def OpFallbackRule : Rule<"ane-op-coreml-fallback", Operators, Warning, One> {
  let statement =
      "Recurrent operations, gather, dilated convolutions, pooling with "
      "kernels above 13 or strides above 2, and upsampling by more than 2 "
      "leave the engine";
  let seenOn = "older chips; gather is native from A14 on by another source";
  let paths = [Public];
  let limits = [PoolKernel];
  let evidence = [Hollance];
  let rewrite = "convolutions or slices where possible";
}
def ConvKernelRule : Rule<"ane-conv-kernel-max", Operators, Error, One> {
  let statement =
      "Kernels of convolutions are at most 13 wide on A13 and 15 from A16 on; "
      "from 16 on they leave the engine, and M6 rewrites those above 8";
  let limits = [ConvKernelWidth];
  let evidence = [AneForge, StudyM6];
  let rewrite = "factor the kernel";
}
def ConvInlineBiasRule : Rule<"ane-conv-inline-bias", Operators, Error, One> {
  let statement = "The input 'bias' of 'conv' cannot be used in text";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "add a constant [1, C, 1, 1] after it";
  let pass = "legalize-ane";
}
def ConvRuntimeWeightRule
    : Rule<"ane-conv-runtime-weight", Operators, Error, One> {
  let statement =
      "A convolution whose weight is computed at run time is accepted and then "
      "ignored without a message";
  let paths = [Direct];
  let evidence = [FieldGuide];
  let rewrite = "a product of matrices";
  let pass = "legalize-ane";
}
def FlagConstsRule : Rule<"ane-flag-consts", Operators, Error, One> {
  let statement =
      "Flags and integers of operations are named constants, not literals in "
      "the call";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "name them";
  let pass = "legalize-ane";
}
def MatmulTransposeRule
    : Rule<"ane-matmul-const-transpose", Operators, Warning, One> {
  let statement = "'matmul' by a constant with 'transpose_y' false is refused";
  let paths = [Direct];
  let evidence = [MilHwx, FieldGuide, Orion];
  let evidenceNote = "which of them is not certain";
  let rewrite = "store the weight transposed, or use a convolution of 1×1";
  let pass = "legalize-ane";
}
def InlineTensorRule
    : Rule<"ane-inline-tensor-const", Operators, Error, Several> {
  let statement =
      "Tensors of fp16 written in the text are refused; the same from a weight "
      "file compiles";
  let paths = [Direct];
  let evidence = [SwiftRuntime, Orion];
  let rewrite = "put every tensor constant in a weight file";
  let pass = "legalize-ane";
}
def ConcatRule : Rule<"ane-concat", Operators, Warning, Disputed> {
  let statement = "'concat' is refused";
  let seenOn = "M4 Max";
  let paths = [Direct];
  let evidence = [Orion, SwiftRuntime, AneForge, CoreAIModels];
  let rewrite = "pad the parts and add them, if asked to";
  let pass = "legalize-ane";
  let disputes = [ConcatRefused];
}
def RsqrtRule : Rule<"ane-rsqrt", Operators, Warning, Disputed> {
  let statement = "'rsqrt' is refused in text";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime, AneForge];
  let rewrite = "'pow' by -0.5";
  let pass = "legalize-ane";
  let disputes = [RsqrtInText];
}
def ReduceMeanRule : Rule<"ane-reduce-mean", Operators, Remark, Disputed> {
  let statement = "'reduce_mean' is missing in text";
  let paths = [Direct];
  let evidence = [SwiftRuntime,
      Page<"https://github.com/hollance/neural-engine/issues/44">,
      Page<"https://github.com/christopherkarani/Espresso/issues/18">];
  let rewrite = "'reduce_sum' and a factor";
  let pass = "legalize-ane";
  let disputes = [ReduceMeanAbsent];
}
def SoftmaxRule : Rule<"ane-softmax-pow2", Operators, Warning, Disputed> {
  let statement =
      "Softmax over channels needs a power of two; 257 is refused, 256 is not";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "softmax over the last axis, or pad with -40000";
  let disputes = [SoftmaxPowerOfTwo];
}
def SliceByIndexRule : Rule<"ane-slice-by-index", Operators, Warning, One> {
  let statement =
      "'slice_by_index' compiles and fails on the device; 'slice_by_size' "
      "works";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "'slice_by_size'";
  let pass = "legalize-ane";
}
def SliceSaturationRule
    : Rule<"ane-slice-width-saturation", Operators, Warning, One> {
  let statement =
      "A slice with an offset in width saturates values of magnitude above "
      "4,094";
  let seenOn = "A13, A14, M1";
  let generations = [H12, H13];
  let limits = [SliceMagnitude];
  let evidence = [AneForge];
  let evidenceNote = "measured";
  let rewrite = "slice along channels";
}
def GeluRule : Rule<"ane-gelu-op", Operators, Warning, Disputed> {
  let statement = "'gelu' is refused";
  let paths = [Direct];
  let evidence = [Orion, MilHwx];
  let rewrite = "what it is defined as, in primitives";
  let pass = "legalize-ane";
  let disputes = [GeluRefused];
}
def LayerNormRule : Rule<"ane-layernorm-affine", Operators, Warning, One> {
  let statement =
      "'layer_norm' with gamma or beta is refused, in 17 of 17 attempts";
  let paths = [Direct];
  let evidence = [MilHwx, FieldGuide];
  let evidenceNote = "which of them is not certain";
  let rewrite = "normalise without them, then multiply and add";
  let pass = "legalize-ane";
}
def TileRule : Rule<"ane-tile-poison", Operators, Error, One> {
  let statement =
      "A 'tile' that fails leaves a process that can compile nothing more";
  let paths = [Direct];
  let evidence = [FieldGuide];
  let rewrite = "repeat by multiplying or adding";
}
def AttentionMaskRule : Rule<"ane-sdpa-mask", Operators, Warning, Disputed> {
  let statement =
      "The attention operation ignores its mask: its error is 0.73 against a "
      "causal reference and 0.056 against one without a mask";
  let paths = [Direct];
  let evidence = [Maderix, Orion, AneForge];
  let rewrite = "products, scale, mask and softmax";
  let pass = "legalize-ane";
  let disputes = [AttentionIgnoresMask];
}
def AttentionLimitsRule : Rule<"ane-sdpa-limits", Operators, Warning, One> {
  let statement =
      "The attention operation takes up to 2,048 positions, and less than 512 "
      "of queries or of keys";
  let paths = [Direct];
  let limits = [AttentionLength, AttentionMinimum];
  let evidence = [AneForge];
  let rewrite = "products, scale, mask and softmax";
  let pass = "legalize-ane";
}
def SoftplusRule : Rule<"ane-softplus-cliff", Operators, Warning, One> {
  let statement = "Softplus loses accuracy at once near an input of 10.4";
  let paths = [Public];
  let evidence = [Page<"https://github.com/apple/coremltools/issues/2687">];
  let rewrite = "relu(x) + log(1 + exp(-|x|))";
}
def RopeInputsRule : Rule<"ane-rope-inputs", Operators, Remark, One> {
  let statement =
      "Tables of cosines and sines for rotations are 4-D inputs; angles are "
      "not computed on the engine";
  let evidence = [CoreAIModels, AneLm, SwiftRuntime];
  let rewrite = "rotate on the host, between programs";
  let pass = "split-at-rope";
}
def KeyAfterRopeRule : Rule<"ane-kv-post-rope", Operators, Error, One> {
  let statement =
      "Keys are kept after rotation; kept before, results fell to about 20 dB";
  let evidence = [CoreAIModels];
  let evidenceNote = "the maker's guide";
  let rewrite = "rotate before the cache is written";
}
def CacheInputRule : Rule<"ane-kv-readonly", Operators, Remark, One> {
  let statement =
      "The cache is an input that is read only, and only new columns are "
      "returned";
  let paths = [Public];
  let evidence = [CoreAIModels];
  let rewrite = "append the columns on the host or through a state";
}
