//===- ColumnNorm.cpp - Norms as programs write them ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Element i of a column goes to partial sum i mod kPartials, and partial sums
// are added by halves: in vectors along the column where its elements lie side
// by side, across columns where those do. Both give the same bits.
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/ColumnNorm.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Load-inl.h"
#include "espresso/Kernels/ColumnNorm.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Partial sums of a column: two vectors of the widest machine.
static constexpr int64_t kPartials = 32;
static constexpr int64_t kLaneCount = hn::MaxLanes(FloatTag());
static_assert(kPartials % kLaneCount == 0);

/// One column of a norm: where it begins, and how it ends.
struct NormLine {
  const float *x = nullptr;
  int64_t count = 0;
  const float *gains = nullptr, *shifts = nullptr, *residual = nullptr;
  float *out = nullptr;
};

static float addByHalves(float *partials) {
  for (int64_t width = kPartials / 2; width > 0; width /= 2)
    for (int64_t i = 0; i < width; ++i)
      partials[i] += partials[i + width];
  return partials[0];
}

//===----------------------------------------------------------------------===//
// Columns whose elements lie side by side
//===----------------------------------------------------------------------===//

/// The sum of x - mean, or of its squares.
template <bool kSquares>
HWY_INLINE float sumRow(const float *x, int64_t n, float mean) {
  constexpr int kVectors = static_cast<int>(kPartials / kLaneCount);
  const FloatTag d;
  const FloatVec means = hn::Set(d, mean);
  FloatVec sums[kVectors];
  ESPRESSO_UNROLL
  for (int k = 0; k < kVectors; ++k)
    sums[k] = hn::Zero(d);
  auto add = [&](const float *from) HWY_ATTR {
    ESPRESSO_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      const FloatVec v = hn::LoadU(d, from + k * kLaneCount);
      if constexpr (kSquares) {
        const FloatVec delta = hn::Sub(v, means);
        sums[k] = hn::MulAdd(delta, delta, sums[k]);
      } else {
        sums[k] = hn::Add(sums[k], v);
      }
    }
  };
  int64_t i = 0;
  for (; i + kPartials <= n; i += kPartials)
    add(x + i);
  HWY_ALIGN float partials[kPartials];
  if (i < n) {
    // What adds nothing fills the last round up.
    std::fill_n(partials, kPartials, kSquares ? mean : 0.0f);
    std::copy_n(x + i, n - i, partials);
    add(partials);
  }
  ESPRESSO_UNROLL
  for (int k = 0; k < kVectors; ++k)
    hn::Store(sums[k], d, partials + k * kLaneCount);
  return addByHalves(partials);
}

template <typename Tag>
HWY_INLINE void finishRow(Tag d, const NormLine &line, float mean, float factor,
                          int64_t i) {
  auto y = hn::Mul(hn::Sub(hn::LoadU(d, line.x + i), hn::Set(d, mean)),
                   hn::Set(d, factor));
  if (line.gains)
    y = hn::Mul(y, hn::LoadU(d, line.gains + i));
  if (line.shifts)
    y = hn::Add(y, hn::LoadU(d, line.shifts + i));
  if (line.residual)
    y = hn::Add(y, hn::LoadU(d, line.residual + i));
  hn::StoreU(y, d, line.out + i);
}

static void normRow(const ColumnNorm &norm, const NormLine &line) {
  const int64_t n = line.count;
  const float mean =
      norm.centres ? sumRow<false>(line.x, n, 0.0f) * norm.meanScale : 0.0f;
  const float squares = sumRow<true>(line.x, n, mean);
  const float factor =
      1.0f / std::sqrt(squares * norm.squareScale + norm.epsilon);
  int64_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount)
    finishRow(FloatTag(), line, mean, factor, i);
  for (; i < n; ++i)
    finishRow(hn::CappedTag<float, 1>(), line, mean, factor, i);
}

//===----------------------------------------------------------------------===//
// Columns side by side: `stride` apart are the elements of one
//===----------------------------------------------------------------------===//

template <bool kSquares, typename Tag, typename Vec = hn::Vec<Tag>>
HWY_INLINE Vec sumLines(Tag d, const float *x, int64_t n, int64_t stride,
                        Vec means) {
  HWY_ALIGN float partials[kPartials * hn::MaxLanes(d)] = {};
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < n; ++i) {
    float *partial = partials + i % kPartials * lanes;
    const Vec v = hn::LoadU(d, x + i * stride), sum = hn::Load(d, partial);
    if constexpr (kSquares) {
      const Vec delta = hn::Sub(v, means);
      hn::Store(hn::MulAdd(delta, delta, sum), d, partial);
    } else {
      hn::Store(hn::Add(sum, v), d, partial);
    }
  }
  for (int64_t width = kPartials / 2; width > 0; width /= 2)
    for (int64_t i = 0; i < width; ++i)
      hn::Store(hn::Add(hn::Load(d, partials + i * lanes),
                        hn::Load(d, partials + (i + width) * lanes)),
                d, partials + i * lanes);
  return hn::Load(d, partials);
}

template <typename Tag>
HWY_INLINE void normLines(Tag d, const ColumnNorm &norm, const NormLine &line,
                          int64_t stride) {
  using Vec = hn::Vec<Tag>;
  const int64_t n = line.count;
  Vec mean = hn::Zero(d);
  if (norm.centres)
    mean = hn::Mul(sumLines<false>(d, line.x, n, stride, mean),
                   hn::Set(d, norm.meanScale));
  const Vec squares = sumLines<true>(d, line.x, n, stride, mean);
  // Rounded as two operations in normRow(), too.
  const Vec scaled = hn::Mul(squares, hn::Set(d, norm.squareScale));
  const Vec factor = hn::Div(
      hn::Set(d, 1.0f), hn::Sqrt(hn::Add(scaled, hn::Set(d, norm.epsilon))));
  for (int64_t i = 0; i < n; ++i) {
    Vec y = hn::Mul(hn::Sub(hn::LoadU(d, line.x + i * stride), mean), factor);
    if (line.gains)
      y = hn::Mul(y, hn::Set(d, line.gains[i]));
    if (line.shifts)
      y = hn::Add(y, hn::Set(d, line.shifts[i]));
    if (line.residual)
      y = hn::Add(y, hn::LoadU(d, line.residual + i * stride));
    hn::StoreU(y, d, line.out + i * stride);
  }
}

/// Columns [begin, end) of the inner ones of outer part `o`.
static void normPart(const ColumnNorm &norm, const float *x,
                     const AxisShape &shape, float *out, int64_t o,
                     int64_t begin, int64_t end) {
  const int64_t n = shape.count, stride = shape.inner;
  // One vector of gains serves all parts, or each has its own.
  auto getVector = [&](std::span<const float> all) -> const float * {
    if (all.empty())
      return nullptr;
    return all.data() + (static_cast<int64_t>(all.size()) > n ? o * n : 0);
  };
  auto getLine = [&](int64_t column) {
    const int64_t at = o * n * stride + column;
    return NormLine{x + at,
                    n,
                    getVector(norm.gains),
                    getVector(norm.shifts),
                    norm.residual.empty() ? nullptr : norm.residual.data() + at,
                    out + at};
  };
  if (stride == 1)
    return normRow(norm, getLine(0));
  int64_t column = begin;
  for (; column + kLaneCount <= end; column += kLaneCount)
    normLines(FloatTag(), norm, getLine(column), stride);
  for (; column < end; ++column)
    normLines(hn::CappedTag<float, 1>(), norm, getLine(column), stride);
}

static int64_t laneCount() { return kLaneCount; }

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(normPart);
HWY_EXPORT(laneCount);

/// Elements below which another thread costs more than it saves.
static constexpr int64_t kElementsPerThread = 16384;

void normColumns(const ColumnNorm &norm, std::span<const float> x,
                 const AxisShape &shape, std::span<float> out,
                 ThreadPool &pool) {
  assert(static_cast<int64_t>(x.size()) == shape.size());
  assert(static_cast<int64_t>(out.size()) == shape.size());
  assert(norm.residual.empty() || norm.residual.size() == x.size());
  const int64_t lanes = HWY_DYNAMIC_DISPATCH(laneCount)();
  const int64_t blocks = (shape.inner + lanes - 1) / lanes;
  const int64_t elements =
      std::max<int64_t>(1, shape.count * std::min(lanes, shape.inner));
  pool.parallelFor(shape.outer * blocks,
                   std::max<int64_t>(1, kElementsPerThread / elements),
                   [&](int64_t begin, int64_t end, unsigned) {
                     for (int64_t block = begin; block < end; ++block) {
                       const int64_t first = block % blocks * lanes;
                       HWY_DYNAMIC_DISPATCH(normPart)
                       (norm, x.data(), shape, out.data(), block / blocks,
                        first, std::min(first + lanes, shape.inner));
                     }
                   });
}

} // namespace espresso::kernels
#endif // HWY_ONCE
