//===- NormalSource.cpp - Weights that no file holds ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSource.h"
#include "espresso/Base/Half.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/Support/FormatVariadic.h"

#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>

namespace espresso {

/// Elements that one random number of 64 bits gives, 16 bits each.
static constexpr int64_t kPerDraw = 4;
static constexpr int64_t kNumQuantiles = 1 << 16;

/// The normal distribution's quantiles of (i + 1/2) / 2^16. Each is found by
/// Newton's method from the one before it, which is close.
static std::vector<float> makeQuantiles() {
  std::vector<float> quantiles(kNumQuantiles);
  constexpr int kSteps = 4;
  double x = 0;
  for (int64_t i = kNumQuantiles / 2; i < kNumQuantiles; ++i) {
    double tail = 1 - (static_cast<double>(i) + 0.5) / kNumQuantiles;
    for (int step = 0; step < kSteps; ++step) {
      double density =
          std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<double>);
      x += (std::erfc(x / std::numbers::sqrt2_v<double>) / 2 - tail) / density;
    }
    quantiles[i] = static_cast<float>(x);
    quantiles[kNumQuantiles - 1 - i] = -quantiles[i];
  }
  return quantiles;
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, 2014), a bijection whose
/// values for successive arguments pass as random.
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

namespace {

class NormalSource final : public RangeSource {
public:
  NormalSource(int64_t count, uint64_t seed, double mean, double deviation)
      : RangeSource(DataType::Float16, count), seed(seed),
        mean(static_cast<float>(mean)),
        deviation(static_cast<float>(deviation)) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  std::string getKey() const override {
    return llvm::formatv("normal:{0}:{1:e}:{2:e}[{3}]", seed, mean, deviation,
                         getNumElements());
  }

private:
  uint64_t seed;
  float mean;
  float deviation;
};

} // namespace

LogicalResult NormalSource::readRange(int64_t first, int64_t count,
                                      llvm::MutableArrayRef<uint8_t> out,
                                      DiagnosticEngine &) const {
  assert(out.size() == count * sizeof(uint16_t) && "wrong buffer size");
  static const std::vector<float> quantiles = makeQuantiles();
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15; // 2^64 / golden ratio
  uint64_t draw = 0;
  for (int64_t i = 0; i < count; ++i) {
    int64_t index = first + i, lane = index % kPerDraw;
    if (lane == 0 || i == 0)
      draw =
          mix(seed + kGolden * (static_cast<uint64_t>(index / kPerDraw) + 1));
    float normal = quantiles[draw >> (16 * lane) & 0xffff];
    uint16_t bits = floatToHalf(mean + deviation * normal);
    std::memcpy(out.data() + i * sizeof(bits), &bits, sizeof(bits));
  }
  return success();
}

WeightSourceRef makeNormalSource(int64_t count, uint64_t seed, double mean,
                                 double deviation) {
  return std::make_shared<NormalSource>(count, seed, mean, deviation);
}

} // namespace espresso
