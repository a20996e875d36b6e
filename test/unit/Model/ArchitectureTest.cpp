//===- ArchitectureTest.cpp - Every family against plain loops ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"
#include "NaiveDecoder.h"
#include "RandomCheckpoint.h"
#include "TinyArchitectures.h"

#include "espresso/Model/ModelBuilder.h"
#include "espresso/Ops/Verifier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <set>

using namespace espresso;
using namespace espresso::test;

namespace {

/// Between an evaluation in fp64 and plain loops over doubles: scalars and
/// frequencies are fp32 in the program.
constexpr double kTolerance = 1e-5;

const std::vector<int64_t> kIds = {1, 5, 16, 0, 9, 9, 3, 12, 7, 2, 11, 5};

class ArchitectureTest : public testing::TestWithParam<ModelConfig> {
protected:
  std::vector<std::vector<double>> run(const Checkpoint &checkpoint,
                                       int64_t prefillLength,
                                       int64_t promptLength) {
    auto program = buildModel(context, checkpoint,
                              {.dataType = DataType::Float32,
                               .contextLength = kTinyContext,
                               .prefillLength = prefillLength},
                              context.getDiagnostics());
    EXPECT_TRUE(program && succeeded(verify(*program, {.strict = true})));
    if (!program)
      return {};
    return ModelSession(*program, {NumericsMode::Fp64})
        .feed(kIds, promptLength);
  }

  Context context;
};

// The program computes what plain loops compute, token by token.
TEST_P(ArchitectureTest, DecodeAgreesWithPlainLoops) {
  Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 5);
  EXPECT_LT(getMaxDifference(run(checkpoint, 0, 0),
                             runNaiveDecoder(checkpoint, kIds, kTinyContext)),
            kTolerance);
}

// Prefill with a full and a padded prompt, and decoding after it.
TEST_P(ArchitectureTest, PrefillAgreesWithPlainLoops) {
  Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 6);
  auto expected = runNaiveDecoder(checkpoint, kIds, kTinyContext);
  for (auto [prefillLength, promptLength] :
       {std::pair(5, 9), std::pair(9, 6)}) {
    int64_t numSkipped = std::min(prefillLength, promptLength) - 1;
    decltype(expected) rest(expected.begin() + numSkipped, expected.end());
    EXPECT_LT(
        getMaxDifference(run(checkpoint, prefillLength, promptLength), rest),
        kTolerance)
        << prefillLength << " " << promptLength;
  }
}

// Every tensor matters: each changes the logits of the last token.
TEST_P(ArchitectureTest, EveryTensorMatters) {
  Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 5);
  Checkpoint other = makeRandomCheckpoint(GetParam(), 50);
  auto last = run(checkpoint, 0, 0).back();
  // Experts may rest, and a bias of all keys adds to all scores alike.
  auto mayNotMatter = [](llvm::StringRef name) {
    return name.contains("experts.") || name.ends_with(".bk");
  };
  for (auto &[name, tensor] : checkpoint.tensors) {
    if (mayNotMatter(name))
      continue;
    std::swap(tensor, other.tensors[name]);
    EXPECT_GT(getMaxDifference({run(checkpoint, 0, 0).back()}, {last}), 1e-6)
        << name;
    std::swap(tensor, other.tensors[name]);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ArchitectureTest,
                         testing::ValuesIn(getTinyArchitectures()),
                         [](const testing::TestParamInfo<ModelConfig> &info) {
                           return info.param.name;
                         });

// No architecture is without a test.
TEST(ArchitectureListTest, EveryArchitectureIsTested) {
  std::set<std::string> tested;
  for (const ModelConfig &config : getTinyArchitectures())
    tested.insert(config.architecture);
  for (llvm::StringRef name : getArchitectureNames())
    EXPECT_TRUE(tested.count(name.str())) << name.str();
}

// Nor is a feature that an architecture claims.
TEST(ArchitectureListTest, EveryFeatureIsTested) {
  std::set<ModelFeature> tested;
  for (const ModelConfig &config : getTinyArchitectures())
    for (ModelFeature feature : getFeatures(config))
      tested.insert(feature);
  for (int i = 0; i <= static_cast<int>(ModelFeature::Convolution); ++i)
    EXPECT_TRUE(tested.count(static_cast<ModelFeature>(i)))
        << getName(static_cast<ModelFeature>(i)).str();
}

// A table of positions has the rows it has.
TEST(ArchitectureErrors, ContextBeyondTheTable) {
  Context context;
  std::vector<std::string> messages;
  context.getDiagnostics().setHandler([&](const Diagnostic &diagnostic) {
    messages.push_back(diagnostic.message);
  });
  ModelConfig config;
  for (const ModelConfig &candidate : getTinyArchitectures())
    if (candidate.architecture == "gpt2")
      config = candidate;
  EXPECT_EQ(getContextLength(config, {}), kTinyContext);
  EXPECT_FALSE(buildModel(context, makeRandomCheckpoint(config, 1),
                          {.contextLength = kTinyContext + 1},
                          context.getDiagnostics()));
  EXPECT_THAT(messages, testing::ElementsAre(
                            "a context of 19 positions is more than the "
                            "18 rows of the model's table of positions"));
}

} // namespace
