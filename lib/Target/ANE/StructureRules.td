//===- StructureRules.td - Rules on weights and structure -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def WeightsBakedRule : Rule<"ane-weights-baked", Structure, Remark, One> {
  let statement =
      "Weights are compiled in; a buffer of weights or a changed file does not "
      "change results";
  let seenOn = "M5";
  let paths = [Direct];
  let evidence = [Maderix];
  let evidenceNote = "measured";
  let rewrite = "make weights that change inputs, or compile again";
}
def BlobChunkRule : Rule<"ane-blob-chunk", Structure, Warning, One> {
  let statement = "Several matrices in one file, by offsets, are refused";
  let seenOn = "M1";
  let generations = [H13];
  let paths = [Direct];
  let evidence = [Maderix];
  let rewrite = "a file for each matrix";
}
def ProgramBytesRule : Rule<"ane-program-bytes", Structure, Error, Several> {
  let statement = "A program has at most about 2 GB of weights";
  let limits = [ProgramBytes];
  let evidence = [Page<"https://github.com/apple/coremltools/pull/2593">,
      Page<"https://github.com/sbryngelson/ANEForge/pull/45">,
      Page<"https://github.com/jundot/omlx/issues/2968">];
  let rewrite = "split by layers";
  let disputes = [WeightLimit];
}
def StreamingRule : Rule<"ane-operand-streaming", Structure, Remark, Several> {
  let statement =
      "An operand above 2 MiB is streamed rather than kept; knees were seen at "
      "2.3 MB on M1 and 4.7 MB on M5";
  let limits = [StreamingBytes];
  let evidence = [StudyM6, AneForge];
  let rewrite = "smaller pieces where they are used again";
}
def WorkingSetRule : Rule<"ane-working-set-32mb", Structure, Remark, Disputed> {
  let statement =
      "Throughput falls by about 30 % above a working set of 32 MB; withdrawn";
  let seenOn = "M4";
  let limits = [WorkingSetBytes];
  let evidence = [Maderix, Orion, SwiftRuntime];
  let disputes = [MemoryCliff];
}
def TransferNotchRule : Rule<"ane-dma-1mib-multiple", Structure, Remark, One> {
  let statement =
      "Weights whose size is a multiple of 1 MiB are transferred slowly; the "
      "author gained 2.4 times by splitting them";
  let paths = [Public];
  let limits = [TransferNotch];
  let evidence = [StableHLO];
  let rewrite = "split off a part, if asked to";
}
def QuantPerBlockRule : Rule<"ane-quant-per-block", Structure, Error, Several> {
  let statement =
      "Weights of int4 or int8 with a scale for each block do not run on the "
      "engine, and were wrong without a message in one case";
  let paths = [Public];
  let evidence = [Page<"https://github.com/apple/coremltools/issues/2510">,
      Page<"https://github.com/apple/coreai-models/issues/279">];
  let rewrite = "a scale for each channel, or look-up tables";
}
def QuantAffineRule
    : Rule<"ane-quant-affine-direct", Structure, Warning, Disputed> {
  let statement =
      "'constexpr_affine_dequantize' and casts to uint8 are refused";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime, Maderix, AneForge];
  let rewrite = "fp16";
  let disputes = [AffineQuantized];
}
def ByteDecodeRule : Rule<"ane-int8-decode-gain", Structure, Remark, Disputed> {
  let statement = "int8 does not make decoding of single tokens faster";
  let evidence = [AneForge, Maderix];
  let disputes = [ByteGain];
}
def RecurrentDepthRule
    : Rule<"ane-recurrent-depth-3", Structure, Warning, One> {
  let statement =
      "A program has at most 3 recurrent cells; 4 to 6 are refused, and 3 with "
      "a head fail, perhaps for the size of a surface";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let limits = [RecurrentDepth];
  let evidence = [SwiftRuntime];
  let rewrite = "split the program";
}
def ProgramDepthRule : Rule<"ane-program-depth", Structure, Warning, Disputed> {
  let statement = "A program is at most 384 blocks deep";
  let seenOn = "M4, M6";
  let limits = [ProgramDepth];
  let evidence = [Maderix, StudyM6, MilHwx];
  let rewrite = "split the program";
  let disputes = [DepthLimit];
}
def PackedCacheRule : Rule<"ane-packed-kv-attention", Structure, Warning, One> {
  let statement = "Attention of two layers with one packed cache is refused";
  let seenOn = "M3 Max";
  let paths = [Direct];
  let evidence = [SwiftRuntime];
  let rewrite = "a layer a program, or a cache for each";
}
def CompileBudgetRule : Rule<"ane-compile-budget", Structure, Error, Several> {
  let statement =
      "After about 119 compilations a process fails, and there are about 128 "
      "slots for programs";
  let paths = [Direct];
  let limits = [CompileBudget];
  let evidence = [Maderix, SwiftRuntime, Orion];
  let rewrite =
      "fewer, larger programs; keep compiled ones; start the process again";
}
def LargeHeadRule : Rule<"ane-large-head", Structure, Warning, Several> {
  let statement =
      "A large last linear layer tends to run on the CPU, or exceeds an axis";
  let limits = [HeadElements, MaxAxis];
  let evidence = [Page<"https://github.com/pytorch/executorch/issues/8445">,
      Page<"https://github.com/sbryngelson/ANEForge/pull/240">, SwiftRuntime];
  let evidenceNote = "the number of elements is a budget of the Swift runtime";
  let rewrite =
      "split it by the limit of the axis, or keep it on the host with an exact "
      "search";
  let pass = "place-head";
}
def BackgroundRule : Rule<"ane-background-access", Structure, Remark, One> {
  let statement =
      "Systems of 2026 restrict use of the engine in the background";
  let seenOn = "macOS 27, iOS 27";
  let evidence = [Page<"https://github.com/FluidInference/FluidAudio/issues/738">];
}
def System26Rule : Rule<"ane-os26-direct", Structure, Warning, One> {
  let statement = "Models of a direct runtime stopped to work";
  let seenOn = "macOS 26";
  let paths = [Direct];
  let evidence = [Page<"https://github.com/christopherkarani/Espresso/issues/18">];
  let rewrite = "the public path";
}
