//===- TargetTest.cpp - Chips, rules and limits ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Target/ANE/Target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace espresso;
using namespace espresso::ane;

static Target get(llvm::StringRef name) {
  std::optional<Target> target = findTarget(name);
  EXPECT_TRUE(target) << name.str();
  return target.value_or(Target{});
}

// Every chip, alias and generation is found under each spelling of its name,
// and says the name that finds it again.
TEST(TargetTest, NamesAreForgiving) {
  for (const Chip &chip : getAllChips()) {
    std::string dashed = chip.name.lower();
    std::replace(dashed.begin(), dashed.end(), ' ', '-');
    EXPECT_EQ(get(chip.name).chip, &chip);
    EXPECT_EQ(get(dashed).chip, &chip);
    EXPECT_EQ(get(get(dashed).getName()).chip, &chip);
    for (llvm::StringRef alias : chip.aliases)
      EXPECT_EQ(get(alias).chip, &chip);
  }
  for (const Generation &generation : getAllGenerations()) {
    EXPECT_EQ(get(generation.name).generation, &generation);
    EXPECT_EQ(get(generation.name).chip, nullptr);
  }
  EXPECT_EQ(get("any").generation, nullptr);
  EXPECT_FALSE(findTarget(""));
  EXPECT_FALSE(findTarget("M"));
}

// The chip's word counts more than its generation's, and that more than what
// holds for all; what differs by chip is unknown for chips that do not say it.
TEST(TargetTest, LimitsComeFromTheNearest) {
  EXPECT_EQ(getLimit(Limit::MaxAxis), 16384);
  EXPECT_EQ(getLimit(Limit::MaxAxis, get("M2")), 16384);
  EXPECT_EQ(getLimit(Limit::MaxAxis, get("M3")), 65536);
  EXPECT_EQ(getLimit(Limit::MaxAxis, get("H15")), 65536);
  EXPECT_EQ(getLimit(Limit::MaxAxis, get("A12")), std::nullopt);
  EXPECT_EQ(getProgramBytes(), 2'000'000'000);
  EXPECT_EQ(getProgramBytes(get("M1")), 2'000'000'000);
  EXPECT_EQ(getProgramBytes(get("M1 Ultra")), 1 << 30);
  EXPECT_EQ(getLimit(Limit::LastAxisWidth), 32);
  EXPECT_EQ(getHeadBudget(), 16'000'000);
}

// The last axis is as wide as 49,152 bytes need, and no wider.
TEST(TargetTest, MinimumSpatial) {
  EXPECT_EQ(getMinimumSpatial(768), 32);
  EXPECT_EQ(getMinimumSpatial(2048), 16);
  EXPECT_EQ(getMinimumSpatial(576), 64);
  EXPECT_EQ(getMinimumSpatial(3072), 8);
  EXPECT_EQ(getMinimumSpatial(1), 32768);
  EXPECT_EQ(getMinimumSpatial(24576), 1);
  EXPECT_EQ(getMinimumSpatial(INT64_MAX), 1);
  EXPECT_EQ(getMinimumSpatial(768, 4), 16);
  for (int64_t channels = 1; channels < 30000; channels += 7) {
    int64_t spatial = getMinimumSpatial(channels);
    EXPECT_TRUE(meetsBoundaryMinimum(2 * channels * spatial));
    EXPECT_TRUE(spatial == 1 || !meetsBoundaryMinimum(channels * spatial));
  }
}

// Streaming begins above 2 MiB.
TEST(TargetTest, Streaming) {
  EXPECT_FALSE(isStreamed(2 << 20));
  EXPECT_TRUE(isStreamed((2 << 20) + 1));
}

// Rules hold on their paths and for their generations only.
TEST(TargetTest, RulesApply) {
  Target target = get("M1");
  EXPECT_TRUE(appliesTo(RuleId::BlobChunk, target));
  target.paths = Path::Public;
  EXPECT_FALSE(appliesTo(RuleId::BlobChunk, target));
  EXPECT_FALSE(appliesTo(RuleId::BlobChunk, get("M5")));
  EXPECT_TRUE(appliesTo(RuleId::BlobChunk, Target{}));
  EXPECT_EQ(findPaths("public"), PathSet(Path::Public));
  EXPECT_EQ(findPaths("both"), Path::Public | Path::Direct);
  EXPECT_FALSE(findPaths("none"));
}

// A rule is found by its enumerator and by its name.
TEST(TargetTest, RulesAreFound) {
  for (const Rule &rule : getAllRules()) {
    EXPECT_EQ(&getRule(rule.id), &rule);
    EXPECT_EQ(findRule(rule.name), &rule);
  }
  EXPECT_EQ(getRule(RuleId::MaxAxis).name, "ane-max-axis");
  EXPECT_EQ(findRule("ane-"), nullptr);
}

// A message about a rule has its severity and name; that it is disputed is
// said.
TEST(TargetTest, BreachesSayWhatTheyAre) {
  DiagnosticEngine engine;
  std::vector<Diagnostic> seen;
  engine.setHandler([&](const Diagnostic &diag) { seen.push_back(diag); });
  emitBreach(engine, {}, RuleId::RankMax) << "rank 6";
  emitBreach(engine, {}, RuleId::Concat) << "'concat'";
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].severity, Severity::Error);
  EXPECT_EQ(seen[0].ruleId, "ane-rank-max");
  EXPECT_TRUE(seen[0].notes.empty());
  EXPECT_EQ(seen[1].severity, Severity::Warning);
  ASSERT_EQ(seen[1].notes.size(), 1U);
  EXPECT_THAT(seen[1].notes[0].message, testing::StartsWith("disputed: "));
}
