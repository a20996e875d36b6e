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

#include "Kernels/Fold-inl.h"
#include "espresso/Kernels/Quantised.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Elements of half a group in a vector's worth of bytes.
static constexpr int64_t kHalfGroup = kGroupSize / 2;
static_assert(kHalfGroup % kLaneCount == 0, "vectors divide half a group");

static void widenBytes(const uint8_t *row, int64_t n, float *out) {
  const FloatTag d;
  const hn::Rebind<int8_t, FloatTag> bytes;
  const hn::Rebind<int32_t, FloatTag> ints;
  const int8_t *from = reinterpret_cast<const int8_t *>(row);
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) {
    if (i % 64 == 0)
      hwy::Prefetch(from + i + kPrefetchBytes);
    hn::StoreU(
        hn::ConvertTo(d, hn::PromoteTo(ints, hn::LoadU(bytes, from + i))), d,
        out + i);
  }
  for (; i < n; ++i)
    out[i] = from[i];
}

static void widenNibbles(const uint8_t *row, const uint16_t *scales, int64_t n,
                         float *out) {
  const FloatTag d;
  const hn::Rebind<uint8_t, FloatTag> bytes;
  const hn::Rebind<int32_t, FloatTag> ints;
  for (int64_t group = 0; group < n / kGroupSize;
       ++group, row += kHalfGroup, out += kGroupSize) {
    if (group % 4 == 0)
      hwy::Prefetch(row + kPrefetchBytes);
    const FloatVec scale = hn::Set(d, espresso::halfToFloat(scales[group]));
    for (int64_t j = 0; j < kHalfGroup; j += kLaneCount) {
      const auto both = hn::PromoteTo(ints, hn::LoadU(bytes, row + j));
      auto widen = [&](auto number) HWY_ATTR {
        return hn::Mul(hn::ConvertTo(d, hn::Sub(number, hn::Set(ints, 8))),
                       scale);
      };
      hn::StoreU(widen(hn::And(both, hn::Set(ints, 15))), d, out + j);
      hn::StoreU(widen(hn::ShiftRight<4>(both)), d, out + j + kHalfGroup);
    }
  }
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(widenBytes);
HWY_EXPORT(widenNibbles);

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

/// Rows of w as fp32 rows; those of Int8 without their scales.
static void widen(const QuantisedView &w, int64_t row, int64_t count,
                  float *out) {
  for (int64_t r = row; r < row + count; ++r, out += w.columns) {
    const uint8_t *from = w.data + r * w.getRowBytes();
    if (w.format == QuantisedFormat::Int8)
      HWY_DYNAMIC_DISPATCH(widenBytes)(from, w.columns, out);
    else
      HWY_DYNAMIC_DISPATCH(widenNibbles)
    (from,
     static_cast<const uint16_t *>(w.scales) + r * (w.columns / kGroupSize),
     w.columns, out);
  }
}

void matMul(const QuantisedView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool) {
  assert(w.format == QuantisedFormat::Int8 || w.columns % kGroupSize == 0);
  assert(static_cast<int64_t>(y.size()) >= w.rows * s);
  // A tile's rows for few columns stay in the first cache or the second.
  const int64_t height = s <= kMaxFewColumns ? 12 : 120;
  const int64_t room = height * w.columns;
  const PreparedColumns columns =
      prepareColumns(x, w.columns, s, pool, room * pool.getNumThreads());
  const float *rowScales = w.format == QuantisedFormat::Int8
                               ? static_cast<const float *>(w.scales)
                               : nullptr;
  pool.parallelChunks(
      w.rows, height, [&](int64_t begin, int64_t end, unsigned thread) {
        float *wide = columns.extra + thread * room;
        widen(w, begin, end - begin, wide);
        const MatrixView rows{DataType::Float32, wide, end - begin, w.columns};
        float *to = y.data() + begin * s;
        multiplyRows(rows, columns, nullptr, to, 0, end - begin, thread);
        for (int64_t r = begin; r < end; ++r, to += s)
          for (int64_t c = 0; c < s; ++c) {
            if (rowScales)
              to[c] *= rowScales[r];
            if (!bias.empty())
              to[c] += bias[r];
          }
      });
}

} // namespace espresso::kernels
#endif // HWY_ONCE
