//===- Attention.cpp - Rotary positions and attention ---------------------===//
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
#include "espresso/Base/CheckedMath.h"
#include "espresso/Kernels/Attention.h"
#include "espresso/Kernels/Reduce.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Rotates one head: `n` = pairs * columns elements in either half.
static void ropeHead(const float *x, int64_t n, const float *cosines,
                     const float *sines, float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const FloatVec low = hn::LoadU(d, x + i), high = hn::LoadU(d, x + n + i);
    const FloatVec c = hn::LoadU(d, cosines + i), s = hn::LoadU(d, sines + i);
    hn::StoreU(hn::Sub(hn::Mul(low, c), hn::Mul(high, s)), d, out + i);
    hn::StoreU(hn::Add(hn::Mul(high, c), hn::Mul(low, s)), d, out + n + i);
  }
  for (; i < n; ++i) {
    const float low = x[i], high = x[n + i];
    out[i] = low * cosines[i] - high * sines[i];
    out[n + i] = high * cosines[i] + low * sines[i];
  }
}

/// out += weight * row, over `n` elements.
template <typename T>
HWY_INLINE void addScaled(const T *row, float weight, int64_t n, float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec weights = hn::Set(d, weight);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::MulAdd(weights, loadFloats(row + i), hn::LoadU(d, out + i)),
               d, out + i);
  for (; i < n; ++i)
    out[i] += weight * toFloat(row[i]);
}

/// scores[r] = scale * (row r of `rows`, `stride` apart, times q).
template <typename T>
static void scoreRows(const T *rows, int64_t stride, int64_t count,
                      const float *q, int64_t n, float scale, float *scores) {
  for (int64_t r = 0; r < count; ++r)
    scores[r] = scale * dotProduct(rows + r * stride, q, n);
}

template <typename T>
static void sumRows(const T *rows, int64_t stride, int64_t count,
                    const float *weights, int64_t n, float *out) {
  std::fill_n(out, n, 0.0f);
  for (int64_t r = 0; r < count; ++r)
    addScaled(rows + r * stride, weights[r], n, out);
}

static void scoreF32(const float *rows, int64_t stride, int64_t count,
                     const float *q, int64_t n, float scale, float *scores) {
  scoreRows(rows, stride, count, q, n, scale, scores);
}
static void scoreF16(const uint16_t *rows, int64_t stride, int64_t count,
                     const float *q, int64_t n, float scale, float *scores) {
  scoreRows(rows, stride, count, q, n, scale, scores);
}
static void sumF32(const float *rows, int64_t stride, int64_t count,
                   const float *weights, int64_t n, float *out) {
  sumRows(rows, stride, count, weights, n, out);
}
static void sumF16(const uint16_t *rows, int64_t stride, int64_t count,
                   const float *weights, int64_t n, float *out) {
  sumRows(rows, stride, count, weights, n, out);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(ropeHead);
HWY_EXPORT(scoreF32);
HWY_EXPORT(scoreF16);
HWY_EXPORT(sumF32);
HWY_EXPORT(sumF16);

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

int64_t getAttentionScratch(const AttentionShape &shape, int64_t rows,
                            unsigned threads) {
  // Scores of one column of one head, its query and its result.
  const int64_t perThread = rows + 2 * shape.headDim;
  std::optional<uint64_t> total =
      checkedMul(static_cast<uint64_t>(perThread), threads);
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(total.value_or(kMax), kMax));
}

static void score(const MatrixView &keys, int64_t first, int64_t count,
                  const float *q, const AttentionShape &shape, float *scores) {
  if (keys.type == DataType::Float16)
    return HWY_DYNAMIC_DISPATCH(scoreF16)(
        static_cast<const uint16_t *>(keys.data) + first, keys.columns, count,
        q, shape.headDim, shape.scale, scores);
  return HWY_DYNAMIC_DISPATCH(scoreF32)(
      static_cast<const float *>(keys.data) + first, keys.columns, count, q,
      shape.headDim, shape.scale, scores);
}

static void sum(const MatrixView &values, int64_t first, int64_t count,
                const float *weights, int64_t headDim, float *out) {
  if (values.type == DataType::Float16)
    return HWY_DYNAMIC_DISPATCH(sumF16)(
        static_cast<const uint16_t *>(values.data) + first, values.columns,
        count, weights, headDim, out);
  return HWY_DYNAMIC_DISPATCH(sumF32)(
      static_cast<const float *>(values.data) + first, values.columns, count,
      weights, headDim, out);
}

/// One column of one query head.
static void attend(const AttentionShape &shape, int64_t head, int64_t column,
                   const float *q, const MatrixView &keys,
                   const MatrixView &values, std::span<float> scores,
                   float *out) {
  const int64_t first = head / (shape.heads / shape.kvHeads) * shape.headDim;
  const int64_t end = shape.position + column + 1;
  const int64_t count = std::min(end, shape.window);
  const int64_t offset = first + (end - count) * keys.columns;
  std::span<float> seen = scores.first(count);
  score(keys, offset, count, q, shape, seen.data());
  if (shape.softcap != 0)
    for (float &element : seen)
      element = shape.softcap * std::tanh(element / shape.softcap);
  softmax(seen, {.outer = 1, .count = count, .inner = 1}, seen);
  sum(values, offset, count, seen.data(), shape.headDim, out);
}

void attention(const AttentionShape &shape, std::span<const float> q,
               const MatrixView &keys, const MatrixView &values,
               std::span<float> scratch, std::span<float> y, ThreadPool &pool) {
  const int64_t d = shape.headDim, s = shape.columns;
  const int64_t rows = shape.position + s;
  assert(rows <= keys.rows && rows <= values.rows);
  assert(static_cast<int64_t>(scratch.size()) >=
         getAttentionScratch(shape, rows, pool.getNumThreads()));
  auto body = [&](int64_t begin, int64_t end, unsigned thread) {
    std::span<float> mine = scratch.subspan(thread * (rows + 2 * d));
    float *query = mine.data() + rows, *result = query + d;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t head = task / s, column = task % s;
      const float *from = q.data() + head * d * s + column;
      float *to = y.data() + head * d * s + column;
      if (s == 1) {
        attend(shape, head, column, from, keys, values, mine, to);
        continue;
      }
      for (int64_t i = 0; i < d; ++i)
        query[i] = from[i * s];
      attend(shape, head, column, query, keys, values, mine, result);
      for (int64_t i = 0; i < d; ++i)
        to[i * s] = result[i];
    }
  };
  // A thread should have some ten thousand products to do.
  const int64_t grain =
      std::max<int64_t>(1, 16384 / std::max<int64_t>(1, rows * d));
  pool.parallelFor(shape.heads * s, grain, body);
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
