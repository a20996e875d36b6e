//===- ModelRegistryTest.cpp - Tests of models known by name --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelRegistry.h"
#include "espresso/Model/ModelBuilder.h"

#include "gtest/gtest.h"

#include <set>

using namespace espresso;

// Every registered model has possible numbers, a name of its own however it is
// spelt, and a program.
TEST(ModelRegistryTest, EveryModelCanBeBuilt) {
  std::set<std::string> names;
  for (const ModelConfig &config : getRegisteredConfigs()) {
    SCOPED_TRACE(config.name);
    EXPECT_TRUE(names.insert(llvm::StringRef(config.name).lower()).second);
    Context context;
    EXPECT_TRUE(
        succeeded(verifyConfig(config, config.name, context.getDiagnostics())));
    Checkpoint checkpoint = makeSyntheticCheckpoint(config);
    BuildOptions options;
    options.contextLength = 64;
    options.prefillLength = 8;
    EXPECT_TRUE(
        buildModel(context, checkpoint, options, context.getDiagnostics()));
  }
}

// People spell names in their own ways.
TEST(ModelRegistryTest, SpellingDoesNotMatter) {
  for (const char *name : {"llama3_2_1b", "Llama-3.2-1B", "LLAMA3.2 1b"}) {
    std::optional<ModelConfig> config = findRegisteredConfig(name);
    ASSERT_TRUE(config) << name;
    EXPECT_EQ(config->name, "llama3_2_1b");
  }
  EXPECT_FALSE(findRegisteredConfig("llama3_2_2b"));
  EXPECT_FALSE(findRegisteredConfig(""));
  EXPECT_EQ(suggestRegisteredConfig("llama3_2_2b"), "llama3_2_1b");
  EXPECT_EQ(suggestRegisteredConfig("bert"), "");
}

// The number of weights is the published one.
TEST(ModelRegistryTest, SizesAreTheModels) {
  const std::pair<const char *, uint64_t> sizes[] = {
      {"stories110m", 109529856},     {"smolLM_135m", 134515008},
      {"tinyLlama_1_1b", 1100048384}, {"llama3_2_1b", 1235814400},
      {"llama3_2_3b", 3212749824},    {"llama2_7b", 6738415616},
      {"mistral_7b", 7241732096},     {"llama3_1_8b", 8030261248},
      {"mixtral_8x7b", 46702792704},  {"gpt2_124m", 124439808},
      {"gpt2_355m", 354823168},       {"qwen2_5_0_5b", 494032768},
      {"qwen2_5_1_5b", 1543714304},   {"qwen3_0_6b", 596049920},
      {"qwen3_1_7b", 1720574976},     {"qwen3_4b", 4022468096},
      {"gemma_2b", 2506172416},       {"gemma2_2b", 2614341888},
      {"gemma3_270m", 268098176},     {"gemma3_1b", 999885952},
      {"smolLM2_360m", 361821120},    {"smolLM2_1_7b", 1711376384},
      {"smolLM3_3b", 3075098624},     {"phi3_mini", 3821079552},
      {"olmo2_1b", 1484916736},       {"stableLM2_1_6b", 1644515328},
      {"granite3_1_2b", 2533531648},  {"lfm2_350m", 354483968},
      {"lfm2_1_2b", 1170340608},
  };
  for (auto [name, size] : sizes)
    EXPECT_EQ(
        makeSyntheticCheckpoint(*findRegisteredConfig(name)).getNumParameters(),
        size)
        << name;
}

// Equal names give equal weights, different tensors different ones.
TEST(ModelRegistryTest, SyntheticWeightsAreDeterministic) {
  ModelConfig config = *findRegisteredConfig("stories15m");
  Checkpoint one = makeSyntheticCheckpoint(config);
  Checkpoint two = makeSyntheticCheckpoint(config);
  auto read = [](const Checkpoint &checkpoint, const char *name) {
    DiagnosticEngine diagnostics;
    std::vector<uint8_t> bytes(64);
    EXPECT_TRUE(succeeded(checkpoint.findTensor(name)->source->readRange(
        100, 32, bytes, diagnostics)));
    return bytes;
  };
  EXPECT_EQ(read(one, "layers.0.wq"), read(two, "layers.0.wq"));
  EXPECT_NE(read(one, "layers.0.wq"), read(one, "layers.1.wq"));
  EXPECT_NE(read(one, "layers.0.wq"), read(one, "layers.0.wk"));
}
