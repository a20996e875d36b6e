//===- ShapeRules.td - Rules on shapes and layout -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def RankRule : Rule<"ane-rank-max", ShapeAndLayout, Error, One> {
  let statement = "A tensor has at most 5 axes";
  let paths = [Public];
  let limits = [MaxRank];
  let evidence = [CoreAIModels];
  let evidenceNote = "the maker's guide";
  let rewrite = "fold leading axes";
  let pass = "legalize-ane";
}
def StaticShapeRule : Rule<"ane-static-shape", ShapeAndLayout, Error, Several> {
  let statement = "All shapes are known at compile time";
  let evidence = [CoreAIModels,
      Page<"https://github.com/apple/coremltools/issues/1764">,
      Page<"https://github.com/apple/coremltools/issues/2370">];
  let rewrite = "a function for each of a few lengths, with shared weights";
}
def LastAxisRule
    : Rule<"ane-last-axis-width", ShapeAndLayout, Warning, Disputed> {
  let statement =
      "The last axis has at least 32 elements of fp16, since rows take "
      "multiples of 64 bytes; a last axis of 1 costs 64 bytes for each element";
  let limits = [LastAxisWidth];
  let evidence = [CoreAIModels, FieldGuide, AneLm, Orion];
  let rewrite = "pad, or transpose so that a long axis comes last";
  let disputes = [MinimumWidth];
}
def RowAlignRule : Rule<"ane-row-align-64", ShapeAndLayout, Remark, Several> {
  let statement =
      "Rows are padded to 64 bytes, tensors begin at multiples of 64 bytes, "
      "surfaces take multiples of 16 KiB";
  let seenOn = "H13 to H15, in sample programs";
  let limits = [RowBytes];
  let evidence = [MilHwx, LinuxAne];
  let rewrite = "choose widths that are multiples of 32 elements of fp16";
}
def MaxAxisRule : Rule<"ane-max-axis", ShapeAndLayout, Error, Several> {
  let statement =
      "Height, width and contraction length are at most 16,384 up to M2 and "
      "65,536 from A16 and M3 on; no axis exceeds 65,536";
  let limits = [MaxAxis, MaxChannels];
  let evidence = [AneForge, Page<"https://github.com/FluidInference/mobius/issues/61">,
      Page<"https://github.com/maderix/ANE/pull/26">];
  let rewrite = "split the axis";
  let pass = "legalize-ane";
}
def TransposeSizeRule : Rule<"ane-transpose-size", ShapeAndLayout, Error, One> {
  let statement =
      "A transposed tensor has at most 2^23-1 elements on older chips and "
      "2^24-1 on newer ones";
  let limits = [TransposeElements];
  let evidence = [AneForge];
  let rewrite = "split or avoid the transpose";
  let pass = "to-ane-layout";
}
def StateMultipleRule : Rule<"ane-state-dim-32", ShapeAndLayout, Error, One> {
  let statement = "Dimensions of states are multiples of 32";
  let seenOn = "macOS 15 and later";
  let paths = [Public];
  let limits = [StateMultiple];
  let evidence = [Page<"https://github.com/apple/coremltools/issues/2631">];
  let rewrite = "pad the state";
}
def OddShapeRule : Rule<"ane-odd-shape-memory", ShapeAndLayout, Remark, One> {
  let statement =
      "Certain lengths exhaust memory where a neighbour works; 128 failed and "
      "130 worked in one report";
  let paths = [Public];
  let evidence = [Page<"https://github.com/pytorch/executorch/issues/8439">];
  let rewrite = "try the next length";
}
def LayoutRule : Rule<"ane-layout-bc1s", ShapeAndLayout, Remark, Several> {
  let statement =
      "Activations of the form [1, C, 1, S] with convolutions of 1×1 were "
      "about three times as fast as products of matrices in one measurement";
  let evidence = [CoreAIModels, Transformers, SwiftRuntime];
  let rewrite = "write linear layers as convolutions of 1×1";
  let pass = "to-ane-layout";
}
def ChannelStepRule
    : Rule<"ane-cout-granularity", ShapeAndLayout, Remark, One> {
  let statement =
      "Cost grows in steps of output channels: from 256 to 272 by 32 % on M6, "
      "from 192 to 256 from 20 to 61 us on M1";
  let seenOn = "M1, M6";
  let limits = [ChannelStep];
  let evidence = [StudyM6];
  let rewrite = "keep output channels a multiple of 16";
}
def PerHeadRule : Rule<"ane-per-head-attention", ShapeAndLayout, Remark, One> {
  let statement =
      "Attention is best done head by head as 'bchq,bkhc->bkhq' with the mask "
      "as (1, key, 1, query)";
  let paths = [Public];
  let evidence = [CoreAIModels, Transformers];
  let rewrite = "split heads";
}
def Conv512Rule : Rule<"ane-conv512-only", ShapeAndLayout, Remark, One> {
  let statement =
      "In one benchmark only convolutions of 512 channels compiled, without an "
      "explanation";
  let seenOn = "M3 Pro";
  let paths = [Direct];
  let evidence = [Maderix];
}
