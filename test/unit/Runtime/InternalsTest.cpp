//===- InternalsTest.cpp - Parts of the runtime by themselves -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/ArenaPlanner.h"
#include "Runtime/Walk.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <numeric>

using namespace espresso::runtime;
using testing::ElementsAre;

namespace {

/// Reproducible numbers in [0, bound).
class Dice {
public:
  uint64_t roll(uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  }

private:
  uint64_t state = 11;
};

//===----------------------------------------------------------------------===//
// ArenaPlanner
//===----------------------------------------------------------------------===//

TEST(ArenaPlanner, LiveRangesNeverOverlap) {
  struct Range {
    uint64_t offset, bytes;
  };
  Dice dice;
  ArenaPlanner planner;
  std::vector<Range> live;
  for (int step = 0; step < 5000; ++step) {
    if (!live.empty() && dice.roll(2) == 0) {
      const size_t at = dice.roll(live.size());
      planner.release(live[at].offset, live[at].bytes);
      live.erase(live.begin() + static_cast<int64_t>(at));
      continue;
    }
    const uint64_t bytes = 1 + dice.roll(1000);
    const uint64_t offset = planner.allocate(bytes);
    EXPECT_EQ(offset % ArenaPlanner::kAlignment, 0u);
    EXPECT_LE(offset + bytes, planner.getSize());
    for (const Range &other : live)
      ASSERT_TRUE(offset + bytes <= other.offset ||
                  other.offset + other.bytes <= offset);
    live.push_back({offset, bytes});
  }
}

TEST(ArenaPlanner, FreedNeighboursBecomeOne) {
  ArenaPlanner planner;
  const uint64_t a = planner.allocate(64), b = planner.allocate(64),
                 c = planner.allocate(64);
  planner.release(a, 64);
  planner.release(c, 64);
  planner.release(b, 64);
  EXPECT_EQ(planner.allocate(192), a);
  EXPECT_EQ(planner.getSize(), 192u);
}

TEST(ArenaPlanner, TakesTheSmallestThatSuffices) {
  ArenaPlanner planner;
  const uint64_t large = planner.allocate(256);
  planner.allocate(64); // keeps the two apart
  const uint64_t small = planner.allocate(128);
  planner.allocate(64);
  planner.release(large, 256);
  planner.release(small, 128);
  EXPECT_EQ(planner.allocate(100), small);
  EXPECT_EQ(planner.allocate(130), large);
}

TEST(ArenaPlanner, SumsNeverWrap) {
  ArenaPlanner planner;
  for (int i = 0; i < 64; ++i)
    planner.allocate(uint64_t{1} << 60);
  EXPECT_GE(planner.getSize(), uint64_t{1} << 60);
}

//===----------------------------------------------------------------------===//
// Walk
//===----------------------------------------------------------------------===//

TEST(Walk, AgreesWithIndexArithmetic) {
  Dice dice;
  for (int trial = 0; trial < 300; ++trial) {
    // A tensor, its axes in another order, some of them repeated elements.
    Shape shape(1 + dice.roll(4));
    for (int64_t &dim : shape)
      dim = 1 + static_cast<int64_t>(dice.roll(4));
    std::vector<int64_t> steps = getSteps(shape);
    std::vector<size_t> order(shape.size());
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[dice.roll(i)]);
    Shape walked;
    Stride stride{.offset = static_cast<int64_t>(dice.roll(5))};
    for (size_t axis : order) {
      walked.push_back(shape[axis]);
      stride.steps.push_back(dice.roll(4) == 0 ? 0 : steps[axis]);
    }
    const Walk walk(walked, {stride});
    std::vector<int64_t> expected;
    std::vector<int64_t> index(walked.size());
    const int64_t count =
        std::accumulate(walked.begin(), walked.end(), int64_t{1},
                        [](int64_t a, int64_t b) { return a * b; });
    for (int64_t i = 0; i < count; ++i) {
      int64_t left = i, at = stride.offset;
      for (size_t axis = walked.size(); axis-- > 0;) {
        at += left % walked[axis] * stride.steps[axis];
        left /= walked[axis];
      }
      expected.push_back(at);
    }
    std::vector<int64_t> found(count, -1);
    walk.forEachRun([&](int64_t out, std::span<const int64_t> in) {
      for (int64_t i = 0; i < walk.getInner(); ++i)
        found[out + i] = in[0] + i * walk.getInnerStep(0);
    });
    ASSERT_EQ(found, expected);
  }
}

TEST(Walk, EvenAxesAreOne) {
  const Shape shape = {2, 3, 4};
  const Walk whole(shape, {Stride{.steps = getSteps(shape)}});
  EXPECT_EQ(whole.getInner(), 24);
  const Walk column(shape, {getBroadcastStride({3, 1}, shape)});
  EXPECT_EQ(column.getInner(), 4);
  EXPECT_EQ(column.getInnerStep(0), 0);
}

TEST(Walk, Broadcasting) {
  EXPECT_EQ(broadcast({2, 1, 3}, {4, 1}), (Shape{2, 4, 3}));
  EXPECT_EQ(broadcast({}, {5}), (Shape{5}));
  EXPECT_EQ(broadcast({2}, {3}), std::nullopt);
}

} // namespace
