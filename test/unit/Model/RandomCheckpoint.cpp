//===- RandomCheckpoint.cpp - Small models for tests ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomCheckpoint.h"

#include "espresso/Weights/WeightSources.h"

#include "gtest/gtest.h"

#include <cstring>

namespace espresso::test {

float UniformSource::next() {
  // xorshift32; 24 bits make a float exactly.
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return static_cast<float>(state >> 8) / (1 << 23) - 1.0f;
}

ModelConfig makeTinyConfig(int64_t numHeads, int64_t numKVHeads,
                           bool tiedHead) {
  ModelConfig config;
  config.name = "tiny";
  config.architecture = "llama";
  config.numLayers = 2;
  config.embeddingSize = 16;
  config.hiddenSize = 20;
  config.numHeads = numHeads;
  config.numKVHeads = numKVHeads;
  config.headSize = 4;
  config.vocabularySize = 17;
  config.contextLength = 18;
  config.tiedHead = tiedHead;
  return config;
}

Checkpoint makeRandomCheckpoint(const ModelConfig &config, uint32_t seed) {
  constexpr float kMatrixScale = 0.5f;
  constexpr float kNormSpread = 0.25f;
  Checkpoint checkpoint;
  checkpoint.config = config;
  checkpoint.path = "random";
  UniformSource random(seed);
  for (const ExpectedTensor &expected : getExpectedTensors(config)) {
    int64_t count = 1;
    for (int64_t dim : expected.shape)
      count *= dim;
    std::vector<uint8_t> bytes(count * sizeof(float));
    for (int64_t i = 0; i < count; ++i) {
      float value = isGain(expected.name) ? 1.0f + kNormSpread * random.next()
                                          : kMatrixScale * random.next();
      std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
    }
    checkpoint.tensors[expected.name] = {
        expected.shape,
        makeMemorySource(DataType::Float32, count, std::move(bytes)),
        expected.name};
  }
  return checkpoint;
}

std::vector<float> readTensor(const Checkpoint &checkpoint,
                              llvm::StringRef name) {
  const CheckpointTensor *tensor = checkpoint.findTensor(name);
  if (!tensor) {
    ADD_FAILURE() << "no tensor " << name.str();
    return {};
  }
  std::vector<uint8_t> bytes(tensor->source->getNumElements() * sizeof(float));
  DiagnosticEngine diagnostics;
  EXPECT_TRUE(succeeded(tensor->source->read(bytes, diagnostics)));
  std::vector<float> values(tensor->source->getNumElements());
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

} // namespace espresso::test
