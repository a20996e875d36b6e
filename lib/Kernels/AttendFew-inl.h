//===- AttendFew-inl.h - Attention of one column ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The query heads of one column that share a key and value head are computed
// together, block by block of kAttendRows cache rows: scores, their maximum,
// exponentials, and the sums of the values. Blocks begin at multiples of
// kAttendRows, whatever the column, and are merged from first to last, so that
// neither threads nor other columns change a bit. Keys and values are widened
// in registers, once for up to four heads.
//
//===----------------------------------------------------------------------===//

#if defined(ESPRESSO_LIB_KERNELS_ATTENDFEW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_ATTENDFEW_INL_H
#undef ESPRESSO_LIB_KERNELS_ATTENDFEW_INL_H
#else
#define ESPRESSO_LIB_KERNELS_ATTENDFEW_INL_H
#endif

#include "Kernels/AttendBlock.h"
#include "Kernels/Fold-inl.h"
#include "Kernels/Math-inl.h"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Scores that are summed together, of rows and heads, and vectors of values
/// that are, as registers allow.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
static constexpr int kScoresTogether = 16, kValuesTogether = 4;
#else
static constexpr int kScoresTogether = 8, kValuesTogether = 2;
#endif
static constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// scores[c * kAttendRows + r] of `Rows` rows from `first` on (of which the
/// `valid` first exist) and `Heads` queries. n is a multiple of the lanes.
template <int Rows, int Heads, typename T>
HWY_INLINE void scoreTile(const T *keys, int64_t stride, int64_t valid,
                          const float *q, int64_t qStride, int64_t n,
                          float *scores) {
  const FloatTag d;
  FloatVec sums[Rows * Heads];
  const T *rows[Rows];
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r)
    rows[r] = keys + std::min<int64_t>(r, valid - 1) * stride;
  ESPRESSO_UNROLL
  for (int i = 0; i < Rows * Heads; ++i)
    sums[i] = hn::Zero(d);
  for (int64_t i = 0; i < n; i += kLaneCount) {
    FloatVec queries[Heads];
    ESPRESSO_UNROLL
    for (int c = 0; c < Heads; ++c)
      queries[c] = hn::LoadU(d, q + c * qStride + i);
    ESPRESSO_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const FloatVec key = loadFloats(rows[r] + i);
      ESPRESSO_UNROLL
      for (int c = 0; c < Heads; ++c)
        sums[c * Rows + r] = hn::MulAdd(key, queries[c], sums[c * Rows + r]);
    }
  }
  HWY_ALIGN float results[Rows * Heads + kLaneCount];
  foldLanes(sums, results);
  const int64_t count = std::min<int64_t>(valid, Rows);
  ESPRESSO_UNROLL
  for (int c = 0; c < Heads; ++c)
    std::copy_n(results + c * Rows, count, scores + c * kAttendRows);
}

/// out[c][i] += weights[c][r] * value row r, in order of r, of `Vectors`
/// vectors and `Heads` heads.
template <int Vectors, int Heads, typename T>
HWY_INLINE void addValues(const T *values, int64_t stride, int64_t count,
                          const float *weights, float *out, int64_t outStride) {
  const FloatTag d;
  FloatVec sums[Heads * Vectors];
  ESPRESSO_UNROLL
  for (int c = 0; c < Heads; ++c)
    ESPRESSO_UNROLL
  for (int v = 0; v < Vectors; ++v)
    sums[c * Vectors + v] = hn::LoadU(d, out + c * outStride + v * kLaneCount);
  for (int64_t r = 0; r < count; ++r) {
    FloatVec row[Vectors];
    ESPRESSO_UNROLL
    for (int v = 0; v < Vectors; ++v)
      row[v] = loadFloats(values + r * stride + v * kLaneCount);
    ESPRESSO_UNROLL
    for (int c = 0; c < Heads; ++c) {
      const FloatVec weight = hn::Set(d, weights[c * kAttendRows + r]);
      ESPRESSO_UNROLL
      for (int v = 0; v < Vectors; ++v)
        sums[c * Vectors + v] =
            hn::MulAdd(weight, row[v], sums[c * Vectors + v]);
    }
  }
  ESPRESSO_UNROLL
  for (int c = 0; c < Heads; ++c)
    ESPRESSO_UNROLL
  for (int v = 0; v < Vectors; ++v)
    hn::StoreU(sums[c * Vectors + v], d, out + c * outStride + v * kLaneCount);
}

/// The heads of one column over one block; see AttendBlock. Rows are read as
/// elements of T, `stride` apart and a whole number of vectors wide.
template <int Heads, typename T>
static void scoreHeads(const T *keys, int64_t stride, const AttendBlock &b,
                       int64_t head, bool fetch) {
  constexpr int kRows = kScoresTogether / Heads;
  const int64_t steps = (b.count + kRows - 1) / kRows;
  Prefetcher keysAhead(b.rows.nextKeys, b.rows.nextKeyBytes, steps);
  Prefetcher valuesAhead(b.rows.nextValues, b.rows.nextValueBytes, steps);
  for (int64_t r = 0; r < b.count; r += kRows) {
    if (fetch) {
      keysAhead.step();
      valuesAhead.step();
    }
    scoreTile<kRows, Heads>(
        keys + r * stride, stride, b.count - r, b.queries + head * b.width,
        b.width, (b.headDim + kLaneCount - 1) / kLaneCount * kLaneCount,
        b.scores + head * kAttendRows + r);
  }
}

template <int Heads, typename T>
static void addHeads(const T *values, int64_t stride, int64_t first,
                     int64_t count, const AttendBlock &b, int64_t head) {
  const float *weights = b.scores + head * kAttendRows + first;
  float *out = b.sums + head * b.width;
  int64_t i = 0;
  for (; i + kValuesTogether * kLaneCount <= b.headDim;
       i += kValuesTogether * kLaneCount)
    addValues<kValuesTogether, Heads>(values + i, stride, count, weights,
                                      out + i, b.width);
  for (; i < b.headDim; i += kLaneCount)
    addValues<1, Heads>(values + i, stride, count, weights, out + i, b.width);
}

/// Calls `run` with the number of heads, as a constant, and the first of them.
template <typename Run>
HWY_INLINE void forHeads(int64_t heads, Run run) {
  int64_t head = 0;
  for (; head + 4 <= heads; head += 4)
    run(std::integral_constant<int, 4>(), head);
  for (; head + 2 <= heads; head += 2)
    run(std::integral_constant<int, 2>(), head);
  if (head < heads)
    run(std::integral_constant<int, 1>(), head);
}

/// Turns scores into exponentials; sets maximum and sum of each head.
static void exponentiate(const AttendBlock &b) {
  const FloatTag d;
  const int64_t padded = (b.count + kLaneCount - 1) / kLaneCount * kLaneCount;
  for (int64_t head = 0; head < b.heads; ++head) {
    float *scores = b.scores + head * kAttendRows;
    std::fill(scores + b.count, scores + padded, kMinusInfinity);
    FloatVec top = hn::Set(d, kMinusInfinity);
    for (int64_t r = 0; r < padded; r += kLaneCount) {
      FloatVec score = hn::Mul(hn::LoadU(d, scores + r), hn::Set(d, b.scale));
      if (b.softcap != 0)
        score = hn::Mul(hn::Set(d, b.softcap),
                        tanhVector(hn::Div(score, hn::Set(d, b.softcap))));
      // tanh has made a number of what is padding.
      if (b.softcap != 0 && r + kLaneCount > b.count)
        score =
            hn::IfThenElse(hn::Lt(hn::Iota(d, 0.0f),
                                  hn::Set(d, static_cast<float>(b.count - r))),
                           score, hn::Set(d, kMinusInfinity));
      hn::StoreU(score, d, scores + r);
      top = hn::Max(top, score);
    }
    const float maximum = hn::GetLane(hn::MaxOfLanes(d, top));
    const FloatVec base =
        hn::Set(d, maximum == kMinusInfinity ? 0.0f : maximum);
    FloatVec sum = hn::Zero(d);
    for (int64_t r = 0; r < padded; r += kLaneCount) {
      const FloatVec e = expVector(hn::Sub(hn::LoadU(d, scores + r), base));
      hn::StoreU(e, d, scores + r);
      sum = hn::Add(sum, e);
    }
    b.maxima[head] = maximum;
    b.totals[head] = foldLanes(sum);
  }
}

/// Widens rows whose width is no whole number of vectors, with zeros after it.
template <typename T>
static void widenRows(const T *rows, int64_t stride, int64_t count, int64_t n,
                      float *out, int64_t width) {
  for (int64_t r = 0; r < count; ++r) {
    for (int64_t i = 0; i < n; ++i)
      out[r * width + i] = toFloat(rows[r * stride + i]);
    std::fill(out + r * width + n, out + (r + 1) * width, 0.0f);
  }
}

/// Calls `run` with `rows` as elements of their type.
template <typename Run>
HWY_INLINE void withCacheRows(DataType type, const void *rows, Run run) {
  if (type == DataType::Float16)
    run(static_cast<const hwy::float16_t *>(rows));
  else
    run(static_cast<const float *>(rows));
}

template <typename T>
static void scoreBlock(const T *keys, const AttendBlock &b) {
  const int64_t stride = b.rows.stride;
  if (b.headDim % kLaneCount == 0)
    return forHeads(b.heads, [&](auto heads, int64_t head) HWY_ATTR {
      scoreHeads<heads>(keys, stride, b, head, /*fetch=*/head == 0);
    });
  AttendBlock part = b;
  for (int64_t r = 0; r < b.count; r += kScoresTogether) {
    part.count = std::min<int64_t>(kScoresTogether, b.count - r);
    part.scores = b.scores + r;
    widenRows(keys + r * stride, stride, part.count, b.headDim, b.wide,
              b.width);
    forHeads(b.heads, [&](auto heads, int64_t head) HWY_ATTR {
      scoreHeads<heads>(b.wide, b.width, part, head, /*fetch=*/false);
    });
  }
}

template <typename T>
static void addBlock(const T *values, const AttendBlock &b) {
  const int64_t stride = b.rows.stride;
  std::fill_n(b.sums, b.heads * b.width, 0.0f);
  if (b.headDim % kLaneCount == 0)
    return forHeads(b.heads, [&](auto heads, int64_t head) HWY_ATTR {
      addHeads<heads>(values, stride, 0, b.count, b, head);
    });
  for (int64_t r = 0; r < b.count; r += kScoresTogether) {
    const int64_t count = std::min<int64_t>(kScoresTogether, b.count - r);
    widenRows(values + r * stride, stride, count, b.headDim, b.wide, b.width);
    forHeads(b.heads, [&](auto heads, int64_t head) HWY_ATTR {
      addHeads<heads>(b.wide, b.width, r, count, b, head);
    });
  }
}

static void attendBlock(const AttendBlock &b) {
  withCacheRows(b.rows.keyType, b.rows.keys,
                [&](const auto *keys) HWY_ATTR { scoreBlock(keys, b); });
  exponentiate(b);
  withCacheRows(b.rows.valueType, b.rows.values,
                [&](const auto *values) HWY_ATTR { addBlock(values, b); });
}

/// Merges the next block into what was before it, of one head.
static void mergeBlock(float maximum, float total, const float *sums,
                       int64_t width, float *allMaximum, float *allTotal,
                       float *allSums) {
  const FloatTag d;
  const float top = std::max(*allMaximum, maximum);
  auto getFactor = [top](float other) {
    return other == top ? 1.0f : std::exp(other - top);
  };
  const float before = getFactor(*allMaximum), now = getFactor(maximum);
  *allMaximum = top;
  *allTotal = *allTotal * before + total * now;
  for (int64_t i = 0; i < width; i += kLaneCount)
    hn::StoreU(
        hn::MulAdd(hn::LoadU(d, sums + i), hn::Set(d, now),
                   hn::Mul(hn::LoadU(d, allSums + i), hn::Set(d, before))),
        d, allSums + i);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
