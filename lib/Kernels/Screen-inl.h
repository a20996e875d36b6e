//===- Screen-inl.h - Rows in int8 and their products -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Included once for every instruction set, as Load-inl.h is.
#if defined(ESPRESSO_LIB_KERNELS_SCREEN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_SCREEN_INL_H
#undef ESPRESSO_LIB_KERNELS_SCREEN_INL_H
#else
#define ESPRESSO_LIB_KERNELS_SCREEN_INL_H
#endif

#include "Kernels/Fold-inl.h"
#include "Kernels/HeadBounds.h"
#include "hwy/cache_control.h"

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

using ShortTag = hn::ScalableTag<int16_t>;
using IntTag = hn::ScalableTag<int32_t>;

/// The largest magnitude; infinite or NaN if an element is.
template <typename T>
static float findLargest(const T *row, int64_t n) {
  const FloatTag d;
  // x - x is 0 for numbers, and NaN, which stays, for all else.
  FloatVec top = hn::Zero(d), check = hn::Zero(d);
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) {
    const FloatVec x = loadFloats(row + i);
    top = hn::Max(top, hn::Abs(x));
    check = hn::Add(check, hn::Sub(x, x));
  }
  float largest = hn::GetLane(hn::MaxOfLanes(d, top));
  float bad = hn::GetLane(hn::SumOfLanes(d, check));
  for (; i < n; ++i) {
    const float x = toFloat(row[i]);
    largest = std::max(largest, std::abs(x));
    bad += x - x;
  }
  return largest + bad;
}

/// The sum of (x[i] * inverse)^2.
template <typename T>
static float sumSquares(const T *row, int64_t n, float inverse) {
  const FloatTag d;
  FloatVec squares = hn::Zero(d);
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) {
    const FloatVec x = hn::Mul(loadFloats(row + i), hn::Set(d, inverse));
    squares = hn::MulAdd(x, x, squares);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, squares));
  for (; i < n; ++i) {
    const float x = toFloat(row[i]) * inverse;
    sum += x * x;
  }
  return sum;
}

/// Copies a row: out[i] = x[i] * inverse, rounded to nearest.
template <typename T>
static RowSums copyRow(const T *row, int64_t n, float inverse, int8_t *out) {
  const FloatTag d;
  const hn::Rebind<int8_t, FloatTag> bytes;
  FloatVec copied = hn::Zero(d), missing = hn::Zero(d);
  RowSums sums;
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) {
    const FloatVec x = hn::Mul(loadFloats(row + i), hn::Set(d, inverse));
    const auto rounded = hn::NearestInt(x);
    const FloatVec q = hn::ConvertTo(d, rounded);
    const FloatVec rest = hn::Sub(x, q);
    copied = hn::MulAdd(q, q, copied);
    missing = hn::MulAdd(rest, rest, missing);
    hn::StoreU(hn::DemoteTo(bytes, rounded), bytes, out + i);
  }
  sums.copied = hn::GetLane(hn::SumOfLanes(d, copied));
  sums.missing = hn::GetLane(hn::SumOfLanes(d, missing));
  for (; i < n; ++i) {
    const float x = toFloat(row[i]) * inverse, q = std::nearbyint(x);
    sums.copied += q * q;
    sums.missing += (x - q) * (x - q);
    out[i] = static_cast<int8_t>(q);
  }
  return sums;
}

/// The sum of the products of a row of the copy and x, `stride` elements each,
/// exactly: the caller sees to it that partial sums fit 32 bits.
HWY_INLINE int32_t multiplyCopy(const int8_t *row, const int16_t *x,
                                int64_t stride) {
  const ShortTag d16;
  const IntTag d32;
  const hn::Rebind<int8_t, ShortTag> d8;
  constexpr int64_t kShorts = hn::MaxLanes(ShortTag());
  auto sum0 = hn::Zero(d32), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  // Rows are padded to whole cache lines, twice the shorts of any vector.
  for (int64_t i = 0; i < stride; i += 64) {
    hwy::Prefetch(row + i + kPrefetchBytes);
    for (int64_t k = 0; k < 64; k += 2 * kShorts) {
      sum0 = hn::ReorderWidenMulAccumulate(
          d32, hn::PromoteTo(d16, hn::LoadU(d8, row + i + k)),
          hn::LoadU(d16, x + i + k), sum0, sum1);
      sum2 = hn::ReorderWidenMulAccumulate(
          d32, hn::PromoteTo(d16, hn::LoadU(d8, row + i + k + kShorts)),
          hn::LoadU(d16, x + i + k + kShorts), sum2, sum3);
    }
  }
  return hn::GetLane(
      hn::SumOfLanes(d32, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
}

/// products[r - begin] of rows [begin, end) of the copy.
static void multiplyCopies(const int8_t *rows, int64_t stride, const int16_t *x,
                           int64_t begin, int64_t end, int32_t *products) {
  for (int64_t r = begin; r < end; ++r)
    products[r - begin] = multiplyCopy(rows + r * stride, x, stride);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
