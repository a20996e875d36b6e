//===- Attention.cpp - Rotary positions and rows of caches ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Attention.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Load-inl.h"
#include "espresso/Kernels/Attention.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Rotates `lanes` elements of either half.
HWY_INLINE void ropeVector(const float *low, const float *high,
                           const float *cosines, const float *sines,
                           float *outLow, float *outHigh) {
  const FloatTag d;
  const FloatVec x = hn::LoadU(d, low), y = hn::LoadU(d, high);
  const FloatVec c = hn::LoadU(d, cosines), s = hn::LoadU(d, sines);
  hn::StoreU(hn::NegMulAdd(y, s, hn::Mul(x, c)), d, outLow);
  hn::StoreU(hn::MulAdd(x, s, hn::Mul(y, c)), d, outHigh);
}

/// Rotates one head: `n` = pairs * columns elements in either half. The rest of
/// the vectors goes through padded ones: an element has the same bits wherever
/// it lies.
static void ropeHead(const float *x, int64_t n, const float *cosines,
                     const float *sines, float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    ropeVector(x + i, x + n + i, cosines + i, sines + i, out + i, out + n + i);
  if (i == n)
    return;
  HWY_ALIGN float rest[6][hn::MaxLanes(d)] = {};
  const float *from[] = {x + i, x + n + i, cosines + i, sines + i};
  for (int k = 0; k < 4; ++k)
    std::copy_n(from[k], n - i, rest[k]);
  ropeVector(rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]);
  std::copy_n(rest[4], n - i, out + i);
  std::copy_n(rest[5], n - i, out + n + i);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(ropeHead);

std::vector<double> getRopeFrequencies(int64_t rotaryDim, double theta) {
  std::vector<double> frequencies(rotaryDim / 2);
  for (int64_t i = 0; i < rotaryDim / 2; ++i)
    frequencies[i] = std::pow(theta, -2.0 * static_cast<double>(i) /
                                         static_cast<double>(rotaryDim));
  return frequencies;
}

void ropeTable(int64_t position, int64_t s, std::span<const double> frequencies,
               double scale, std::span<float> cosines, std::span<float> sines) {
  const int64_t pairs = static_cast<int64_t>(frequencies.size());
  assert(static_cast<int64_t>(cosines.size()) >= pairs * s);
  for (int64_t i = 0; i < pairs; ++i)
    for (int64_t j = 0; j < s; ++j) {
      const double angle = static_cast<double>(position + j) * frequencies[i];
      cosines[i * s + j] = static_cast<float>(scale * std::cos(angle));
      sines[i * s + j] = static_cast<float>(scale * std::sin(angle));
    }
}

void rope(std::span<const float> x, int64_t s, int64_t headDim,
          std::span<const float> cosines, std::span<const float> sines,
          std::span<float> out) {
  const int64_t half = static_cast<int64_t>(cosines.size()), size = headDim * s;
  assert(x.size() == out.size() && half % s == 0 && 2 * half <= size);
  for (int64_t at = 0; at + size <= static_cast<int64_t>(x.size());
       at += size) {
    HWY_DYNAMIC_DISPATCH(ropeHead)
    (x.data() + at, half, cosines.data(), sines.data(), out.data() + at);
    if (x.data() != out.data())
      std::copy(x.data() + at + 2 * half, x.data() + at + size,
                out.data() + at + 2 * half);
  }
}

void writeRows(std::span<const float> x, int64_t s, DataType type, void *cache,
               int64_t row) {
  const int64_t channels = static_cast<int64_t>(x.size()) / s;
  for (int64_t j = 0; j < s; ++j)
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t at = (row + j) * channels + c;
      if (type == DataType::Float16)
        static_cast<uint16_t *>(cache)[at] =
            espresso::floatToHalf(x[c * s + j]);
      else
        static_cast<float *>(cache)[at] = x[c * s + j];
    }
}

void shortConvolution(const MatrixView &cache, int64_t position, int64_t s,
                      const MatrixView &weight, std::span<const float> bias,
                      std::span<float> y) {
  auto load = [](const MatrixView &view, int64_t row, int64_t column) {
    const int64_t at = row * view.columns + column;
    return view.type == DataType::Float16
               ? halfToFloat(static_cast<const uint16_t *>(view.data)[at])
               : static_cast<const float *>(view.data)[at];
  };
  const int64_t channels = cache.columns, taps = weight.columns;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t j = 0; j < s; ++j) {
      float sum = bias.empty() ? 0 : bias[c];
      // Tap t is for `taps - 1 - t` rows before the column's own.
      const int64_t first = std::max<int64_t>(0, taps - 1 - (position + j));
      for (int64_t t = first; t < taps; ++t)
        sum +=
            load(weight, c, t) * load(cache, position + j - (taps - 1 - t), c);
      y[c * s + j] = sum;
    }
}

} // namespace espresso::kernels
#endif // HWY_ONCE
