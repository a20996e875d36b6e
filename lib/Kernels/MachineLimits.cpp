//===- MachineLimits.cpp - What this machine can do at most ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/MachineLimits.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "espresso/Kernels/MachineLimits.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

#include <algorithm>
#include <atomic>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

static uint64_t readPart(const uint32_t *data, int64_t begin, int64_t end) {
  const hn::ScalableTag<uint32_t> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a, c = a, e = a;
  int64_t i = begin;
  for (; i + 4 * lanes <= end; i += 4 * lanes) {
    for (int64_t line = 0; line < 4 * lanes; line += 16)
      hwy::Prefetch(data + i + line + 1024);
    a = hn::Add(a, hn::LoadU(d, data + i));
    b = hn::Add(b, hn::LoadU(d, data + i + lanes));
    c = hn::Add(c, hn::LoadU(d, data + i + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, data + i + 3 * lanes));
  }
  uint64_t sum =
      hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < end; ++i)
    sum += data[i];
  return sum;
}

/// Chains of multiply-adds, more than latency times units of any machine known.
static constexpr int kChains = 12;
static constexpr int64_t kRounds = 4'000'000;

static double multiplyAdd(float seed, float *result) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<hn::ScalableTag<float>>;
  const V factor = hn::Set(d, 0.999f), term = hn::Set(d, seed);
  // All different, or a compiler could make one of them.
  auto start = [&](float i) { return hn::Set(d, seed + i); };
  V s0 = start(0), s1 = start(1), s2 = start(2), s3 = start(3), s4 = start(4),
    s5 = start(5), s6 = start(6), s7 = start(7), s8 = start(8), s9 = start(9),
    s10 = start(10), s11 = start(11);
  for (int64_t i = 0; i < kRounds; ++i) {
    s0 = hn::MulAdd(s0, factor, term);
    s1 = hn::MulAdd(s1, factor, term);
    s2 = hn::MulAdd(s2, factor, term);
    s3 = hn::MulAdd(s3, factor, term);
    s4 = hn::MulAdd(s4, factor, term);
    s5 = hn::MulAdd(s5, factor, term);
    s6 = hn::MulAdd(s6, factor, term);
    s7 = hn::MulAdd(s7, factor, term);
    s8 = hn::MulAdd(s8, factor, term);
    s9 = hn::MulAdd(s9, factor, term);
    s10 = hn::MulAdd(s10, factor, term);
    s11 = hn::MulAdd(s11, factor, term);
  }
  const V a = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)),
                      hn::Add(hn::Add(s4, s5), hn::Add(s6, s7)));
  *result = hn::GetLane(hn::SumOfLanes(
      d, hn::Add(a, hn::Add(hn::Add(s8, s9), hn::Add(s10, s11)))));
  return 2.0 * kChains * static_cast<double>(kRounds) *
         static_cast<double>(hn::Lanes(d));
}

static const char *targetName() { return hwy::TargetName(HWY_TARGET); }

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(readPart);
HWY_EXPORT(multiplyAdd);
HWY_EXPORT(targetName);

uint64_t readAll(std::span<const std::span<const uint8_t>> buffers,
                 ThreadPool &pool) {
  // In words, as if the buffers were one.
  int64_t words = 0;
  for (std::span<const uint8_t> buffer : buffers)
    words += static_cast<int64_t>(buffer.size() / sizeof(uint32_t));
  std::atomic<uint64_t> sum{0};
  auto readShare = [&](int64_t begin, int64_t end, unsigned) {
    int64_t first = 0; // of the buffer
    for (std::span<const uint8_t> buffer : buffers) {
      const int64_t count =
          static_cast<int64_t>(buffer.size() / sizeof(uint32_t));
      const int64_t from = std::max(begin - first, int64_t{0});
      const int64_t to = std::min(end - first, count);
      if (from < to)
        sum += HWY_DYNAMIC_DISPATCH(readPart)(
            reinterpret_cast<const uint32_t *>(buffer.data()), from, to);
      first += count;
    }
  };
  constexpr int64_t kGrain = 1 << 16;
  pool.parallelFor(words, kGrain, readShare);
  return sum;
}

uint64_t readAll(const void *data, size_t bytes, ThreadPool &pool) {
  const std::span<const uint8_t> buffer(static_cast<const uint8_t *>(data),
                                        bytes);
  return readAll({&buffer, 1}, pool);
}

double runPeak(ThreadPool &pool) {
  const int64_t threads = pool.getNumThreads();
  std::atomic<double> operations{0};
  std::vector<float> results(threads);
  pool.parallelFor(threads, 1, [&](int64_t begin, int64_t end, unsigned) {
    for (int64_t i = begin; i < end; ++i)
      operations += HWY_DYNAMIC_DISPATCH(multiplyAdd)(
          static_cast<float>(i) * 0.001f, &results[i]);
  });
  return operations;
}

std::string getInstructionSet() { return HWY_DYNAMIC_DISPATCH(targetName)(); }

} // namespace espresso::kernels
#endif // HWY_ONCE
