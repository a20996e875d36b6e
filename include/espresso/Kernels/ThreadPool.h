//===- ThreadPool.h - Threads that share one loop ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_THREADPOOL_H
#define ESPRESSO_KERNELS_THREADPOOL_H

#include "absl/functional/function_ref.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace espresso::kernels {

/// A fixed set of threads among which a loop is divided in contiguous ranges,
/// one a thread. Which thread computes an element never changes its value.
/// One loop runs at a time: callers serialise their own calls.
class ThreadPool {
public:
  /// `threads` counts the caller; 0 means one for each hardware thread,
  /// and 512 is the most there are.
  explicit ThreadPool(unsigned threads = 1);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  unsigned getNumThreads() const { return numThreads; }

  using Body =
      absl::FunctionRef<void(int64_t begin, int64_t end, unsigned thread)>;
  /// Calls `body` on disjoint ranges that cover [0, count), at most one on each
  /// thread, none shorter than `grain` unless it is the only one. Returns when
  /// all are done.
  void parallelFor(int64_t count, int64_t grain, Body body);

  /// Scratch memory of at least `count` floats, aligned to 64 bytes, for the
  /// caller of parallelFor() until the next call. Grows, and never shrinks:
  /// runs of the same shapes allocate nothing.
  [[nodiscard]] float *getWorkspace(int64_t count);

private:
  void work(unsigned thread);
  void runRange(unsigned thread);

  const unsigned numThreads;
  std::vector<std::thread> workers;

  struct Free {
    void operator()(float *memory) const;
  };
  std::unique_ptr<float, Free> workspace;
  int64_t workspaceSize = 0;

  // The current loop; written before `generation` is raised.
  const Body *current = nullptr;
  int64_t count = 0;
  unsigned ranges = 0;

  std::atomic<uint32_t> generation{0};
  std::atomic<uint32_t> pending{0};
  std::atomic<bool> stopping{false};
};

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_THREADPOOL_H
