//===- ModelConfigTest.cpp - Tests of model configurations ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelConfig.h"
#include "espresso/Model/Checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

using namespace espresso;

static ModelConfig makeConfig() {
  ModelConfig config;
  config.name = "tiny";
  config.architecture = "llama";
  config.numLayers = 2;
  config.embeddingSize = 12;
  config.hiddenSize = 20;
  config.numHeads = 4;
  config.numKVHeads = 2;
  config.headSize = 4;
  config.vocabularySize = 32;
  config.contextLength = 16;
  config.bosId = 1;
  config.stopIds = {1, 2};
  return config;
}

/// The messages of verifyConfig after `change`.
static std::vector<std::string>
verifyAfter(const std::function<void(ModelConfig &)> &change) {
  DiagnosticEngine diagnostics;
  std::vector<std::string> messages;
  diagnostics.setHandler([&](const Diagnostic &diagnostic) {
    EXPECT_EQ(diagnostic.subject, "model");
    messages.push_back(diagnostic.message);
  });
  ModelConfig config = makeConfig();
  change(config);
  LogicalResult result = verifyConfig(config, "model", diagnostics);
  EXPECT_EQ(succeeded(result), messages.empty());
  return messages;
}

TEST(ModelConfigTest, AcceptsAnOrdinaryModel) {
  EXPECT_TRUE(verifyAfter([](ModelConfig &) {}).empty());
}

TEST(ModelConfigTest, RefusesImpossibleNumbers) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const std::pair<std::function<void(ModelConfig &)>, std::string> cases[] = {
      {[](auto &c) { c.numLayers = kMaxLayers + 1; }, "layers"},
      {[](auto &c) { c.numHeads = 0; }, "query heads"},
      {[](auto &c) { c.contextLength = kMaxExtent + 1; }, "context length"},
      {[](auto &c) { c.vocabularySize = -1; }, "vocabulary size"},
      {[](auto &c) { c.numKVHeads = 3; }, "divides the 4 query heads"},
      {[](auto &c) { c.headSize = 3; }, "an even head size"},
      {[](auto &c) { c.headSize = kMaxExtent; }, "heads times head size"},
      {[](auto &c) { c.normEpsilon = kNaN; }, "norm epsilon"},
      {[](auto &c) { c.normEpsilon = 1; }, "norm epsilon"},
      {[](auto &c) { c.ropeTheta = 0; }, "rotary base"},
      {[](auto &c) { c.ropeTheta = HUGE_VAL; }, "rotary base"},
      {[](auto &c) { c.bosId = 32; }, "beginning-of-text"},
      {[](auto &c) {
         c.stopIds = {2, 40};
       },
       "end-of-text"},
      {[](auto &c) { c.rotarySize = 3; }, "an even head size"},
      {[](auto &c) { c.rotarySize = 6; }, "rotary size"},
      {[](auto &c) { c.slidingWindow = -1; }, "sliding window"},
      {[](auto &c) { c.numExperts = kMaxExperts; }, "experts"},
      {[](auto &c) { c.numExpertsUsed = 1; }, "experts used"},
      {[](auto &c) {
         c.numExperts = 4;
         c.expertHiddenSize = 4;
       },
       "how many of the 4 experts"},
      {[](auto &c) { c.attentionScale = 0; }, "attention scale"},
      {[](auto &c) { c.attentionSoftCap = -1; }, "attention soft cap"},
      {[](auto &c) { c.logitScale = kNaN; }, "logit scale"},
      {[](auto &c) { c.localRopeTheta = -1; }, "base of sliding layers"},
      {[](auto &c) { c.ropeScaling.factor = 0; }, "positive factors"},
      {[](auto &c) {
         c.ropeScaling.kind = RopeScalingKind::Llama3;
         c.ropeScaling.lowFrequencyFactor = 4;
       },
       "below the high one"},
      {[](auto &c) { c.ropeScaling.kind = RopeScalingKind::LongRope; },
       "each of the 2 rotary pairs"},
      {[](auto &c) {
         c.ropeScaling.longFactors = {1, -1};
       },
       "factors of frequencies"},
      {[](auto &c) { c.layers.resize(1); }, "kinds of 2 layers"},
      {[](auto &c) { c.layers.resize(2, {.isSliding = true}); },
       "size of the sliding window"},
      {[](auto &c) { c.layers.resize(2, {.hasExperts = true}); },
       "number of experts"},
      {[](auto &c) {
         c.layers.resize(2, {.kind = LayerConfig::Kind::Convolution});
       },
       "size of the convolution"},
  };
  for (const auto &[change, words] : cases) {
    std::vector<std::string> messages = verifyAfter(change);
    ASSERT_EQ(messages.size(), 1u) << words;
    EXPECT_NE(messages[0].find(words), std::string::npos) << messages[0];
  }
}

TEST(ModelConfigTest, ReportsEveryOffence) {
  std::vector<std::string> messages = verifyAfter([](ModelConfig &config) {
    config.numLayers = 0;
    config.hiddenSize = -5;
  });
  EXPECT_EQ(messages.size(), 2u);
}

TEST(CheckpointTest, ExpectsTheTensorsOfEveryLayer) {
  ModelConfig config = makeConfig();
  std::map<std::string, std::string> shapes;
  for (const ExpectedTensor &tensor : getExpectedTensors(config))
    shapes[tensor.name] = formatShape(tensor.shape);
  EXPECT_EQ(shapes.size(), 3u + 2 * 9);
  EXPECT_EQ(shapes["embedding"], "[32, 12]");
  EXPECT_EQ(shapes["lm_head"], "[32, 12]");
  EXPECT_EQ(shapes["layers.1.wq"], "[16, 12]");
  EXPECT_EQ(shapes["layers.1.wk"], "[8, 12]");
  EXPECT_EQ(shapes["layers.0.wo"], "[12, 16]");
  EXPECT_EQ(shapes["layers.0.w2"], "[12, 20]");
  EXPECT_EQ(shapes["rms_final"], "[12]");

  config.tiedHead = true;
  for (const ExpectedTensor &tensor : getExpectedTensors(config))
    EXPECT_NE(tensor.name, "lm_head");
}

static std::map<std::string, std::string>
getShapes(const std::function<void(ModelConfig &)> &change) {
  ModelConfig config = makeConfig();
  change(config);
  std::map<std::string, std::string> shapes;
  for (const ExpectedTensor &tensor : getExpectedTensors(config))
    shapes[tensor.name] = formatShape(tensor.shape);
  return shapes;
}

TEST(CheckpointTest, ExpectsWhatGpt2Has) {
  auto shapes = getShapes([](ModelConfig &config) {
    config.norm = NormKind::Layer;
    config.hasPositionTable = true;
    config.hasQkvBias = config.hasOutputBias = config.hasFfnBias = true;
    config.isGated = false;
  });
  EXPECT_EQ(shapes.size(), 5u + 2 * 16);
  EXPECT_EQ(shapes["positions"], "[16, 12]");
  EXPECT_EQ(shapes["ln_final_beta"], "[12]");
  EXPECT_EQ(shapes["layers.1.ln_att_gamma"], "[12]");
  EXPECT_EQ(shapes["layers.1.bk"], "[8]");
  EXPECT_EQ(shapes["layers.1.b1"], "[20]");
  EXPECT_EQ(shapes["layers.1.b2"], "[12]");
  EXPECT_EQ(shapes.count("layers.1.w3"), 0u);
}

TEST(CheckpointTest, ExpectsExpertsNormsAndConvolutionsWhereTheyAre) {
  auto shapes = getShapes([](ModelConfig &config) {
    config.numExperts = 3;
    config.numExpertsUsed = 2;
    config.expertHiddenSize = 7;
    config.sharedExpertHiddenSize = 5;
    config.queryKeyNorm = QueryKeyNorm::Full;
    config.hasPreNorms = false;
    config.hasPostNorms = true;
    config.convolutionSize = 3;
    config.layers = {{.kind = LayerConfig::Kind::Convolution},
                     {.hasExperts = true}};
  });
  EXPECT_EQ(shapes["layers.0.conv_in"], "[36, 12]");
  EXPECT_EQ(shapes["layers.0.conv"], "[12, 3]");
  EXPECT_EQ(shapes.count("layers.0.wq"), 0u);
  EXPECT_EQ(shapes["layers.0.w1"], "[20, 12]");
  EXPECT_EQ(shapes["layers.1.router"], "[3, 12]");
  EXPECT_EQ(shapes["layers.1.experts.2.w2"], "[12, 7]");
  EXPECT_EQ(shapes["layers.1.shared.w3"], "[5, 12]");
  EXPECT_EQ(shapes.count("layers.1.w1"), 0u);
  EXPECT_EQ(shapes["layers.1.k_norm"], "[8]");
  EXPECT_EQ(shapes["layers.1.rms_ffn_post"], "[12]");
  EXPECT_EQ(shapes.count("layers.1.rms_ffn"), 0u);
}

TEST(ModelConfigTest, NamesWhatGoesBeyondLlama) {
  ModelConfig config = makeConfig();
  EXPECT_TRUE(getFeatures(config).empty());
  config.rotarySize = config.headSize;
  EXPECT_TRUE(getFeatures(config).empty());
  config.rotarySize = 2;
  config.logitScale = 0.5;
  config.slidingWindow = 4; // no layer uses it
  config.layers.resize(2);
  config.layers[1].hasRope = false;
  std::vector<ModelFeature> expected = {ModelFeature::PartialRotary,
                                        ModelFeature::LayersWithoutRope,
                                        ModelFeature::Multipliers};
  EXPECT_EQ(getFeatures(config), expected);
  for (unsigned i = 0; i <= static_cast<unsigned>(ModelFeature::HeadBias); ++i)
    EXPECT_FALSE(getName(static_cast<ModelFeature>(i)).empty());
}
