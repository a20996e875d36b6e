//===- Checkpoint.cpp - A trained model, as read from its files -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/Checkpoint.h"

#include "llvm/ADT/Twine.h"

namespace espresso {

const CheckpointTensor *Checkpoint::findTensor(llvm::StringRef name) const {
  auto found = tensors.find(name.str());
  return found == tensors.end() ? nullptr : &found->second;
}

uint64_t Checkpoint::getNumParameters() const {
  uint64_t count = 0;
  for (const auto &[name, tensor] : tensors)
    count += static_cast<uint64_t>(tensor.source->getNumElements());
  return count;
}

std::string getLayerTensorName(int64_t layer, llvm::StringRef kind) {
  return ("layers." + llvm::Twine(layer) + "." + kind).str();
}

//===----------------------------------------------------------------------===//
// The canonical list
//===----------------------------------------------------------------------===//

namespace {

/// Collects the tensors of one configuration.
class TensorList {
public:
  explicit TensorList(const ModelConfig &config) : config(config) {}

  std::vector<ExpectedTensor> build() &&;

private:
  using Shape = llvm::SmallVector<int64_t, 2>;

  void add(const llvm::Twine &name, Shape shape) {
    tensors.push_back({(prefix + name).str(), std::move(shape)});
  }
  void addIf(bool condition, const llvm::Twine &name, Shape shape) {
    if (condition)
      add(name, std::move(shape));
  }
  void addNorm(llvm::StringRef place, llvm::StringRef suffix = "");
  void addAttention();
  void addConvolution();
  void addNetwork(const llvm::Twine &name, int64_t hiddenSize);
  void addExperts();
  void addLayer(int64_t index);

  const ModelConfig &config;
  std::string prefix;
  std::vector<ExpectedTensor> tensors;
};

} // namespace

void TensorList::addNorm(llvm::StringRef place, llvm::StringRef suffix) {
  int64_t d = config.embeddingSize;
  if (config.norm == NormKind::Rms) {
    add("rms_" + place + suffix, {d});
    return;
  }
  add("ln_" + place + suffix + "_gamma", {d});
  add("ln_" + place + suffix + "_beta", {d});
}

void TensorList::addAttention() {
  int64_t d = config.embeddingSize;
  int64_t q = config.getQuerySize(), kv = config.getKeyValueSize();
  add("wq", {q, d});
  add("wk", {kv, d});
  add("wv", {kv, d});
  add("wo", {d, q});
  addIf(config.hasQkvBias, "bq", {q});
  addIf(config.hasQkvBias, "bk", {kv});
  addIf(config.hasQkvBias, "bv", {kv});
  addIf(config.hasOutputBias, "bo", {d});
  if (config.queryKeyNorm == QueryKeyNorm::None)
    return;
  bool isFull = config.queryKeyNorm == QueryKeyNorm::Full;
  add("q_norm", {isFull ? q : config.headSize});
  add("k_norm", {isFull ? kv : config.headSize});
}

void TensorList::addConvolution() {
  int64_t d = config.embeddingSize;
  add("conv_in", {3 * d, d});
  add("conv", {d, config.convolutionSize});
  add("conv_out", {d, d});
}

/// The matrices of a feed-forward network; `name` ends with a dot or is empty.
void TensorList::addNetwork(const llvm::Twine &name, int64_t hiddenSize) {
  int64_t d = config.embeddingSize;
  std::string start = name.str();
  add(start + "w1", {hiddenSize, d});
  add(start + "w2", {d, hiddenSize});
  addIf(config.isGated, start + "w3", {hiddenSize, d});
}

void TensorList::addExperts() {
  add("router", {config.numExperts, config.embeddingSize});
  for (int64_t expert = 0; expert < config.numExperts; ++expert)
    addNetwork("experts." + llvm::Twine(expert) + ".", config.expertHiddenSize);
  if (config.sharedExpertHiddenSize == 0)
    return;
  addNetwork("shared.", config.sharedExpertHiddenSize);
  addIf(config.hasSharedExpertGate, "shared_gate", {1, config.embeddingSize});
}

void TensorList::addLayer(int64_t index) {
  prefix = getLayerTensorName(index, "");
  LayerConfig layer = config.getLayer(index);
  if (config.hasPreNorms)
    addNorm("att");
  if (layer.kind == LayerConfig::Kind::Convolution)
    addConvolution();
  else
    addAttention();
  if (config.hasPostNorms)
    addNorm("att", "_post");
  if (config.hasPreNorms && config.hasFfnNorm)
    addNorm("ffn");
  if (layer.hasExperts) {
    addExperts();
  } else {
    addNetwork("", config.hiddenSize);
    addIf(config.hasFfnBias, "b1", {config.hiddenSize});
    addIf(config.hasFfnBias, "b2", {config.embeddingSize});
    addIf(config.hasFfnBias && config.isGated, "b3", {config.hiddenSize});
  }
  if (config.hasPostNorms)
    addNorm("ffn", "_post");
}

std::vector<ExpectedTensor> TensorList::build() && {
  int64_t d = config.embeddingSize, v = config.vocabularySize;
  add("embedding", {v, d});
  addIf(config.hasPositionTable, "positions", {config.contextLength, d});
  addNorm("final");
  addIf(!config.tiedHead, "lm_head", {v, d});
  addIf(config.hasHeadBias, "lm_head_b", {v});
  for (int64_t layer = 0; layer < config.numLayers; ++layer)
    addLayer(layer);
  return std::move(tensors);
}

std::vector<ExpectedTensor> getExpectedTensors(const ModelConfig &config) {
  return TensorList(config).build();
}

bool isGain(llvm::StringRef name) {
  llvm::StringRef kind = name.substr(name.rfind('.') + 1);
  return kind.starts_with("rms_") || kind.ends_with("_gamma") ||
         kind.ends_with("_norm");
}

std::string formatShape(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace espresso
