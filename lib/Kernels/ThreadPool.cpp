//===- ThreadPool.cpp - Threads that share one loop -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/ThreadPool.h"

#include "hwy/cache_control.h"

#include <algorithm>
#include <new>

namespace espresso::kernels {

/// More than any machine this runs on has use for.
static constexpr unsigned kMaxThreads = 512;
/// How often a waiting thread looks before it goes to sleep: some ten
/// microseconds, which is longer than the steps between two loops of a token.
static constexpr int kLooksBeforeSleep = 600;
/// Chunks of one loop have 16 bits.
static constexpr int64_t kMaxChunks = 0xffff;

/// Waits until `value` differs from `old`.
static void waitForChange(std::atomic<uint32_t> &value, uint32_t old) {
  for (int look = 0; look < kLooksBeforeSleep; ++look) {
    if (value.load(std::memory_order_acquire) != old)
      return;
    hwy::Pause();
  }
  while (value.load(std::memory_order_acquire) == old)
    value.wait(old, std::memory_order_acquire);
}

static unsigned chooseThreads(unsigned asked) {
  if (asked != 0)
    return std::min(asked, kMaxThreads);
  return std::max(1u, std::thread::hardware_concurrency());
}

ThreadPool::ThreadPool(unsigned threads)
    : numThreads(chooseThreads(threads)), parts(new Part[numThreads]) {
  workers.reserve(numThreads - 1);
  for (unsigned i = 1; i < numThreads; ++i)
    workers.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  stopping.store(true, std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_release);
  generation.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

static constexpr std::align_val_t kWorkspaceAlignment{64};

void ThreadPool::Free::operator()(float *memory) const {
  ::operator delete(memory, kWorkspaceAlignment);
}

float *ThreadPool::getWorkspace(int64_t wanted) {
  if (wanted > workspaceSize) {
    workspace.reset();
    workspace.reset(static_cast<float *>(::operator new(
        static_cast<size_t>(wanted) * sizeof(float), kWorkspaceAlignment)));
    workspaceSize = wanted;
  }
  return workspace.get();
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static uint64_t packPart(uint32_t number, uint32_t begin, uint32_t end) {
  return uint64_t{number} << 32 | uint64_t{begin} << 16 | end;
}

/// Takes a chunk of loop `number`, from the front or from the back; -1 if there
/// is none.
static int32_t takeChunk(std::atomic<uint64_t> &part, uint32_t number,
                         bool fromFront) {
  uint64_t left = part.load(std::memory_order_acquire);
  for (;;) {
    const uint32_t begin = left >> 16 & 0xffff, end = left & 0xffff;
    if (left >> 32 != number || begin == end)
      return -1;
    const uint64_t rest = fromFront ? packPart(number, begin + 1, end)
                                    : packPart(number, begin, end - 1);
    if (part.compare_exchange_weak(left, rest, std::memory_order_acq_rel,
                                   std::memory_order_acquire))
      return static_cast<int32_t>(fromFront ? begin : end - 1);
  }
}

void ThreadPool::runChunk(uint32_t index, unsigned thread) {
  if (loop.chunk != 0) {
    const int64_t begin = index * loop.chunk;
    (*loop.body)(begin, std::min(begin + loop.chunk, loop.count), thread);
    return;
  }
  // 128-bit products: count may be any int64. A range has the number that its
  // own thread has, whoever runs it.
  auto bound = [this](uint32_t i) {
    return static_cast<int64_t>(static_cast<__int128>(loop.count) * i /
                                loop.chunks);
  };
  (*loop.body)(bound(index), bound(index + 1), index);
}

void ThreadPool::takeChunks(uint32_t number, unsigned thread) {
  uint32_t done = 0;
  auto takeFrom = [&](unsigned other) {
    for (;;) {
      const int32_t chunk =
          takeChunk(parts[other].left, number, other == thread);
      if (chunk < 0)
        return;
      runChunk(static_cast<uint32_t>(chunk), thread);
      ++done;
    }
  };
  for (unsigned i = 0; i < numThreads; ++i)
    takeFrom((thread + i) % numThreads);
  if (done != 0 && pending.fetch_sub(done, std::memory_order_acq_rel) == done)
    pending.notify_one();
}

void ThreadPool::work(unsigned thread) {
  uint32_t seen = 0;
  for (;;) {
    waitForChange(generation, seen);
    seen = generation.load(std::memory_order_acquire);
    if (stopping.load(std::memory_order_relaxed))
      return;
    takeChunks(seen, thread);
  }
}

void ThreadPool::start(const Loop &newLoop) {
  // Nobody has a chunk of the last loop, and nobody takes one of this before
  // its part names it: a thread that comes late finds another number.
  const uint32_t number = generation.load(std::memory_order_relaxed) + 1;
  loop = newLoop;
  pending.store(loop.chunks, std::memory_order_relaxed);
  for (unsigned i = 0; i < numThreads; ++i)
    parts[i].left.store(packPart(number, loop.chunks * i / numThreads,
                                 loop.chunks * (i + 1) / numThreads),
                        std::memory_order_release);
  generation.store(number, std::memory_order_release);
  generation.notify_all();
  takeChunks(number, 0);
  for (;;) {
    const uint32_t left = pending.load(std::memory_order_acquire);
    if (left == 0)
      return;
    waitForChange(pending, left);
  }
}

void ThreadPool::parallelFor(int64_t count, int64_t grain, Body body) {
  if (count <= 0)
    return;
  const int64_t wanted =
      std::max<int64_t>(1, count / std::max<int64_t>(1, grain));
  if (workers.empty() || wanted == 1) {
    body(0, count, 0);
    return;
  }
  start({&body, count, 0,
         static_cast<uint32_t>(std::min<int64_t>(wanted, numThreads))});
}

void ThreadPool::parallelChunks(int64_t count, int64_t chunk, Body body) {
  if (count <= 0)
    return;
  chunk = std::max({int64_t{1}, chunk, (count - 1) / kMaxChunks + 1});
  if (workers.empty() || chunk >= count) {
    for (int64_t begin = 0; begin < count; begin += chunk)
      body(begin, std::min(begin + chunk, count), 0);
    return;
  }
  start({&body, count, chunk, static_cast<uint32_t>((count - 1) / chunk + 1)});
}

int64_t ThreadPool::getChunk(int64_t count, int64_t cost, int64_t unit) const {
  // A microsecond of reading or multiplying, and the most a thread should be
  // able to keep others waiting for.
  constexpr int64_t kLeast = 16384, kMost = 262144;
  /// Parts of a thread's part, of which the last may be taken by others.
  constexpr int64_t kChunksPerThread = 16;
  cost = std::max<int64_t>(1, cost);
  const int64_t even = count / (kChunksPerThread * int64_t{numThreads}) + 1;
  const int64_t chunk = std::clamp(even, kLeast / cost + 1, kMost / cost + 1);
  return (chunk + unit - 1) / unit * unit;
}

} // namespace espresso::kernels
