//===- SamplerTest.cpp - Choices against hand-made ones -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Sampler.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <map>

using namespace espresso::runtime;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

int32_t sampleOnce(const SamplerOptions &options,
                   const std::vector<float> &logits,
                   const std::vector<int32_t> &history = {}) {
  auto id = Sampler(options).sample(logits, history);
  EXPECT_TRUE(id.ok()) << id.status();
  return id.ok() ? *id : -1;
}

/// How often each id comes in `trials` draws.
std::map<int32_t, int> count(const SamplerOptions &options,
                             const std::vector<float> &logits, int trials) {
  Sampler sampler(options);
  std::map<int32_t, int> counts;
  for (int i = 0; i < trials; ++i)
    ++counts[*sampler.sample(logits, {})];
  return counts;
}

TEST(Random, MatchesThePublishedAlgorithms) {
  // SplitMix64 of 0 starts E220A8397B1DCDAF, 6E789E6AA1B965F4, ...; the first
  // output of xoshiro256** is rotl(s1 * 5, 7) * 9.
  Random random(0);
  const uint64_t s1 = 0x6E789E6AA1B965F4u;
  const uint64_t five = s1 * 5;
  EXPECT_EQ(random.next(), ((five << 7) | (five >> 57)) * 9);
  // 1000 numbers folded, so that the generator can never change in silence;
  // the value comes from another implementation.
  uint64_t folded = 0;
  Random again(42);
  for (int i = 0; i < 1000; ++i)
    folded = folded * 31 + again.next();
  EXPECT_EQ(folded, 0xC7423169F915524Fu);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    double unit = again.nextUnit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(Sampler, GreedyTakesTheFirstOfEqualsAndNeverNaN) {
  EXPECT_EQ(sampleOnce({}, {1, 3, 3, 2}), 1);
  EXPECT_EQ(sampleOnce({}, {kNaN, -5, kNaN, -4}), 3);
  EXPECT_EQ(sampleOnce({}, {-kInfinity, kInfinity, kNaN}), 1);
  EXPECT_EQ(sampleOnce({.temperature = 1}, {kNaN, kNaN, -3}), 2);
  EXPECT_EQ(sampleOnce({.temperature = 1}, {0, kInfinity, 0}), 1);
}

TEST(Sampler, NothingToChooseIsAnError) {
  for (const std::vector<float> &logits :
       {std::vector<float>{}, {kNaN, kNaN}, {-kInfinity, kNaN}}) {
    auto id = Sampler({.temperature = 1}).sample(logits, {});
    EXPECT_EQ(id.status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST(Sampler, SeedsAreReproducible) {
  const std::vector<float> logits(50, 0.0f);
  auto draw = [&](uint64_t seed) {
    Sampler sampler({.temperature = 1, .seed = seed});
    std::vector<int32_t> ids;
    for (int i = 0; i < 40; ++i)
      ids.push_back(*sampler.sample(logits, {}));
    return ids;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(Sampler, FollowsTheDistribution) {
  // Odds 1 : 2 : 5 at temperature 1; 1 : 4 : 25 at a half.
  const std::vector<float> logits = {0, std::log(2.0f), std::log(5.0f)};
  auto one = count({.temperature = 1, .seed = 3}, logits, 80000);
  EXPECT_NEAR(one[0], 10000, 400);
  EXPECT_NEAR(one[1], 20000, 500);
  EXPECT_NEAR(one[2], 50000, 600);
  auto half = count({.temperature = 0.5, .seed = 3}, logits, 30000);
  EXPECT_NEAR(half[0], 1000, 130);
  EXPECT_NEAR(half[1], 4000, 240);
  EXPECT_NEAR(half[2], 25000, 300);
}

TEST(Sampler, TopKKeepsTheLowerIdOfEquals) {
  auto counts = count({.temperature = 1, .topK = 2}, {1, 2, 1, 1}, 2000);
  EXPECT_THAT(counts,
              testing::UnorderedElementsAre(testing::Key(0), testing::Key(1)));
  EXPECT_EQ(sampleOnce({.temperature = 5, .topK = 1}, {1, 2, 3, 3}), 2);
}

TEST(Sampler, TopPKeepsTheFewestThatReachP) {
  // Shares 0.5, 0.3, 0.2.
  const std::vector<float> logits = {std::log(0.2f), std::log(0.5f),
                                     std::log(0.3f)};
  EXPECT_EQ(count({.temperature = 1, .topP = 0.49}, logits, 500).size(), 1u);
  EXPECT_EQ(count({.temperature = 1, .topP = 0.51}, logits, 500).size(), 2u);
  EXPECT_EQ(count({.temperature = 1, .topP = 0.79}, logits, 500).size(), 2u);
  EXPECT_EQ(count({.temperature = 1, .topP = 0.81}, logits, 500).size(), 3u);
}

TEST(Sampler, MinPIsAShareOfTheMostProbable) {
  const std::vector<float> logits = {std::log(0.2f), std::log(0.5f),
                                     std::log(0.3f)};
  EXPECT_EQ(count({.temperature = 1, .minP = 0.39}, logits, 500).size(), 3u);
  EXPECT_EQ(count({.temperature = 1, .minP = 0.41}, logits, 500).size(), 2u);
  EXPECT_EQ(count({.temperature = 1, .minP = 0.61}, logits, 500).size(), 1u);
}

TEST(Sampler, FiltersApplyInOrder) {
  // Temperature first: at 2 the shares of 4 : 1 become 2 : 1, and 0.6 needs
  // one token; unscaled, 0.8 would have to be passed by 0.6 as well.
  const std::vector<float> logits = {std::log(4.0f), 0};
  EXPECT_EQ(count({.temperature = 2, .topP = 0.7}, logits, 500).size(), 2u);
  EXPECT_EQ(count({.temperature = 1, .topP = 0.7}, logits, 500).size(), 1u);
  // Top-k before top-p: of 1 : 1 : 1 : 1 two are left, 0.6 needs both.
  EXPECT_EQ(count({.temperature = 1, .topK = 2, .topP = 0.6}, {1, 1, 1, 1}, 500)
                .size(),
            2u);
}

TEST(Sampler, PenaltyPushesRecentTokensDown) {
  const SamplerOptions options{.repeatPenalty = 2, .repeatWindow = 2};
  EXPECT_EQ(sampleOnce(options, {3, 2}, {0}), 1);       // 1.5 < 2
  EXPECT_EQ(sampleOnce(options, {3, 1}, {0, 0}), 0);    // once, not twice
  EXPECT_EQ(sampleOnce(options, {-1, -1.5f}, {0}), 1);  // -2 < -1.5
  EXPECT_EQ(sampleOnce(options, {3, 2}, {0, 1, 1}), 0); // out of the window
}

TEST(Sampler, OptionsHaveRanges) {
  const double nan = kNaN;
  for (const SamplerOptions &options : {SamplerOptions{.repeatPenalty = 0},
                                        {.repeatPenalty = nan},
                                        {.repeatWindow = -1},
                                        {.temperature = -0.1},
                                        {.temperature = nan},
                                        {.topK = -1},
                                        {.topP = 0},
                                        {.topP = 1.1},
                                        {.topP = nan},
                                        {.minP = -1},
                                        {.minP = 2}})
    EXPECT_EQ(checkOptions(options).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(checkOptions({}).ok());
}

} // namespace
