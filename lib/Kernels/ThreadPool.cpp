//===- ThreadPool.cpp - Threads that share one loop -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/ThreadPool.h"

#include <algorithm>
#include <new>

namespace espresso::kernels {

/// More than any machine this runs on has use for.
static constexpr unsigned kMaxThreads = 512;
/// How often a waiting thread looks again before it goes to sleep. It yields
/// between looks, so that a busy neighbour is not starved by waiting.
static constexpr int kLooksBeforeSleep = 200;

/// Waits until `value` differs from `old`.
static void waitForChange(std::atomic<uint32_t> &value, uint32_t old) {
  for (int look = 0; look < kLooksBeforeSleep; ++look) {
    if (value.load(std::memory_order_acquire) != old)
      return;
    std::this_thread::yield();
  }
  while (value.load(std::memory_order_acquire) == old)
    value.wait(old, std::memory_order_acquire);
}

static unsigned chooseThreads(unsigned asked) {
  if (asked != 0)
    return std::min(asked, kMaxThreads);
  return std::max(1u, std::thread::hardware_concurrency());
}

ThreadPool::ThreadPool(unsigned threads) : numThreads(chooseThreads(threads)) {
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

void ThreadPool::runRange(unsigned thread) {
  if (thread >= ranges)
    return;
  // 128-bit products: count may be any int64.
  auto bound = [this](unsigned i) {
    return static_cast<int64_t>(static_cast<__int128>(count) * i / ranges);
  };
  (*current)(bound(thread), bound(thread + 1), thread);
}

void ThreadPool::work(unsigned thread) {
  uint32_t seen = 0;
  for (;;) {
    waitForChange(generation, seen);
    seen = generation.load(std::memory_order_acquire);
    if (stopping.load(std::memory_order_relaxed))
      return;
    runRange(thread);
    if (pending.fetch_sub(1, std::memory_order_acq_rel) == 1)
      pending.notify_one();
  }
}

void ThreadPool::parallelFor(int64_t newCount, int64_t grain, Body body) {
  if (newCount <= 0)
    return;
  int64_t wanted = std::max<int64_t>(1, newCount / std::max<int64_t>(1, grain));
  if (workers.empty() || wanted == 1) {
    body(0, newCount, 0);
    return;
  }
  current = &body;
  count = newCount;
  ranges = static_cast<unsigned>(std::min<int64_t>(wanted, numThreads));
  pending.store(numThreads - 1, std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_release);
  generation.notify_all();
  runRange(0);
  for (;;) {
    uint32_t left = pending.load(std::memory_order_acquire);
    if (left == 0)
      return;
    waitForChange(pending, left);
  }
}

} // namespace espresso::kernels
