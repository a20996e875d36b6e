//===- KernelMeasure.h - Kernels beside what bounds them --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_UTILS_BENCH_KERNELMEASURE_H
#define ESPRESSO_UTILS_BENCH_KERNELMEASURE_H

#include "espresso/Kernels/ThreadPool.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace espresso::bench {

struct BenchOptions {
  int rounds = 7;
  unsigned threads = 0; ///< 0: one, then two
  clockid_t clock = CLOCK_MONOTONIC;
  bool json = false;
  std::string only; ///< begins the names of what is to be measured
  int64_t trials = 0;
  int64_t rows = 128256, columns = 2048; ///< of trials
};

/// What a measurement gave: ratios over the rounds.
struct Line {
  std::string name;
  std::vector<double> ratios;
  double speed = 0; ///< of the kernel at its best, in `unit`
  std::string unit, note;
};

class Bench {
public:
  explicit Bench(const BenchOptions &options) : options(options) {}

  const BenchOptions &getOptions() const { return options; }
  bool wants(const std::string &name) const {
    return name.compare(0, options.only.size(), options.only) == 0;
  }
  /// Prints a line, or keeps it for the end if all is to be JSON.
  void add(Line line);
  void finish() const;

  template <typename Work>
  double getSeconds(const Work &work) const {
    timespec from{}, to{};
    clock_gettime(options.clock, &from);
    work();
    clock_gettime(options.clock, &to);
    return static_cast<double>(to.tv_sec - from.tv_sec) +
           1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec);
  }

  /// In each round, the least time the limit allows and then the kernel, which
  /// does `amount` (in units of 1e9). Kernels shorter than a clock is exact are
  /// repeated.
  template <typename Limit, typename Kernel>
  void compare(const std::string &name, double amount, const char *unit,
               const Limit &limit, const Kernel &kernel,
               const std::string &note = "") {
    constexpr double kLeastSeconds = 0.02;
    const double once = getSeconds(kernel);
    const int times =
        std::clamp(static_cast<int>(kLeastSeconds / once), 1, 1000);
    Line line{name, {}, 0, unit, note};
    for (int round = 0; round < options.rounds; ++round) {
      const double least = limit();
      const double taken = getSeconds([&] {
                             for (int time = 0; time < times; ++time)
                               kernel();
                           }) /
                           times;
      line.ratios.push_back(least / taken);
      line.speed = std::max(line.speed, amount / taken / 1e9);
    }
    add(std::move(line));
  }

private:
  BenchOptions options;
  std::vector<Line> lines;
};

/// Normally distributed with the deviation of trained weights, as fp16.
[[nodiscard]] std::vector<uint16_t> makeWeights(size_t count);
/// Normally distributed.
[[nodiscard]] std::vector<float> makeActivations(size_t count);

/// Heads that read less, beside the full one.
void benchHead(Bench &bench, kernels::ThreadPool &pool);
/// Whether they choose the same in as many trials as the options want; false,
/// with a message, if they do not.
[[nodiscard]] bool runHeadTrials(Bench &bench, kernels::ThreadPool &pool);

} // namespace espresso::bench

#endif // ESPRESSO_UTILS_BENCH_KERNELMEASURE_H
