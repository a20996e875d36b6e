//===- Quantised.cpp - Products of weights of 8 and 4 bits ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Quantised.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Row-inl.h"
#include "espresso/Kernels/Quantised.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

static constexpr int64_t kHalfGroup = kGroupSize / 2;
static_assert(kHalfGroup % kLaneCount == 0, "vectors divide half a group");
static_assert(kGroupSize % kStep == 0, "steps divide a group");

static void widenBytes(const uint8_t *row, int64_t n, float *out) {
  const FloatTag d;
  const int8_t *from = reinterpret_cast<const int8_t *>(row);
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount)
    hn::StoreU(loadFloats(from + i), d, out + i);
  for (; i < n; ++i)
    out[i] = from[i];
}

HWY_INLINE FloatVec broadcastHalf(uint16_t bits) {
  const hn::Rebind<uint16_t, FloatTag> words;
  const hn::Rebind<hwy::float16_t, FloatTag> halves;
  return repairInfinity(
      hn::PromoteTo(FloatTag(), hn::BitCast(halves, hn::Set(words, bits))));
}

/// The scale of a group, and what stands for 0 in it: a number n is n * scale -
/// 8 * scale, exactly, since a scale has 11 bits.
struct GroupScale {
  HWY_INLINE explicit GroupScale(uint16_t bits)
      : scale(broadcastHalf(bits)),
        base(hn::Mul(scale, hn::Set(FloatTag(), -8.0f))) {}
  FloatVec scale, base;
};

/// Elements [at, at + lanes) of a group.
HWY_INLINE FloatVec loadNibbles(const uint8_t *group, int64_t at,
                                const GroupScale &scale) {
  const hn::Rebind<uint8_t, FloatTag> bytes;
  const hn::Rebind<int32_t, FloatTag> ints;
  const auto both =
      hn::PromoteTo(ints, hn::LoadU(bytes, group + at % kHalfGroup));
  const auto number = at < kHalfGroup ? hn::And(both, hn::Set(ints, 15))
                                      : hn::ShiftRight<4>(both);
  return hn::MulAdd(hn::ConvertTo(FloatTag(), number), scale.scale, scale.base);
}

static void widenNibbles(const uint8_t *row, const uint16_t *scales, int64_t n,
                         float *out) {
  const FloatTag d;
  for (int64_t g = 0; g < n / kGroupSize; ++g) {
    const GroupScale scale(scales[g]);
    for (int64_t at = 0; at < kGroupSize; at += kLaneCount)
      hn::StoreU(loadNibbles(row + g * kHalfGroup, at, scale), d,
                 out + g * kGroupSize + at);
  }
}

static float multiplyBytes(const uint8_t *row, const float *x, int64_t n) {
  return multiplyRow(reinterpret_cast<const int8_t *>(row), x, n);
}

/// As multiplyRow() of the widened row.
static float multiplyNibbles(const uint8_t *row, const uint16_t *scales,
                             const float *x, int64_t n) {
  const FloatTag d;
  FloatVec sums[kSums];
  ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k)
    sums[k] = hn::Zero(d);
  for (int64_t g = 0; g < n / kGroupSize; ++g) {
    const uint8_t *group = row + g * kHalfGroup;
    if (g % 4 == 0)
      hwy::Prefetch(group + kPrefetchBytes);
    const GroupScale scale(scales[g]);
    ESPRESSO_UNROLL
    for (int64_t step = 0; step < kGroupSize; step += kStep)
      ESPRESSO_UNROLL
    for (int k = 0; k < kSums; ++k) {
      const int64_t at = step + k * kLaneCount;
      sums[k] = hn::MulAdd(loadNibbles(group, at, scale),
                           hn::LoadU(d, x + g * kGroupSize + at), sums[k]);
    }
  }
  foldVectors(sums);
  return foldLanes(sums[0]);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(widenBytes);
HWY_EXPORT(widenNibbles);
HWY_EXPORT(multiplyBytes);
HWY_EXPORT(multiplyNibbles);

QuantisedView QuantisedMatrix::getView() const {
  const bool isBytes = format == QuantisedFormat::Int8;
  return {format, data.data(),
          isBytes ? static_cast<const void *>(rowScales.data())
                  : groupScales.data(),
          rows, columns};
}

static void quantiseRow(std::span<const float> row, QuantisedMatrix &matrix) {
  float largest = 0;
  for (float value : row)
    largest = std::max(largest, std::abs(value));
  const float scale = largest / 127;
  matrix.rowScales.push_back(scale);
  for (float value : row) {
    const float number =
        scale > 0 ? std::clamp(std::nearbyint(value / scale), -127.0f, 127.0f)
                  : 0.0f;
    matrix.data.push_back(static_cast<uint8_t>(static_cast<int8_t>(number)));
  }
}

static void quantiseGroup(std::span<const float> group,
                          QuantisedMatrix &matrix) {
  float largest = 0;
  for (float value : group)
    if (std::abs(value) > std::abs(largest))
      largest = value;
  const uint16_t bits = floatToHalf(largest / -8);
  const float scale = halfToFloat(bits);
  matrix.groupScales.push_back(bits);
  auto getNumber = [scale](float value) {
    if (scale == 0)
      return 8;
    const float steps = std::clamp(std::nearbyint(value / scale), -8.0f, 7.0f);
    return static_cast<int>(steps) + 8;
  };
  for (int64_t j = 0; j < kGroupSize / 2; ++j)
    matrix.data.push_back(static_cast<uint8_t>(
        getNumber(group[j]) | getNumber(group[j + kGroupSize / 2]) << 4));
}

QuantisedMatrix quantise(std::span<const float> w, int64_t rows,
                         int64_t columns, QuantisedFormat format) {
  assert(static_cast<int64_t>(w.size()) == rows * columns);
  assert(format == QuantisedFormat::Int8 || columns % kGroupSize == 0);
  QuantisedMatrix matrix;
  matrix.format = format;
  matrix.rows = rows;
  matrix.columns = columns;
  if (format == QuantisedFormat::Int8)
    for (int64_t r = 0; r < rows; ++r)
      quantiseRow(w.subspan(r * columns, columns), matrix);
  else
    for (int64_t at = 0; at < rows * columns; at += kGroupSize)
      quantiseGroup(w.subspan(at, kGroupSize), matrix);
  return matrix;
}

static const uint16_t *getGroupScales(const QuantisedView &w, int64_t row) {
  return static_cast<const uint16_t *>(w.scales) +
         row * (w.columns / kGroupSize);
}

/// Rows of w as fp32 rows; those of Int8 without their scales.
static void widen(const QuantisedView &w, int64_t row, int64_t count,
                  float *out) {
  for (int64_t r = row; r < row + count; ++r, out += w.columns) {
    const uint8_t *from = w.data + r * w.getRowBytes();
    if (w.format == QuantisedFormat::Int8)
      HWY_DYNAMIC_DISPATCH(widenBytes)(from, w.columns, out);
    else
      HWY_DYNAMIC_DISPATCH(widenNibbles)
    (from, getGroupScales(w, r), w.columns, out);
  }
}

/// The product of one row and the only column, without an Int8 row's scale.
static float multiplyOne(const QuantisedView &w, int64_t row, const float *x) {
  const uint8_t *from = w.data + row * w.getRowBytes();
  if (w.format == QuantisedFormat::Int8)
    return HWY_DYNAMIC_DISPATCH(multiplyBytes)(from, x, w.columns);
  return HWY_DYNAMIC_DISPATCH(multiplyNibbles)(from, getGroupScales(w, row), x,
                                               w.columns);
}

void matMul(const QuantisedView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool) {
  assert(w.format == QuantisedFormat::Int8 || w.columns % kGroupSize == 0);
  assert(static_cast<int64_t>(y.size()) >= w.rows * s);
  const float *rowScales = w.format == QuantisedFormat::Int8
                               ? static_cast<const float *>(w.scales)
                               : nullptr;
  auto finish = [&](int64_t begin, int64_t end) {
    float *to = y.data() + begin * s;
    for (int64_t r = begin; r < end; ++r, to += s)
      for (int64_t c = 0; c < s; ++c) {
        if (rowScales)
          to[c] *= rowScales[r];
        if (!bias.empty())
          to[c] += bias[r];
      }
  };
  if (s == 1)
    return pool.parallelChunks(w.rows, pool.getChunk(w.rows, w.getRowBytes()),
                               [&](int64_t begin, int64_t end, unsigned) {
                                 for (int64_t r = begin; r < end; ++r)
                                   y[r] = multiplyOne(w, r, x.data());
                                 finish(begin, end);
                               });
  // A tile's rows for few columns stay in the first cache or the second.
  const int64_t height = s <= kMaxFewColumns ? 12 : 120;
  const int64_t room = height * w.columns;
  const PreparedColumns columns =
      prepareColumns(x, w.columns, s, pool, room * pool.getNumThreads());
  pool.parallelChunks(
      w.rows, height, [&](int64_t begin, int64_t end, unsigned thread) {
        float *wide = columns.extra + thread * room;
        widen(w, begin, end - begin, wide);
        const MatrixView rows{DataType::Float32, wide, end - begin, w.columns};
        multiplyRows(rows, columns, nullptr, y.data() + begin * s, 0,
                     end - begin, thread);
        finish(begin, end);
      });
}

} // namespace espresso::kernels
#endif // HWY_ONCE
