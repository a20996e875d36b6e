//===- StableLm.cpp - StableLM --------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

/// Without a second norm, attention and feed-forward network are parallel.
static void configure(ModelSource &source, ModelConfig &config) {
  constexpr double kUsualRotaryPart = 0.25;
  config.norm = NormKind::Layer;
  bool hasSecondNorm =
      source.findTensor("blk.0.ffn_norm.weight") ||
      source.findTensor("model.layers.0.post_attention_layernorm.weight");
  config.isParallel = !hasSecondNorm;
  config.hasFfnNorm = hasSecondNorm;
  if (source.getFormat() == SourceFormat::HuggingFace &&
      !source.has({"", "partial_rotary_factor|rope_parameters."
                       "partial_rotary_factor"})) {
    double part = source.findReal({"", "rope_pct"}).value_or(kUsualRotaryPart);
    config.rotarySize =
        static_cast<int64_t>(part * static_cast<double>(config.headSize));
  }
}

const Family kStableLmFamily = {
    .architecture = "stablelm",
    .ggufNames = "stablelm",
    .huggingFaceNames = "stablelm stablelm_epoch",
    .configure = configure,
};

} // namespace espresso
