//===- Qwen.cpp - Qwen 2 and 3 --------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// A window is used only if `use_sliding_window` says so, and then by the
/// layers from `max_window_layers` on.
static void readWindow(ModelSource &source, ModelConfig &config) {
  if (!source.findBool({"", "use_sliding_window"}).value_or(false))
    return;
  std::optional<int64_t> window = source.findInteger({"", "sliding_window"});
  int64_t first = source.findInteger({"", "max_window_layers"}).value_or(0);
  if (!window)
    return;
  setSlidingPattern(config, *window, /*period=*/1);
  for (size_t i = 0; i < config.layers.size(); ++i)
    config.layers[i].isSliding = static_cast<int64_t>(i) >= first;
}

/// Layers without experts, which only `config.json` can name.
static void readDenseLayers(ModelSource &source, ModelConfig &config) {
  int64_t step = source.findInteger({"", "decoder_sparse_step"}).value_or(1);
  std::vector<double> dense = source.findNumbers({"", "mlp_only_layers"})
                                  .value_or(std::vector<double>());
  for (size_t i = 0; i < config.layers.size(); ++i) {
    bool isDense = llvm::is_contained(dense, static_cast<double>(i)) ||
                   step <= 0 || static_cast<int64_t>(i + 1) % step != 0;
    config.layers[i].hasExperts = !isDense;
  }
}

static void configureExperts(ModelSource &source, ModelConfig &config) {
  readWindow(source, config);
  readExperts(source, config);
  if (source.getFormat() == SourceFormat::HuggingFace)
    readDenseLayers(source, config);
}

/// The weights of Qwen 2's experts are not made to sum to 1 unless the file
/// says so, and one expert always takes part.
static void configureQwen2Moe(ModelSource &source, ModelConfig &config) {
  config.normalizesExperts = false;
  configureExperts(source, config);
  config.sharedExpertHiddenSize =
      source
          .findInteger({"expert_shared_feed_forward_length",
                        "shared_expert_intermediate_size"})
          .value_or(0);
  config.hasSharedExpertGate = config.sharedExpertHiddenSize != 0;
}

/// GGUF does not say it; all of these models normalise.
static void configureQwen3Moe(ModelSource &source, ModelConfig &config) {
  config.normalizesExperts = source.getFormat() == SourceFormat::Gguf;
  configureExperts(source, config);
}

const Family kQwen2Family = {
    .architecture = "qwen2",
    .ggufNames = "qwen2",
    .huggingFaceNames = "qwen2",
    .configure = readWindow,
};
const Family kQwen3Family = {
    .architecture = "qwen3",
    .ggufNames = "qwen3",
    .huggingFaceNames = "qwen3",
    .configure = readWindow,
};
const Family kQwen2MoeFamily = {
    .architecture = "qwen2moe",
    .ggufNames = "qwen2moe",
    .huggingFaceNames = "qwen2_moe",
    .configure = configureQwen2Moe,
};
const Family kQwen3MoeFamily = {
    .architecture = "qwen3moe",
    .ggufNames = "qwen3moe",
    .huggingFaceNames = "qwen3_moe",
    .configure = configureQwen3Moe,
};

} // namespace espresso
