//===- Throughput.cpp - Tokens per second ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Throughput.h"

#include "Runtime/Driver/Progress.h"
#include "TestRunner.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <thread>

namespace espresso::runtime::bench {

/// Streams that share one pass over the weights.
static constexpr int64_t kMostStreamsTogether = kernels::kMaxFewColumns;

std::string BenchTest::getName() const {
  std::string name = promptTokens > 0 ? absl::StrCat("pp", promptTokens)
                                      : absl::StrCat("tg", genTokens);
  if (depth > 0)
    absl::StrAppend(&name, " @ d", depth);
  return name;
}

//===----------------------------------------------------------------------===//
// What a test needs
//===----------------------------------------------------------------------===//

template <typename Get>
static std::vector<double> map(const std::vector<Sample> &samples,
                               const Get &get) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Sample &sample : samples)
    values.push_back(get(sample));
  return values;
}

std::vector<double> Measurement::getTokensPerSecond() const {
  const double tokens = static_cast<double>(test.getTokens());
  return map(samples, [&](const Sample &s) { return tokens / s.seconds; });
}

std::vector<double> Measurement::getFractionOfBandwidth() const {
  const double passes = bytes / static_cast<double>(weightBytes);
  return map(samples, [&](const Sample &s) {
    return passes * s.readSeconds / s.seconds;
  });
}

std::vector<double> Measurement::getFractionOfPeak() const {
  return map(samples,
             [&](const Sample &s) { return flops / s.peak / s.seconds; });
}

std::vector<double> Measurement::getProductFractionOfPeak() const {
  if (samples.empty() || samples.front().productSeconds == 0)
    return {};
  return map(samples, [&](const Sample &s) {
    return productFlops / s.peak / s.productSeconds;
  });
}

std::vector<double> Measurement::getReadSpeed() const {
  const double gigabytes = static_cast<double>(weightBytes) / 1e9;
  return map(samples,
             [&](const Sample &s) { return gigabytes / s.readSeconds; });
}

std::vector<double> Measurement::getPeak() const {
  return map(samples, [](const Sample &s) { return s.peak / 1e9; });
}

/// A prompt reads the weights once for each block of columns, and what is in
/// the caches before it once; a generated token reads the weights once for the
/// streams that go together, and its stream's caches.
Measurement makeMeasurement(const BenchTest &test, const Workload &workload) {
  const double streams = static_cast<double>(test.streams);
  Measurement m{
      .test = test, .weightBytes = workload.getWeightBytes(), .samples = {}};
  const double weights = static_cast<double>(m.weightBytes);
  const int64_t count = test.promptTokens + test.genTokens;
  double cacheBytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    cacheBytes += static_cast<double>(workload.getCacheBytes(test.depth + i));
    m.flops += workload.getAttentionFlops(test.depth + i);
  }
  m.productFlops = workload.getProductFlops() * static_cast<double>(count);
  if (test.promptTokens > 0) {
    const int64_t blocks = (count + kPromptBlock - 1) / kPromptBlock;
    const double before =
        test.depth > 0
            ? static_cast<double>(workload.getCacheBytes(test.depth - 1))
            : 0;
    m.bytes = streams * (weights * static_cast<double>(blocks) + before);
    m.flops += m.productFlops + workload.getHeadFlops();
  } else {
    const int64_t groups =
        (test.streams + kMostStreamsTogether - 1) / kMostStreamsTogether;
    m.bytes =
        weights * static_cast<double>(groups * count) + streams * cacheBytes;
    m.flops +=
        m.productFlops + workload.getHeadFlops() * static_cast<double>(count);
  }
  m.flops *= streams;
  m.productFlops *= streams;
  return m;
}

//===----------------------------------------------------------------------===//
// Rounds
//===----------------------------------------------------------------------===//

static unsigned resolveThreads(int64_t threads) {
  if (threads > 0)
    return static_cast<unsigned>(threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

std::vector<BenchTest> listTests(const BenchOptions &options) {
  std::vector<BenchTest> tests;
  for (int64_t threads : options.threads)
    for (int64_t streams : options.streams)
      for (int64_t depth : options.depths) {
        BenchTest test{.depth = depth,
                       .threads = resolveThreads(threads),
                       .streams = streams};
        for (int64_t tokens : options.promptTokens) {
          test.promptTokens = tokens;
          tests.push_back(test);
        }
        test.promptTokens = 0;
        for (int64_t tokens : options.genTokens) {
          test.genTokens = tokens;
          tests.push_back(test);
        }
      }
  return tests;
}

absl::StatusOr<std::vector<Measurement>>
measureThroughput(const std::shared_ptr<const Bundle> &bundle,
                  const Workload &workload, const BenchOptions &options) {
  std::vector<Measurement> all;
  for (const BenchTest &test : listTests(options))
    all.push_back(makeMeasurement(test, workload));
  TestRunner runner(bundle, workload, options);
  const int64_t first = options.noWarmup ? 0 : -1;
  for (int64_t round = first; round < options.repetitions; ++round)
    for (Measurement &m : all) {
      const Progress progress(
          options.wantsProgress(),
          round < 0
              ? absl::StrCat("warming up ", m.test.getName())
              : absl::StrCat("round ", round + 1, " of ", options.repetitions,
                             ": ", m.test.getName()));
      if (round < 0) {
        ESPRESSO_RETURN_IF_ERROR(runner.warmUp(m.test));
        continue;
      }
      ESPRESSO_ASSIGN_OR_RETURN(Sample sample,
                                runner.measure(m.test, round % 2 == 0));
      m.samples.push_back(sample);
    }
  return all;
}

} // namespace espresso::runtime::bench
