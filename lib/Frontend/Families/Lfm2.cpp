//===- Lfm2.cpp - LFM 2 ---------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

#include <algorithm>

namespace espresso {

static constexpr TensorRule kRules[] = {
    {"rms_final", "model.embedding_norm.weight"},
    {"rms_att", "model.layers.*.operator_norm.weight"},
    {"rms_ffn", "model.layers.*.ffn_norm.weight"},
    {"wo", "model.layers.*.self_attn.out_proj.weight"},
    {"q_norm", "model.layers.*.self_attn.q_layernorm.weight"},
    {"k_norm", "model.layers.*.self_attn.k_layernorm.weight"},
    {"w1", "model.layers.*.feed_forward.w1.weight"},
    {"w2", "model.layers.*.feed_forward.w2.weight"},
    {"w3", "model.layers.*.feed_forward.w3.weight"},
    {"conv_in", "model.layers.*.conv.in_proj.weight"},
    {"conv", "model.layers.*.conv.conv.weight"},
    {"conv_out", "model.layers.*.conv.out_proj.weight"},
};

/// The settings state a size that is then rounded by further settings; the
/// matrix has the result.
static void readHiddenSize(ModelSource &source, ModelConfig &config) {
  const SourceTensor *matrix =
      source.findTensor("model.layers.0.feed_forward.w1.weight");
  if (matrix && matrix->shape.size() == 2)
    config.hiddenSize = matrix->shape[0];
}

/// Attention layers are listed by number in `config.json`; in GGUF they are
/// those with key/value heads.
static void configure(ModelSource &source, ModelConfig &config) {
  config.convolutionSize =
      source.getInteger({"shortconv.l_cache", "conv_L_cache"});
  readHiddenSize(source, config);
  if (!config.layers.empty())
    return; // `layer_types` said it
  config.layers.resize(std::clamp<int64_t>(config.numLayers, 0, kMaxLayers),
                       {.kind = LayerConfig::Kind::Convolution});
  if (std::optional<std::vector<double>> heads =
          source.findNumbers({"attention.head_count_kv", ""}))
    for (size_t i = 0; i < std::min(heads->size(), config.layers.size()); ++i)
      if ((*heads)[i] != 0)
        config.layers[i] = LayerConfig();
  if (std::optional<std::vector<double>> indices =
          source.findNumbers({"", "full_attn_idxs"}))
    for (double index : *indices)
      if (index >= 0 && index < static_cast<double>(config.layers.size()))
        config.layers[static_cast<size_t>(index)] = LayerConfig();
}

const Family kLfm2Family = {
    .architecture = "lfm2",
    .ggufNames = "lfm2",
    .huggingFaceNames = "lfm2",
    .huggingFaceRules = kRules,
    .configure = configure,
};

} // namespace espresso
