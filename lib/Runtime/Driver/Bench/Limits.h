//===- Limits.h - The limits of this machine, measured ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_LIMITS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_LIMITS_H

#include "Workload.h"
#include "espresso/Kernels/ThreadPool.h"

#include <memory>
#include <vector>

namespace espresso::runtime::bench {

/// Measures what bounds a workload, with threads of its own.
class Limits {
public:
  /// The workload must outlive it.
  Limits(const Workload &workload, unsigned threads)
      : workload(workload), pool(threads) {}

  unsigned getNumThreads() const { return pool.getNumThreads(); }

  /// Seconds to read all weights once, where they are in memory: a mean over
  /// as many passes as make a time worth measuring.
  [[nodiscard]] double readWeights();
  /// The same for one pass, however short.
  [[nodiscard]] double readWeightsOnce();
  /// Multiplications and additions of float32 in a second.
  [[nodiscard]] double runPeak();
  /// Seconds for all products of `columns` columns with weights, without those
  /// of the head, one after the other and nothing between.
  [[nodiscard]] double multiply(int64_t columns);

private:
  const Workload &workload;
  kernels::ThreadPool pool;
  std::vector<float> x, y;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_LIMITS_H
