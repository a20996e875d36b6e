//===- Throughput.h - Tokens per second -------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_THROUGHPUT_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_THROUGHPUT_H

#include "BenchOptions.h"
#include "Workload.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace espresso::runtime::bench {

/// Columns of a prompt that are multiplied at once.
inline constexpr int64_t kPromptBlock = 512;

/// One thing that is measured: a prompt is read, or tokens are generated.
struct BenchTest {
  int64_t promptTokens = 0; ///< 0: a test of generation
  int64_t genTokens = 0;    ///< 0: a test of a prompt
  int64_t depth = 0;        ///< tokens in the context before
  unsigned threads = 1;
  int64_t streams = 1;

  /// "pp128", "tg32 @ d1024".
  [[nodiscard]] std::string getName() const;
  /// Of all streams together.
  int64_t getTokens() const { return (promptTokens + genTokens) * streams; }
};

/// What one round of a test took, and what the limits were just then.
struct Sample {
  double seconds = 0;
  double readSeconds = 0;    ///< to read all weights once
  double peak = 0;           ///< floating-point operations in a second
  double productSeconds = 0; ///< for the products alone; 0: not measured
};

/// A test with its rounds, and what it needs at least.
struct Measurement {
  BenchTest test;
  double bytes = 0;        ///< of weights and caches
  double flops = 0;        ///< of products and attention
  double productFlops = 0; ///< of products, without the head's
  uint64_t weightBytes = 0;
  std::vector<Sample> samples;

  // For each round.
  [[nodiscard]] std::vector<double> getTokensPerSecond() const;
  /// The time to read `bytes` at the speed at which the weights were read,
  /// over the time it took.
  [[nodiscard]] std::vector<double> getFractionOfBandwidth() const;
  /// The time for `flops` at the peak, over the time it took.
  [[nodiscard]] std::vector<double> getFractionOfPeak() const;
  /// The same of the products alone; empty if they were not measured.
  [[nodiscard]] std::vector<double> getProductFractionOfPeak() const;
  /// Gigabytes per second, and 10^9 operations per second, of the limits.
  [[nodiscard]] std::vector<double> getReadSpeed() const;
  [[nodiscard]] std::vector<double> getPeak() const;
};

/// A measurement of `test` without rounds.
[[nodiscard]] Measurement makeMeasurement(const BenchTest &test,
                                          const Workload &workload);

/// Every test that the options ask for, in the order in which a round runs
/// them. Threads are those there will be.
[[nodiscard]] std::vector<BenchTest> listTests(const BenchOptions &options);

/// Measures all tests in rounds: each round runs every test once, with the
/// limits of the machine right before or right after. `progress` is told what
/// is going on. Errors: those of the session.
[[nodiscard]] absl::StatusOr<std::vector<Measurement>>
measureThroughput(const std::shared_ptr<const Bundle> &bundle,
                  const Workload &workload, const BenchOptions &options);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_THROUGHPUT_H
