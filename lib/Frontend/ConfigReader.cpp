//===- ConfigReader.cpp - Settings of checkpoints to configurations -------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteReader.h"
#include "ModelReader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

namespace espresso {

const Family *getFamily(ModelSource &source, const SettingKey &key,
                        llvm::StringRef name) {
  if (const Family *family = findFamily(source.getFormat(), name))
    return family;
  std::string shown = quoteUntrusted(name);
  source.emitError(key) << "unknown architecture " << shown
                        << "; known are: " << listFamilies(source.getFormat());
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// A number that may differ from layer to layer, but does not; zeros, which
/// stand for "no such thing in this layer", are passed over.
static int64_t readUniform(ModelSource &source, const SettingKey &key,
                           int64_t absent) {
  std::optional<std::vector<double>> values = source.findNumbers(key);
  if (!values)
    return absent;
  double common = 0;
  for (double value : *values) {
    if (value == 0 || value == common)
      continue;
    if (value != std::floor(value)) {
      source.emitError(key)
          << "expected integers, found " << llvm::formatv("{0}", value);
      return absent;
    }
    if (common != 0) {
      source.emitError(key) << "not supported yet: a number that differs "
                               "between layers";
      return absent;
    }
    common = value;
  }
  // Every use bounds its numbers far below this.
  constexpr double kMost = 0x1p62;
  return static_cast<int64_t>(std::clamp(common, -kMost, kMost));
}

static void readSizes(ModelSource &source, ModelConfig &config) {
  const SettingKey headsKey = {"attention.head_count",
                               "num_attention_heads|n_head"};
  config.numLayers =
      source.getInteger({"block_count", "num_hidden_layers|n_layer"});
  config.embeddingSize =
      source.getInteger({"embedding_length", "hidden_size|n_embd"});
  config.contextLength = source.getInteger(
      {"context_length", "max_position_embeddings|n_positions"});
  config.numHeads = source.getInteger(headsKey);
  config.numKVHeads =
      readUniform(source, {"attention.head_count_kv", "num_key_value_heads"},
                  config.numHeads);

  const SettingKey hiddenKey = {"feed_forward_length",
                                "intermediate_size|n_inner|block_ff_dim"};
  bool isGpt2 = source.has({"", "n_embd"});
  config.hiddenSize = readUniform(source, hiddenKey, isGpt2 ? 0 : -1);
  if (config.hiddenSize == -1)
    config.hiddenSize = source.getInteger(hiddenKey); // says what is missing
  constexpr int64_t kUsualExpansion = 4;
  if (isGpt2 && config.hiddenSize == 0 && config.embeddingSize <= kMaxExtent)
    config.hiddenSize = kUsualExpansion * config.embeddingSize;

  if (std::optional<int64_t> size =
          source.findInteger({"attention.key_length", "head_dim"})) {
    config.headSize = *size;
    return;
  }
  if (config.numHeads == 0)
    return; // verifyConfig() says so
  if (config.embeddingSize % config.numHeads != 0)
    source.emitError(headsKey)
        << "expected a number of heads that divides the embedding size "
        << config.embeddingSize << ", found " << config.numHeads;
  config.headSize = config.embeddingSize / config.numHeads;
}

//===----------------------------------------------------------------------===//
// What the tensors say
//===----------------------------------------------------------------------===//

static void readPresence(ModelSource &source, const TensorFinder &finder,
                         ModelConfig &config) {
  int64_t layers = std::clamp<int64_t>(config.numLayers, 0, kMaxLayers);
  auto hasKind = [&](llvm::StringRef kind) {
    return finder.findInAnyLayer(kind, layers).has_value();
  };
  config.hasQkvBias = hasKind("bq");
  config.hasOutputBias = hasKind("bo");
  config.hasFfnBias = hasKind("b2");
  config.hasHeadBias = finder.find("lm_head_b").has_value();
  config.tiedHead = !finder.find("lm_head") ||
                    source.findBool({"", "tie_word_embeddings|tie_embedding"})
                        .value_or(false);
  if (std::optional<TensorUse> norm = finder.findInAnyLayer("q_norm", layers)) {
    bool isHead = norm->tensor->shape.size() == 1 &&
                  norm->tensor->shape[0] == config.headSize;
    config.queryKeyNorm = isHead ? QueryKeyNorm::Head : QueryKeyNorm::Full;
  }
}

//===----------------------------------------------------------------------===//
// The rest
//===----------------------------------------------------------------------===//

static void readActivation(ModelSource &source, ModelConfig &config) {
  const SettingKey key = {"", "hidden_act|activation_function"};
  std::optional<std::string> name = source.findString(key);
  if (!name || *name == "silu" || *name == "swish")
    return;
  if (*name == "gelu_new" || *name == "gelu_pytorch_tanh")
    config.activation = Activation::GeluTanh;
  else if (*name == "gelu")
    config.activation = Activation::Gelu;
  else if (*name == "relu")
    config.activation = Activation::Relu;
  else
    source.emitError(key) << "not supported: an activation "
                          << quoteUntrusted(*name);
}

/// The kinds of layers by name, where `config.json` lists them.
static void readLayerTypes(ModelSource &source, ModelConfig &config) {
  const SettingKey key = {"", "layer_types"};
  std::optional<std::vector<std::string>> types = source.findStrings(key);
  if (!types)
    return;
  // A list for a window that is switched off.
  std::optional<int64_t> window = source.findInteger({"", "sliding_window"});
  config.layers.resize(std::min<size_t>(types->size(), kMaxLayers));
  for (size_t i = 0; i < config.layers.size(); ++i) {
    llvm::StringRef type = (*types)[i];
    if (type == "conv") {
      config.layers[i].kind = LayerConfig::Kind::Convolution;
    } else if (type == "sliding_attention") {
      config.layers[i].isSliding = window.has_value();
      config.slidingWindow = window.value_or(0);
    } else if (type != "full_attention") {
      source.emitError(key)
          << "not supported: a layer of type " << quoteUntrusted(type);
      return;
    }
  }
}

static void readEpsilon(ModelSource &source, ModelConfig &config) {
  const SettingKey rms = {"attention.layer_norm_rms_epsilon",
                          "rms_norm_eps|norm_eps|layer_norm_eps|"
                          "layer_norm_epsilon"};
  const SettingKey layer = {"attention.layer_norm_epsilon", rms.huggingFace};
  const SettingKey &key = config.norm == NormKind::Rms ? rms : layer;
  if (std::optional<double> epsilon = source.findReal(key))
    config.normEpsilon = *epsilon;
  else if (!source.has(key))
    source.getInteger(key); // says what is missing
}

/// What would change the result and is built for no family.
static void refuseVariants(ModelSource &source, const ModelConfig &config) {
  const SettingKey valueSize = {"attention.value_length", "v_head_dim"};
  std::optional<int64_t> size = source.findInteger(valueSize);
  if (size && *size != config.headSize)
    source.emitError(valueSize)
        << "not supported yet: value heads of another size than the "
        << config.headSize << " of key heads, found " << *size;
  const SettingKey causal = {"attention.causal", ""};
  if (!source.findBool(causal).value_or(true))
    source.emitError(causal) << "not supported: attention that is not causal";
}

ModelConfig readConfig(ModelSource &source, const Family &family) {
  TensorFinder finder(family, source);
  ModelConfig config;
  config.architecture = family.architecture.str();
  readSizes(source, config);
  readPresence(source, finder, config);
  readActivation(source, config);
  readLayerTypes(source, config);
  bool hasLayerTypes = !config.layers.empty();
  std::vector<LayerConfig> layers = config.layers;
  readRotary(source, config);
  if (family.configure)
    family.configure(source, config);
  // The list is more precise than the pattern a family assumes.
  if (hasLayerTypes)
    for (size_t i = 0; i < std::min(layers.size(), config.layers.size()); ++i) {
      config.layers[i].kind = layers[i].kind;
      config.layers[i].isSliding = layers[i].isSliding;
    }
  readEpsilon(source, config);
  refuseVariants(source, config);
  if (config.hasPositionTable)
    config.rotarySize = 0;
  return config;
}

} // namespace espresso
