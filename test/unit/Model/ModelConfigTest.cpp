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
