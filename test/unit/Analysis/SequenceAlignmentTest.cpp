//===- SequenceAlignmentTest.cpp - Aligning sequences ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Analysis/SequenceAlignment.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <random>

namespace espresso {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Sequence = std::vector<uint64_t>;

Alignment align(const Sequence &a, const Sequence &b) {
  return alignSequences(a, b, a.size() + b.size()).value();
}

/// The length of a longest common subsequence, by the textbook's table.
size_t getLongest(const Sequence &a, const Sequence &b) {
  std::vector<std::vector<size_t>> table(a.size() + 1,
                                         std::vector<size_t>(b.size() + 1));
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j)
      table[i][j] = a[i - 1] == b[j - 1]
                        ? table[i - 1][j - 1] + 1
                        : std::max(table[i - 1][j], table[i][j - 1]);
  return table[a.size()][b.size()];
}

TEST(SequenceAlignmentTest, EmptySequences) {
  EXPECT_THAT(align({}, {}), IsEmpty());
  EXPECT_THAT(align({1, 2}, {}), IsEmpty());
  EXPECT_THAT(align({}, {1, 2}), IsEmpty());
  EXPECT_THAT(align({1}, {2}), IsEmpty());
}

TEST(SequenceAlignmentTest, KeepsWhatSurroundsAChange) {
  EXPECT_THAT(align({1, 2, 3}, {1, 9, 3}),
              ElementsAre(IndexPair(0, 0), IndexPair(2, 2)));
  EXPECT_THAT(align({1, 2, 3}, {1, 3}),
              ElementsAre(IndexPair(0, 0), IndexPair(2, 1)));
}

// Property: pairs ascend, are equal, and are as many as can be.
TEST(SequenceAlignmentTest, IsALongestCommonSubsequence) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Sequence a(random() % 20), b(random() % 20);
    for (Sequence *sequence : {&a, &b})
      for (uint64_t &key : *sequence)
        key = random() % 4;
    Alignment alignment = align(a, b);
    EXPECT_EQ(alignment.size(), getLongest(a, b));
    for (size_t i = 0; i < alignment.size(); ++i) {
      EXPECT_EQ(a[alignment[i].first], b[alignment[i].second]);
      if (i != 0) {
        EXPECT_LT(alignment[i - 1].first, alignment[i].first);
        EXPECT_LT(alignment[i - 1].second, alignment[i].second);
      }
    }
  }
}

TEST(SequenceAlignmentTest, GivesUpBeyondTheBound) {
  EXPECT_TRUE(alignSequences(Sequence{1, 2, 3}, Sequence{1, 4, 3}, 2));
  EXPECT_FALSE(alignSequences(Sequence{1, 2, 3}, Sequence{1, 4, 3}, 1));
}

TEST(SequenceAlignmentTest, PairsOccurrencesByNumber) {
  EXPECT_THAT(pairOccurrences(Sequence{5, 6, 5, 5}, Sequence{6, 5, 5}),
              ElementsAre(IndexPair(0, 1), IndexPair(1, 0), IndexPair(2, 2)));
}

TEST(SequenceAlignmentTest, SelectsTheLongestAscendingPart) {
  EXPECT_THAT(selectAscending({}), IsEmpty());
  EXPECT_THAT(
      selectAscending({IndexPair(0, 3), IndexPair(1, 0), IndexPair(2, 1),
                       IndexPair(4, 4), IndexPair(5, 2)}),
      testing::SizeIs(3));
}

} // namespace
} // namespace espresso
