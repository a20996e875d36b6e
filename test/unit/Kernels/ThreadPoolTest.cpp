//===- ThreadPoolTest.cpp - Tests of loops shared by threads --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/ThreadPool.h"

#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace espresso::kernels;

namespace {

// Workspace is aligned, and stays where it is until it must grow.
TEST(ThreadPool, WorkspaceIsAlignedAndStays) {
  ThreadPool pool(2);
  float *first = pool.getWorkspace(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  EXPECT_EQ(pool.getWorkspace(10), first);
  float *second = pool.getWorkspace(1 << 20);
  second[(1 << 20) - 1] = 1.0f;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 64, 0u);
}

// Even ranges cover each index once, with the number of a thread once a loop.
TEST(ThreadPool, CoversEachIndexOnce) {
  ThreadPool pool(4);
  for (int64_t count : {0, 1, 3, 4, 5, 1000}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::vector<int> seen(count);
      std::vector<int> calls(4);
      pool.parallelFor(count, 1, [&](int64_t begin, int64_t end, unsigned t) {
        ASSERT_LT(t, 4u);
        ++calls[t];
        for (int64_t i = begin; i < end; ++i)
          ++seen[i];
      });
      EXPECT_EQ(seen, std::vector<int>(count, 1));
      for (int number : calls)
        EXPECT_LE(number, 1);
    }
  }
}

// Chunks cover each index once, are no longer than asked for, and those with
// the number of one thread follow one another.
TEST(ThreadPool, ChunksCoverEachIndexOnce) {
  for (unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (int64_t count : {0, 1, 7, 64, 1000})
      for (int64_t chunk : {1, 3, 64, 5000})
        for (int repeat = 0; repeat < 20; ++repeat) {
          std::vector<int> seen(count);
          std::vector<std::atomic<int>> inside(threads);
          pool.parallelChunks(count, chunk,
                              [&](int64_t begin, int64_t end, unsigned t) {
                                ASSERT_LT(t, threads);
                                EXPECT_EQ(inside[t].fetch_add(1), 0);
                                EXPECT_EQ(begin % chunk, 0);
                                EXPECT_LE(end - begin, chunk);
                                for (int64_t i = begin; i < end; ++i)
                                  ++seen[i];
                                inside[t].fetch_sub(1);
                              });
          ASSERT_EQ(seen, std::vector<int>(count, 1));
        }
  }
}

// More chunks than a loop can number are made longer.
TEST(ThreadPool, TakesAnyNumberOfChunks) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0}, calls{0};
  pool.parallelChunks(1 << 20, 1, [&](int64_t begin, int64_t end, unsigned) {
    sum += end - begin;
    ++calls;
  });
  EXPECT_EQ(sum, 1 << 20);
  EXPECT_LE(calls, 0xffff);
}

// A thread that is slow leaves chunks to the others.
TEST(ThreadPool, SlowThreadsTakeLess) {
  ThreadPool pool(2);
  std::vector<int64_t> taken(2);
  pool.parallelChunks(64, 1, [&](int64_t begin, int64_t end, unsigned thread) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(thread == 1 ? 40 : 1));
    taken[thread] += end - begin;
  });
  EXPECT_EQ(taken[0] + taken[1], 64);
  EXPECT_GT(taken[0], 32);
}

// Far more threads than cores, most of which find nothing left: no loop begins
// before the last has ended, and none is lost.
TEST(ThreadPool, ManyThreadsRunManyLoops) {
  ThreadPool pool(64);
  for (int64_t repeat = 0; repeat < 2000; ++repeat) {
    std::atomic<int64_t> sum{0};
    pool.parallelChunks(8, 1, [&](int64_t begin, int64_t end, unsigned) {
      sum += (end - begin) * repeat;
    });
    ASSERT_EQ(sum, 8 * repeat);
  }
}

// A chunk is a multiple of its unit, and there are enough for all threads if
// the work is worth it.
TEST(ThreadPool, ChoosesChunks) {
  ThreadPool pool(2);
  EXPECT_EQ(pool.getChunk(768, 1536, 12) % 12, 0);
  EXPECT_LE(pool.getChunk(768, 1536), 64);
  EXPECT_GE(pool.getChunk(768, 1536) * 1536, 16384);
  // Not worth another thread.
  EXPECT_GE(pool.getChunk(100, 1), 100);
}

} // namespace
