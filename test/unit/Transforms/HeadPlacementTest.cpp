//===- HeadPlacementTest.cpp - Where the output head runs -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Transforms/HeadPlacement.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

HeadDecision decide(int64_t vocabulary, int64_t channels,
                    llvm::StringRef request = "auto",
                    llvm::StringRef chip = "any",
                    HeadPolicy policy = HeadPolicy::Budget) {
  return decideHead({vocabulary, channels}, *ane::findTarget(chip),
                    {.request = *parseHeadRequest(request),
                     .policy = policy,
                     .hostBandwidth = kAssumedHostBandwidth});
}

TEST(HeadPlacement, RequestsAreReadExactly) {
  EXPECT_FALSE(parseHeadRequest("auto")->place);
  EXPECT_EQ(parseHeadRequest("ane")->place, HeadPlace::Ane);
  EXPECT_EQ(parseHeadRequest("cpu")->place, HeadPlace::Cpu);
  EXPECT_EQ(parseHeadRequest("ane-tiles=7")->tiles, 7);
  for (llvm::StringRef text :
       {"", "ANE", "ane-tiles", "ane-tiles=", "ane-tiles=0", "ane-tiles=-1",
        "ane-tiles=2x", "ane-tiles=99999999999999999999", "cpu "})
    EXPECT_FALSE(parseHeadRequest(text)) << text.str();
}

// 16,000,000 elements, 32 MB of fp16, are the last that the engine takes.
TEST(HeadPlacement, BudgetIsInclusive) {
  EXPECT_EQ(decide(40000, 400).getName(), "ane");
  EXPECT_EQ(decide(16000000, 1, "auto").getName(), "ane-tiles=245");
  EXPECT_EQ(decide(16000001, 1).getName(), "cpu");
  EXPECT_NE(
      decide(40000, 400)
          .reason.find(
              "40000 x 400 = 16000000 elements fit the budget of 16000000"),
      std::string::npos);
  EXPECT_NE(
      decide(40001, 400)
          .reason.find("40001 x 400 = 16000400 elements exceed the budget of "
                       "16000000 (32.0 MB of fp16)"),
      std::string::npos);
}

// 65,536 channels are the last of one tile; one more takes two.
TEST(HeadPlacement, ChannelsAreTiledByTheAxisLimit) {
  EXPECT_EQ(decide(65536, 200).getName(), "ane");
  HeadDecision tiled = decide(65537, 200);
  EXPECT_EQ(tiled.getName(), "ane-tiles=2");
  EXPECT_NE(tiled.reason.find("in 2 tiles, since 65537 channels exceed the "
                              "65536 that an axis may have"),
            std::string::npos)
      << tiled.reason;
}

// A product is over 16,384 channels at most on M1, and over 65,536 on M3.
TEST(HeadPlacement, ContractionIsLimitedByTheChip) {
  EXPECT_EQ(decide(256, 16384, "auto", "M1").getName(), "ane");
  EXPECT_EQ(decide(256, 16385, "auto", "M1").getName(), "cpu");
  EXPECT_EQ(decide(240, 16385, "auto", "M3").getName(), "ane");
  EXPECT_EQ(decide(200, 65537, "auto", "M3").getName(), "cpu");
}

TEST(HeadPlacement, WhatIsAskedForIsDoneOrRefused) {
  EXPECT_EQ(decide(128256, 2048, "ane").getName(), "ane-tiles=2");
  EXPECT_EQ(decide(128256, 2048, "ane-tiles=5").getName(), "ane-tiles=5");
  EXPECT_EQ(decide(512, 64, "cpu").getName(), "cpu");
  EXPECT_EQ(decide(512, 64, "cpu").reason, "as asked");
  HeadDecision tooFew = decide(128256, 2048, "ane-tiles=1");
  EXPECT_EQ(tooFew.error, "a tile of 128256 channels exceeds the 65536 that an "
                          "axis may have; it takes 2 tiles");
  EXPECT_EQ(tooFew.errorRule, "ane-max-axis");
  EXPECT_EQ(decide(100, 20000, "ane", "M1").errorRule, "ane-max-axis");
  EXPECT_EQ(decide(65536, 16384, "ane", "M1").errorRule, "ane-program-bytes");
  EXPECT_EQ(decide(2, 1, "ane-tiles=3").error,
            "2 rows cannot be cut into 3 tiles");
}

// M1: 190 us, 51 GB/s for 32 MB, 24 GB/s for 80 KB; CPU: 50 GB/s.
TEST(HeadPlacement, CostIsStatedAndDecidesWhereAskedTo) {
  HeadDecision decision = decide(40000, 400, "auto", "M1");
  ASSERT_TRUE(decision.aneMicroseconds);
  EXPECT_NEAR(*decision.aneMicroseconds, 190 + 32e6 / 51e3 + 80e3 / 24e3, 0.1);
  EXPECT_NEAR(decision.cpuMicroseconds, 640, 0.1);
  EXPECT_EQ(decision.getName(), "ane");
  EXPECT_EQ(decide(40000, 400, "auto", "M1", HeadPolicy::Cost).getName(),
            "cpu");
  // M5 streams 145 GB/s.
  EXPECT_EQ(decide(128256, 2048, "auto", "M5", HeadPolicy::Cost).getName(),
            "ane-tiles=2");
  // Figures of other chips are not guessed: the budget decides.
  EXPECT_FALSE(decide(40000, 400, "auto", "M2").aneMicroseconds);
  EXPECT_EQ(decide(40000, 400, "auto", "M2", HeadPolicy::Cost).getName(),
            "ane");
}

TEST(HeadPlacement, TilesCoverTheVocabularyEvenly) {
  for (int64_t vocabulary : {1, 7, 12, 100, 65537})
    for (int64_t tiles : {1, 2, 3, 7}) {
      if (tiles > vocabulary)
        continue;
      EXPECT_EQ(getFirstRow(vocabulary, tiles, 0), 0);
      EXPECT_EQ(getFirstRow(vocabulary, tiles, tiles), vocabulary);
      for (int64_t i = 0; i < tiles; ++i) {
        int64_t rows = getFirstRow(vocabulary, tiles, i + 1) -
                       getFirstRow(vocabulary, tiles, i);
        EXPECT_GE(rows, vocabulary / tiles);
        EXPECT_LE(rows, (vocabulary + tiles - 1) / tiles);
      }
    }
}

// Products beyond 2^63 exceed every budget.
TEST(HeadPlacement, AbsurdSizesAreNoBudget) {
  int64_t huge = int64_t(1) << 40;
  EXPECT_EQ(decide(huge, huge).getName(), "cpu");
}

} // namespace
