//===- Limits.td - Limits and figures -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

def BoundaryBytes : Limit<"boundary-bytes", "bytes",
    "Size of an input or output of a program, at least", 49152>;
def DecodeWindow : Limit<"decode-window", "columns",
    "Width of the cache window in attention on the direct path, at most", 32>;
def MaxRank : Limit<"max-rank", "axes", "Rank of a tensor, at most", 5>;
def LastAxisWidth : Limit<"last-axis-width", "elements",
    "Extent of the last axis in fp16, at least", 32>;
def RowBytes : Limit<"row-bytes", "bytes",
    "Multiple to which rows are padded", 64>;
// Without a chip, the smallest limit there is.
def MaxAxis : Limit<"max-axis", "elements",
    "Height, width and contraction length, at most", 16384, 1>;
def MaxChannels : Limit<"max-channels", "elements",
    "Channels, and any other axis, at most", 65536>;
// The sources say "older" and "newer" without a boundary between them.
def TransposeElements : Limit<"transpose-elements", "elements",
    "Elements of a transposed tensor that every chip takes, at most", 8388607>;
def StateMultiple : Limit<"state-multiple", "elements",
    "Multiple that dimensions of states must be", 32>;
def ChannelStep : Limit<"channel-step", "channels",
    "Output channels by which cost grows", 16>;
def ConvKernelWidth : Limit<"conv-kernel-width", "elements",
    "Width of a convolution's kernel, at most", 13, 1>;
def PoolKernel : Limit<"pool-kernel", "elements",
    "Kernel of a pooling that stays on the engine, at most", 13>;
def SliceMagnitude : Limit<"slice-magnitude", "",
    "Magnitude above which values saturate in a slice with a width offset",
    4094>;
def AttentionLength : Limit<"attention-length", "positions",
    "Length of sequence that the attention operation takes, at most", 2048>;
def AttentionMinimum : Limit<"attention-minimum", "positions",
    "Exclusive bound of the smaller of query and key length", 512>;
def ProgramBytes : Limit<"program-bytes", "bytes",
    "Weights of a program, at most", 2000000000>;
def StreamingBytes : Limit<"streaming-bytes", "bytes",
    "Size from which an operand is streamed", 2097152>;
def WorkingSetBytes : Limit<"working-set-bytes", "bytes",
    "Working set from which throughput was said to fall", 33554432>;
def TransferNotch : Limit<"transfer-notch", "bytes",
    "Multiples of which weights are transferred slowly", 1048576>;
def RecurrentDepth : Limit<"recurrent-depth", "cells",
    "Recurrent cells in a program, at most", 3>;
def ProgramDepth : Limit<"program-depth", "blocks",
    "Depth of a program, at most", 384>;
def CompileBudget : Limit<"compile-budget", "programs",
    "Compilations before a process fails, with a margin", 100>;
def HeadElements : Limit<"head-elements", "elements",
    "Elements of a head's weight that is placed on the engine, at most",
    16000000>;
def MaskValue : Limit<"mask-value", "", "What an additive mask adds", -40000>;
def AccumulatorMagnitude : Limit<"accumulator-magnitude", "",
    "Magnitude at which a running sum becomes infinite", 32768>;
def ProductExponent : Limit<"product-exponent", "power of 2",
    "Typical product below which products start to vanish", -14>;
def GridExponent : Limit<"grid-exponent", "power of 2",
    "Step to which products are rounded", -16>;
def HalfMaximum : Limit<"half-maximum", "", "Largest finite fp16", 65504>;

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

def TopsAnnounced : Figure<"tops", "TOPS",
    "Announced operations a second; int8 from A17 Pro and M4 on">;
def HalfTeraflops : Figure<"fp16-tflops", "TFLOPS",
    "fp16 arithmetic at best">;
def ByteTeraops : Figure<"int8-tops", "TOPS", "int8 arithmetic at best">;
def ClockGigahertz : Figure<"clock", "GHz", "Clock">;
def WeightBandwidth : Figure<"weight-bandwidth", "GB/s",
    "Stream of weights from memory">;
def ActivationBandwidth : Figure<"activation-bandwidth", "GB/s",
    "Stream of activations">;
def DispatchTime : Figure<"dispatch", "us", "Fixed time of one evaluation">;
def StreamingKnee : Figure<"streaming-knee", "MB",
    "Operand size at which streaming was seen to begin">;
def Power : Figure<"power", "W", "Power under load">;
