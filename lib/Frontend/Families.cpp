//===- Families.cpp - What families of models are called in files ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace espresso {

static const Family *const kFamilies[] = {
    &kLlamaFamily,    &kQwen2Family, &kQwen3Family,   &kQwen2MoeFamily,
    &kQwen3MoeFamily, &kGemmaFamily, &kGemma2Family,  &kGemma3Family,
    &kPhi3Family,     &kGpt2Family,  &kOlmo2Family,   &kStableLmFamily,
    &kGraniteFamily,  &kLfm2Family,  &kSmolLm3Family,
};

static llvm::SmallVector<llvm::StringRef> getNames(const Family &family,
                                                   SourceFormat format) {
  llvm::SmallVector<llvm::StringRef> names;
  llvm::SplitString(format == SourceFormat::Gguf ? family.ggufNames
                                                 : family.huggingFaceNames,
                    names);
  return names;
}

const Family *findFamily(SourceFormat format, llvm::StringRef name) {
  for (const Family *family : kFamilies)
    if (llvm::is_contained(getNames(*family, format), name))
      return family;
  return nullptr;
}

std::string listFamilies(SourceFormat format) {
  llvm::SmallVector<llvm::StringRef> names;
  for (const Family *family : kFamilies)
    llvm::append_range(names, getNames(*family, format));
  llvm::sort(names);
  return llvm::join(names, ", ");
}

void setSlidingPattern(ModelConfig &config, int64_t window, int64_t period) {
  config.slidingWindow = window;
  config.layers.resize(std::clamp<int64_t>(config.numLayers, 0, kMaxLayers));
  for (size_t i = 0; i < config.layers.size(); ++i)
    config.layers[i].isSliding =
        period == 1 || static_cast<int64_t>(i + 1) % period != 0;
}

void readExperts(ModelSource &source, ModelConfig &config) {
  config.numExperts =
      source.findInteger({"expert_count", "num_local_experts|num_experts"})
          .value_or(0);
  if (config.numExperts == 0)
    return;
  config.numExpertsUsed =
      source.getInteger({"expert_used_count", "num_experts_per_tok"});
  config.expertHiddenSize =
      source
          .findInteger({"expert_feed_forward_length", "moe_intermediate_size"})
          .value_or(config.hiddenSize);
  config.normalizesExperts =
      source.findBool({"expert_weights_norm", "norm_topk_prob"})
          .value_or(config.normalizesExperts);
  config.layers.resize(std::clamp<int64_t>(config.numLayers, 0, kMaxLayers));
  for (LayerConfig &layer : config.layers)
    layer.hasExperts = true;
}

} // namespace espresso
