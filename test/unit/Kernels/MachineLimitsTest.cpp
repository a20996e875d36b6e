//===- MachineLimitsTest.cpp - What measurements are compared with --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/MachineLimits.h"

#include "gtest/gtest.h"

#include <vector>

using namespace espresso::kernels;

/// A sum over words in whatever order, of vectors of 32-bit lanes: each lane
/// wraps, so that small words make it the plain sum.
static uint64_t addWords(const std::vector<uint32_t> &words) {
  uint64_t sum = 0;
  for (uint32_t word : words)
    sum += word;
  return sum;
}

// Every word of every buffer is read once, whatever their sizes and however
// many threads share them.
TEST(MachineLimits, ReadsEveryWordOnce) {
  std::vector<std::vector<uint32_t>> owners;
  uint64_t expected = 0;
  uint32_t next = 1;
  for (size_t size : {0, 1, 3, 64, 1000, 70'001, 200'000}) {
    std::vector<uint32_t> words(size);
    for (uint32_t &word : words)
      word = next++ % 251;
    expected += addWords(words);
    owners.push_back(std::move(words));
  }
  std::vector<std::span<const uint8_t>> buffers;
  for (const std::vector<uint32_t> &words : owners)
    buffers.emplace_back(reinterpret_cast<const uint8_t *>(words.data()),
                         words.size() * sizeof(uint32_t));
  for (unsigned threads : {1u, 2u, 3u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(readAll(buffers, pool), expected) << threads << " threads";
  }
}

// Bytes that fill no word are left out, and one buffer is read as a list of
// one.
TEST(MachineLimits, LeavesOutWhatFillsNoWord) {
  ThreadPool pool(1);
  const std::vector<uint32_t> words = {1, 2, 4};
  EXPECT_EQ(readAll(words.data(), 11, pool), 3u);
  EXPECT_EQ(readAll(words.data(), 3, pool), 0u);
  EXPECT_EQ(readAll(words.data(), 12, pool), 7u);
}

// The peak counts the work of every thread.
TEST(MachineLimits, PeakGrowsWithThreads) {
  ThreadPool one(1), two(2);
  const double single = runPeak(one);
  EXPECT_GT(single, 0);
  EXPECT_EQ(runPeak(two), 2 * single);
}
