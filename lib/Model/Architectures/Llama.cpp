//===- Llama.cpp - Llama 1 and 2, and their likes -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Pre-norm decoder with grouped queries, rotary positions and SwiGLU:
///
///   h   = x + Wo attention(rope(Wq n), rope(Wk n), Wv n),  n = norm(x)
///   out = h + ffn(norm(h))
static Value *buildLayer(DecoderBuilder &builder, Value *x) {
  Value *norm = builder.rmsNorm(x, "rms_att", "norm");
  Value *q = builder.linear(norm, "wq", "q");
  Value *k = builder.linear(norm, "wk", "k");
  Value *v = builder.linear(norm, "wv", "v");
  Value *rotatedQ = builder.rope(q, "q_rot");
  Value *rotatedK = builder.rope(k, "k_rot");
  Value *context = builder.attention(rotatedQ, rotatedK, v, "attn");
  Value *projected = builder.linear(context, "wo", "o");
  Value *h = builder.add(x, projected, "h");

  Value *ffnNorm = builder.rmsNorm(h, "rms_ffn", "ffn_norm");
  Value *ffn = builder.feedForward(ffnNorm, "w1", "w3", "w2", "ffn");
  return builder.add(h, ffn, "out");
}

const Architecture kLlama = {"llama", buildLayer, {}};

} // namespace espresso
