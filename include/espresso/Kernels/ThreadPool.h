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

/// A fixed set of threads among which loops are divided. Which thread computes
/// an element never changes its value. One loop runs at a time: callers
/// serialise their own calls.
///
/// A loop ends when its work is done, not when every thread has been there: who
/// comes late, because another process has its core, finds that the others have
/// taken its part. Who waits looks for a few microseconds, then sleeps.
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
  /// Calls `body` on disjoint ranges that cover [0, count), at most one for
  /// each number of a thread, none shorter than `grain` unless it is the only
  /// one. Returns when all are done.
  void parallelFor(int64_t count, int64_t grain, Body body);

  /// The same for many ranges of `chunk` elements, the last one shorter: each
  /// thread goes through a part of its own from front to back, then takes what
  /// others have left at the end of theirs. No two ranges with the number of
  /// one thread run at once.
  void parallelChunks(int64_t count, int64_t chunk, Body body);

  /// Elements of a chunk for `count` elements of `cost` bytes or products each:
  /// enough chunks for slow threads to leave some, none so small that taking it
  /// costs more than it is worth, and a multiple of `unit`.
  [[nodiscard]] int64_t getChunk(int64_t count, int64_t cost,
                                 int64_t unit = 1) const;

  /// Scratch memory of at least `count` floats, aligned to 64 bytes, for the
  /// caller of parallelFor() until the next call. Grows, and never shrinks:
  /// runs of the same shapes allocate nothing.
  [[nodiscard]] float *getWorkspace(int64_t count);

private:
  /// What is left of one thread's part: the number of the loop in the upper 32
  /// bits, then the first chunk and the one behind the last.
  struct alignas(64) Part {
    std::atomic<uint64_t> left{0};
  };
  /// A loop under way; written while nobody can have a chunk of it.
  struct Loop {
    const Body *body = nullptr;
    int64_t count = 0;
    int64_t chunk = 0; ///< 0: as many even ranges as there are chunks
    uint32_t chunks = 0;
  };

  void start(const Loop &newLoop);
  void work(unsigned thread);
  /// Takes chunks of loop `number` until there are none.
  void takeChunks(uint32_t number, unsigned thread);
  void runChunk(uint32_t index, unsigned thread);

  const unsigned numThreads;
  std::vector<std::thread> workers;

  struct Free {
    void operator()(float *memory) const;
  };
  std::unique_ptr<float, Free> workspace;
  int64_t workspaceSize = 0;

  Loop loop;
  std::unique_ptr<Part[]> parts;                   ///< one a thread
  alignas(64) std::atomic<uint32_t> generation{0}; ///< number of the loop
  alignas(64) std::atomic<uint32_t> pending{0};    ///< chunks not done
  std::atomic<bool> stopping{false};
};

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_THREADPOOL_H
