//===- Olmo2.cpp - OLMo 2 -------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Norms of what attention and the feed-forward network give, none of what they
/// take, and norms of all of the queries and keys:
///
///   h   = x + norm(attention(x))
///   out = h + norm(ffn(h))
static Value *buildLayer(DecoderBuilder &builder, Value *x) {
  Value *attended = builder.selfAttention(x);
  Value *norm = builder.norm(attended, "att_post", "o_norm");
  Value *h = builder.addResidual(x, norm, "h");
  Value *ffn = builder.feedForward(h, "ffn");
  Value *ffnNorm = builder.norm(ffn, "ffn_post", "ffn_norm");
  return builder.addResidual(h, ffnNorm, "out");
}

static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling, ModelFeature::PostNorms,
    ModelFeature::NoPreNorms,  ModelFeature::QueryKeyNorm,
    ModelFeature::QkvBias,     ModelFeature::OutputBias,
};

const Architecture kOlmo2 = {"olmo2", buildLayer, kFeatures};

} // namespace espresso
