//===- BoundaryRules.td - Rules on inputs and outputs -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def BoundaryMinBytesRule
    : Rule<"ane-boundary-min-bytes", Boundary, Error, Several> {
  let statement =
      "Every input and output has at least 49,152 bytes; smaller ones compile "
      "and then fail in evaluation with status 0x1d, or 0x9 at small widths";
  let seenOn = "M3 Max, M4";
  let paths = [Direct];
  let limits = [BoundaryBytes];
  let evidence = [SwiftRuntime, Orion];
  let rewrite =
      "widen the last axis to the power of two at or above 49152 / (2 C) and "
      "keep the payload in its first column";
}
def BoundaryEqualSizeRule
    : Rule<"ane-boundary-equal-size", Boundary, Warning, Disputed> {
  let statement =
      "The surfaces of a program should have the same size in bytes";
  let seenOn = "M3 Max, M4";
  let paths = [Direct];
  let evidence = [SwiftRuntime, Maderix, Orion];
  let rewrite = "pad outputs to the largest, or join them along channels";
  let disputes = [EqualSizes];
}
def BoundaryAlphabeticalRule
    : Rule<"ane-boundary-alphabetical", Boundary, Error, One> {
  let statement =
      "Surfaces are bound in the alphabetical order of names, for inputs and "
      "for outputs, whatever the order in the text";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let evidenceNote = "a mistake there, queries bound as keys, was mended so";
  let rewrite = "sort ports by name and bind by name";
}
def BoundaryRankRule : Rule<"ane-boundary-rank4", Boundary, Error, Several> {
  let statement =
      "Inputs and outputs are fp16 of the form [1, C, 1, S]; others were not "
      "shown to work";
  let paths = [Direct];
  let evidence = [SwiftRuntime, Maderix];
  let rewrite = "reshape at the boundary";
  let pass = "to-ane-layout";
}
def BoundaryOneChannelRule
    : Rule<"ane-boundary-one-channel", Boundary, Error, One> {
  let statement =
      "An input of one channel, such as a mask, fails with status 0x9";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "repeat the mask for all channels, or keep it a constant";
}
def BoundaryFloat32Rule : Rule<"ane-boundary-fp32", Boundary, Warning, One> {
  let statement =
      "On the direct path fp32 at the boundary is taken if it is cast to fp16 "
      "at once; on the public one a single fp32 literal or operation leaves "
      "the engine";
  let evidence = [SwiftRuntime, CoreAIModels];
  let rewrite = "cast first and last, and have no other fp32";
  let pass = "to-fp16";
}
def DecodeWindowRule : Rule<"ane-decode-window-32", Boundary, Warning, One> {
  let statement =
      "Attention of one token over a window of more than 32 columns failed "
      "with status 0x9";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let limits = [DecodeWindow];
  let evidence = [SwiftRuntime];
  let evidenceNote = "the kernel concerned multiplied attention by zero";
  let rewrite = "take the window in pieces of 32";
}
def MixedMultiInputRule
    : Rule<"ane-mixed-multi-input", Boundary, Remark, Disputed> {
  let statement = "Several inputs in a request fail";
  let seenOn = "M4";
  let paths = [Direct];
  let evidence = [Maderix, SwiftRuntime];
  let disputes = [ManyInputs];
  let rewrite = "give all inputs the same size";
}
