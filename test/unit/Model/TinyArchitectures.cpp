//===- TinyArchitectures.cpp - A small model of every family --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TinyArchitectures.h"

#include "RandomCheckpoint.h"

#include <functional>

namespace espresso::test {

namespace {

/// Adds configurations, each a change of the tiny Llama.
class Family {
public:
  explicit Family(std::vector<ModelConfig> &configs) : configs(configs) {}

  void add(const char *architecture, const char *name,
           const std::function<void(ModelConfig &)> &change) {
    ModelConfig config = makeTinyConfig();
    config.architecture = architecture;
    config.name = name;
    config.contextLength = kTinyContext;
    change(config);
    configs.push_back(std::move(config));
  }

private:
  std::vector<ModelConfig> &configs;
};

} // namespace

/// All layers have a window of `size`, but every `period`-th, if there is one.
static void setWindows(ModelConfig &config, int64_t size, int64_t period = 0) {
  config.slidingWindow = size;
  config.layers.resize(config.numLayers);
  for (int64_t i = 0; i < config.numLayers; ++i)
    config.layers[i].isSliding = period == 0 || (i + 1) % period != 0;
}

static void setExperts(ModelConfig &config, int64_t count, int64_t used) {
  config.numExperts = count;
  config.numExpertsUsed = used;
  config.expertHiddenSize = 12;
  config.layers.resize(config.numLayers);
  for (LayerConfig &layer : config.layers)
    layer.hasExperts = true;
}

/// Eight elements in a head: four pairs for the ramps of scaled rotations.
static void setScaling(ModelConfig &config, RopeScalingKind kind,
                       int64_t originalContext) {
  config.headSize = 8;
  config.ropeTheta = 100;
  config.ropeScaling.kind = kind;
  config.ropeScaling.factor = 4;
  config.ropeScaling.originalContextLength = originalContext;
}

static void addLlamas(Family family) {
  family.add("llama", "llama", [](ModelConfig &) {});
  family.add("llama", "llama3", [](ModelConfig &c) {
    setScaling(c, RopeScalingKind::Llama3, 12);
    c.ropeScaling.lowFrequencyFactor = 0.5;
    c.ropeScaling.highFrequencyFactor = 1.5;
  });
  family.add("llama", "llama_linear",
             [](ModelConfig &c) { setScaling(c, RopeScalingKind::Linear, 0); });
  family.add("llama", "llama_dynamic", [](ModelConfig &c) {
    setScaling(c, RopeScalingKind::Dynamic, 12);
  });
  family.add("llama", "llama_yarn", [](ModelConfig &c) {
    setScaling(c, RopeScalingKind::Yarn, 12);
    c.ropeScaling.betaFast = 1.5;
    c.ropeScaling.betaSlow = 0.25;
  });
  family.add("llama", "llama_factors", [](ModelConfig &c) {
    c.ropeScaling.longFactors = {1, 3.5};
  });
  family.add("llama", "llama_biases", [](ModelConfig &c) {
    c.hasQkvBias = c.hasOutputBias = c.hasFfnBias = true;
    c.rotarySize = 2;
  });
  family.add("llama", "mistral", [](ModelConfig &c) { setWindows(c, 3); });
  family.add("llama", "mixtral", [](ModelConfig &c) { setExperts(c, 4, 2); });
  family.add("smollm3", "smollm3", [](ModelConfig &c) {
    c.layers.resize(c.numLayers);
    c.layers[1].hasRope = false;
  });
}

static void addQwens(Family family) {
  family.add("qwen2", "qwen2", [](ModelConfig &c) { c.hasQkvBias = true; });
  family.add("qwen2moe", "qwen2moe", [](ModelConfig &c) {
    c.hasQkvBias = true;
    setExperts(c, 5, 3);
    c.normalizesExperts = false;
    c.sharedExpertHiddenSize = 10;
    c.hasSharedExpertGate = true;
  });
  family.add("qwen3", "qwen3", [](ModelConfig &c) {
    c.queryKeyNorm = QueryKeyNorm::Head;
    c.headSize = 8;
  });
  family.add("qwen3moe", "qwen3moe", [](ModelConfig &c) {
    c.queryKeyNorm = QueryKeyNorm::Head;
    setExperts(c, 3, 2);
    c.layers[0].hasExperts = false;
  });
}

static void addGemmas(Family family) {
  family.add("gemma", "gemma", [](ModelConfig &c) {
    c.activation = Activation::GeluTanh;
    c.embeddingScale = 4;
    c.numKVHeads = 1;
    c.headSize = 8;
  });
  family.add("gemma2", "gemma2", [](ModelConfig &c) {
    c.activation = Activation::GeluTanh;
    c.embeddingScale = 4;
    c.hasPostNorms = true;
    c.attentionSoftCap = 0.75;
    c.logitSoftCap = 1.5;
    c.attentionScale = 0.4375;
    setWindows(c, 3, 2);
  });
  family.add("gemma3", "gemma3", [](ModelConfig &c) {
    c.numLayers = 4;
    c.activation = Activation::GeluTanh;
    c.embeddingScale = 4;
    c.hasPostNorms = true;
    c.queryKeyNorm = QueryKeyNorm::Head;
    c.localRopeTheta = 50;
    c.ropeScaling.kind = RopeScalingKind::Linear;
    c.ropeScaling.factor = 8;
    setWindows(c, 4, 3);
  });
}

static void addOthers(Family family) {
  family.add("phi3", "phi3_long", [](ModelConfig &c) {
    c.ropeScaling.kind = RopeScalingKind::LongRope;
    c.ropeScaling.originalContextLength = 10;
    c.ropeScaling.shortFactors = {1, 1.25};
    c.ropeScaling.longFactors = {1.5, 4};
    setWindows(c, 6);
  });
  family.add("phi3", "phi3_short", [](ModelConfig &c) {
    c.ropeScaling.kind = RopeScalingKind::LongRope;
    c.contextLength = 64;
    c.ropeScaling.originalContextLength = 32;
    c.ropeScaling.shortFactors = {1.25};
    c.ropeScaling.longFactors = {4};
    c.rotarySize = 2;
  });
  family.add("gpt2", "gpt2", [](ModelConfig &c) {
    c.norm = NormKind::Layer;
    c.hasPositionTable = true;
    c.isGated = false;
    c.activation = Activation::GeluTanh;
    c.hasQkvBias = c.hasOutputBias = c.hasFfnBias = true;
    c.numKVHeads = c.numHeads;
  });
  family.add("olmo2", "olmo2", [](ModelConfig &c) {
    c.hasPreNorms = false;
    c.hasPostNorms = true;
    c.queryKeyNorm = QueryKeyNorm::Full;
    c.tiedHead = false;
  });
  family.add("stablelm", "stablelm", [](ModelConfig &c) {
    c.norm = NormKind::Layer;
    c.hasQkvBias = true;
    c.headSize = 8;
    c.rotarySize = 2;
  });
  family.add("stablelm", "stablelm_parallel", [](ModelConfig &c) {
    c.norm = NormKind::Layer;
    c.isParallel = true;
    c.hasFfnNorm = false;
    c.rotarySize = 2;
  });
  family.add("granite", "granite", [](ModelConfig &c) {
    c.embeddingScale = 3;
    c.residualScale = 0.375;
    c.attentionScale = 0.125;
    c.logitScale = 0.25;
  });
  family.add("lfm2", "lfm2", [](ModelConfig &c) {
    c.numLayers = 4;
    c.queryKeyNorm = QueryKeyNorm::Head;
    c.convolutionSize = 3;
    c.layers.resize(4, {.kind = LayerConfig::Kind::Convolution});
    c.layers[2] = LayerConfig();
  });
}

std::vector<ModelConfig> getTinyArchitectures() {
  std::vector<ModelConfig> configs;
  addLlamas(Family(configs));
  addQwens(Family(configs));
  addGemmas(Family(configs));
  addOthers(Family(configs));
  return configs;
}

} // namespace espresso::test
