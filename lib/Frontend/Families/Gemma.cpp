//===- Gemma.cpp - Gemma 1, 2 and 3 ---------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

#include <algorithm>
#include <cmath>

namespace espresso {

static constexpr TensorRule kPostNormRules[] = {
    {"rms_att_post", "model.layers.*.post_attention_layernorm.weight"},
    {"rms_ffn", "model.layers.*.pre_feedforward_layernorm.weight"},
    {"rms_ffn_post", "model.layers.*.post_feedforward_layernorm.weight"},
};

/// GGUF has the gains complete, Hugging Face less one.
static constexpr float kGainOffset = 1;

static void configureGemma(ModelSource &, ModelConfig &config) {
  config.embeddingScale = std::sqrt(static_cast<double>(config.embeddingSize));
  config.activation = Activation::GeluTanh;
}

/// The largest model of each generation scales by the width of a head as it
/// would be if heads filled the embedding; GGUF does not say so.
static void readAttentionScale(ModelSource &source, ModelConfig &config,
                               int64_t layersOfLargest) {
  std::optional<double> base = source.findReal({"", "query_pre_attn_scalar"});
  if (!base && config.numLayers == layersOfLargest && config.numHeads != 0)
    base = static_cast<double>(config.embeddingSize / config.numHeads);
  if (base && *base != static_cast<double>(config.headSize))
    config.attentionScale = 1 / std::sqrt(*base);
}

static void configureGemma2(ModelSource &source, ModelConfig &config) {
  constexpr int64_t kLayersOf27B = 46;
  configureGemma(source, config);
  config.hasPostNorms = true;
  config.attentionSoftCap =
      source.findReal({"attn_logit_softcapping", "attn_logit_softcapping"})
          .value_or(50);
  config.logitSoftCap =
      source.findReal({"final_logit_softcapping", "final_logit_softcapping"})
          .value_or(30);
  readAttentionScale(source, config, kLayersOf27B);
  int64_t window =
      source.findInteger({"attention.sliding_window", "sliding_window"})
          .value_or(4096);
  setSlidingPattern(config, window, /*period=*/2);
}

static void configureGemma3(ModelSource &source, ModelConfig &config) {
  constexpr int64_t kLayersOf27B = 62;
  constexpr int64_t kPeriod = 6;
  configureGemma(source, config);
  config.hasPostNorms = true;
  config.logitSoftCap =
      source.findReal({"final_logit_softcapping", "final_logit_softcapping"})
          .value_or(0);
  readAttentionScale(source, config, kLayersOf27B);
  config.localRopeTheta =
      source.findReal({"rope.freq_base_swa", "rope_local_base_freq"})
          .value_or(10000);
  int64_t window =
      source.findInteger({"attention.sliding_window", "sliding_window"})
          .value_or(4096);
  int64_t period =
      source.findInteger({"", "sliding_window_pattern"}).value_or(kPeriod);
  setSlidingPattern(config, window, std::max<int64_t>(period, 1));
}

const Family kGemmaFamily = {
    .architecture = "gemma",
    .ggufNames = "gemma",
    .huggingFaceNames = "gemma",
    .huggingFaceGainOffset = kGainOffset,
    .configure = configureGemma,
};
const Family kGemma2Family = {
    .architecture = "gemma2",
    .ggufNames = "gemma2",
    .huggingFaceNames = "gemma2",
    .huggingFaceGainOffset = kGainOffset,
    .huggingFaceRules = kPostNormRules,
    .configure = configureGemma2,
};
const Family kGemma3Family = {
    .architecture = "gemma3",
    .ggufNames = "gemma3",
    .huggingFaceNames = "gemma3_text",
    .huggingFaceGainOffset = kGainOffset,
    .huggingFaceRules = kPostNormRules,
    .configure = configureGemma3,
};

} // namespace espresso
