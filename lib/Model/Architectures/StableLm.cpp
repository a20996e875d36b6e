//===- StableLm.cpp - StableLM 2 ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama with layer norms and a part of each head that is not rotated. The
/// larger models have attention and feed-forward network side by side:
///
///   out = x + attention(n) + ffn(n),  n = norm(x)
static Value *buildLayer(DecoderBuilder &builder, Value *x) {
  const ModelConfig &config = builder.getConfig();
  if (!config.isParallel)
    return buildPreNormLayer(builder, x);
  Value *norm = builder.norm(x, "att", "norm");
  Value *attended = builder.selfAttention(norm);
  Value *h = builder.addResidual(x, attended, "h");
  Value *ffnInput =
      config.hasFfnNorm ? builder.norm(x, "ffn", "ffn_norm") : norm;
  Value *ffn = builder.feedForward(ffnInput, "ffn");
  return builder.addResidual(h, ffn, "out");
}

static constexpr ModelFeature kFeatures[] = {
    ModelFeature::PartialRotary, ModelFeature::LayerNorm,
    ModelFeature::QkvBias,       ModelFeature::ParallelResidual,
    ModelFeature::RopeScaling,
};

const Architecture kStableLm = {"stablelm", buildLayer, kFeatures};

} // namespace espresso
