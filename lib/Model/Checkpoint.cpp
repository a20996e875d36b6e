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

std::vector<ExpectedTensor> getExpectedTensors(const ModelConfig &config) {
  int64_t d = config.embeddingSize, f = config.hiddenSize;
  int64_t v = config.vocabularySize;
  int64_t q = config.getQuerySize(), kv = config.getKeyValueSize();
  std::vector<ExpectedTensor> expected = {{"embedding", {v, d}},
                                          {"rms_final", {d}}};
  if (!config.tiedHead)
    expected.push_back({"lm_head", {v, d}});
  const ExpectedTensor ofLayer[] = {
      {"rms_att", {d}}, {"wq", {q, d}}, {"wk", {kv, d}},
      {"wv", {kv, d}},  {"wo", {d, q}}, {"rms_ffn", {d}},
      {"w1", {f, d}},   {"w2", {d, f}}, {"w3", {f, d}},
  };
  for (int64_t layer = 0; layer < config.numLayers; ++layer)
    for (const ExpectedTensor &tensor : ofLayer)
      expected.push_back(
          {getLayerTensorName(layer, tensor.name), tensor.shape});
  return expected;
}

std::string formatShape(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace espresso
