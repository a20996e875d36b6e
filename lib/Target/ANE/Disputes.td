//===- Disputes.td - Accounts that contradict each other -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

def ConcatRefused : Dispute<"'concat' is refused"> {
  let supporting = "Orion, in memory, M4 Max";
  let contradicting =
      "the maker's recipe for caches uses it, AneForge lowers to it, and the "
      "Swift runtime's training kernels return six tensors joined along "
      "channels, though its own description calls it forbidden";
  let decision = "warn with both accounts; rewrite only if asked to";
}
def AttentionIgnoresMask : Dispute<"the attention operation ignores its mask"> {
  let supporting = "Orion and maderix";
  let contradicting =
      "AneForge has the mask obeyed (cosine 1.0) within its limits of size";
  let decision = "decompose on the direct path, leave alone on the public one";
}
def ReduceMeanAbsent : Dispute<"'reduce_mean' is missing"> {
  let supporting = "the Swift runtime's author in a thread";
  let contradicting =
      "its own builder of layers uses it, and the public converter emits it";
  let decision = "write 'reduce_sum', accept both";
}
def SoftmaxPowerOfTwo : Dispute<"softmax needs a power of two"> {
  let supporting = "the Swift runtime, for channels";
  let contradicting = "AneForge's list of quirks does not have it";
  let decision = "hold to it for axis 1 on the direct path only";
}
def MemoryCliff : Dispute<"a working set above 32 MB is slow"> {
  let supporting =
      "maderix saw a fall between 24 and 96 MB; Orion and the Swift runtime "
      "repeat it";
  let contradicting =
      "maderix has its best throughput with 64 MB of weights and withdrew the "
      "claim; others see a threshold of 2 MiB for each operand";
  let decision = "a cost for each operand, no refusal";
}
def MinimumWidth : Dispute<"how wide the last axis must be"> {
  let supporting = "16, by Orion";
  let contradicting =
      "32, by the field guide, ANE-LM and the maker's rows of 64 bytes";
  let decision = "32";
}
def ByteGain : Dispute<"int8 is faster"> {
  let supporting = "maderix, 1.88 times where arithmetic bounds, M4";
  let contradicting = "AneForge, 7.9 against 7.5 tokens a second when decoding";
  let decision = "it depends on the arithmetic for each byte; say so";
}
def WeightLimit : Dispute<"how many weights a program may have"> {
  let supporting = "about 2 GB, by the public converter and AneForge";
  let contradicting = "about 1 GiB on M1 Ultra, 7.86 GB on M3 Max";
  let decision = "2 GB, and what is known for a chip";
}
def FirstAccumulator : Dispute<"how M1 accumulates"> {
  let supporting = "fixed point that saturates at 32,768";
  let contradicting =
      "AneForge: partial sums of four in fp16, then about fp32; others say "
      "plain fp32";
  let decision = "a choice of the numerical model";
}
def DepthLimit : Dispute<"a program may be 384 blocks deep"> {
  let supporting = "384 by maderix, 386 by the study of M6";
  let contradicting = "mil-hwx-compiler compiled 512 blocks with 10,240 tasks";
  let decision = "warn";
}
def RsqrtInText : Dispute<"'rsqrt' cannot be used in text"> {
  let supporting = "the Swift runtime";
  let contradicting = "AneForge lists it as native on M1";
  let decision = "write it as a power on the direct path";
}
def DescriptorVersionH17 : Dispute<"the version of H17's task descriptors"> {
  let supporting = "19, by tables of the compiler";
  let contradicting = "20, by AneForge";
  let decision = "19, with a note";
}
def HalfInfinities : Dispute<"infinities in fp16"> {
  let supporting = "M4 and M6 read an exponent of 31 as an ordinary number";
  let contradicting = "IEEE 754";
  let decision = "only in the numerical model of the engine";
}
def ManyInputs : Dispute<"several inputs in a request fail"> {
  let supporting = "maderix";
  let contradicting = "the Swift runtime, if all have the same size";
  let decision = "keep sizes equal";
}
def EqualSizes : Dispute<"all surfaces must have the same size"> {
  let supporting =
      "unequal inputs and a small second output failed in evaluation (Swift "
      "runtime); Orion pads outputs; maderix packs them in one";
  let contradicting = "the Swift runtime has a head with a small second output";
  let decision = "warn";
}
def GeluRefused : Dispute<"'gelu' is refused"> {
  let supporting = "Orion";
  let contradicting = "mil-hwx-compiler had the mode EXACT accepted";
  let decision = "write it in primitives on the direct path";
}
def AffineQuantized : Dispute<"affine weights and casts to uint8 are refused"> {
  let supporting = "the Swift runtime, M3 Max";
  let contradicting =
      "maderix gains 1.88 times on M4; AneForge streams int8, int4 and sparse "
      "weights on M2";
  let decision =
      "fp16 on the direct path; look-up tables or int8 by channel on the "
      "public one";
}
