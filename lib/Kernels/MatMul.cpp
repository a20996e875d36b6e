//===- MatMul.cpp - Products of matrices and vectors ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/MatMul.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Load-inl.h"
#include "espresso/Kernels/MatMul.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Weights of a row converted at a time; a block of rows fits the first cache.
static constexpr int64_t kDepth = 256;
/// Rows whose sums are kept in registers together.
static constexpr int64_t kRows = 4;

template <typename T>
static void matVec(const T *w, int64_t columns, const float *x,
                   const float *bias, float *y, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    float sum = dotProduct(w + row * columns, x, columns);
    y[row] = bias ? sum + bias[row] : sum;
  }
}

/// Adds the products of `depth` weights of kRows rows (in `panel`, kDepth
/// apart) with `depth` rows of x to one or two vectors of each row of y. Sums
/// are variables of their own: an array of them would live in memory. Rows
/// beyond `rows` go nowhere.
template <bool Two>
HWY_INLINE void addTile(const float *panel, int64_t depth, const float *x,
                        float *y, int64_t rows, int64_t s) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  HWY_ALIGN float nowhere[2 * hn::MaxLanes(d)] = {};
  float *y0 = y, *y1 = rows > 1 ? y + s : nowhere,
        *y2 = rows > 2 ? y + 2 * s : nowhere,
        *y3 = rows > 3 ? y + 3 * s : nowhere;
  auto second = [&](const float *from) {
    return Two ? hn::LoadU(d, from + lanes) : hn::Zero(d);
  };
  FloatVec a0 = hn::LoadU(d, y0), a1 = hn::LoadU(d, y1), a2 = hn::LoadU(d, y2),
           a3 = hn::LoadU(d, y3);
  FloatVec b0 = second(y0), b1 = second(y1), b2 = second(y2), b3 = second(y3);
  for (int64_t k = 0; k < depth; ++k) {
    const FloatVec xa = hn::LoadU(d, x + k * s), xb = second(x + k * s);
    const FloatVec w0 = hn::Set(d, panel[k]),
                   w1 = hn::Set(d, panel[kDepth + k]),
                   w2 = hn::Set(d, panel[2 * kDepth + k]),
                   w3 = hn::Set(d, panel[3 * kDepth + k]);
    a0 = hn::MulAdd(w0, xa, a0);
    a1 = hn::MulAdd(w1, xa, a1);
    a2 = hn::MulAdd(w2, xa, a2);
    a3 = hn::MulAdd(w3, xa, a3);
    if constexpr (Two) {
      b0 = hn::MulAdd(w0, xb, b0);
      b1 = hn::MulAdd(w1, xb, b1);
      b2 = hn::MulAdd(w2, xb, b2);
      b3 = hn::MulAdd(w3, xb, b3);
    }
  }
  auto store = [&](const FloatVec &a, const FloatVec &b, float *to) {
    hn::StoreU(a, d, to);
    if constexpr (Two)
      hn::StoreU(b, d, to + lanes);
  };
  store(a3, b3, y3);
  store(a2, b2, y2);
  store(a1, b1, y1);
  store(a0, b0, y0);
}

/// The columns that do not fill a vector.
static void addTail(const float *panel, int64_t depth, const float *x, float *y,
                    int64_t rows, int64_t s, int64_t count) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t j = 0; j < count; ++j)
        y[r * s + j] += panel[r * kDepth + k] * x[k * s + j];
}

template <typename T>
static void fillPanel(const T *w, int64_t columns, int64_t rows, int64_t depth,
                      float *panel) {
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t k = 0; k < depth; ++k)
      panel[r * kDepth + k] = r < rows ? toFloat(w[r * columns + k]) : 0.0f;
}

HWY_INLINE void fillPanelWide(const uint16_t *w, int64_t columns, int64_t rows,
                              int64_t depth, float *panel) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < rows; ++r) {
    int64_t k = 0;
    for (; k + lanes <= depth; k += lanes)
      hn::StoreU(loadFloats(w + r * columns + k), d, panel + r * kDepth + k);
    for (; k < depth; ++k)
      panel[r * kDepth + k] = toFloat(w[r * columns + k]);
  }
}

template <typename T>
static void gemm(const T *w, int64_t columns, const float *x, int64_t s,
                 const float *bias, float *y, int64_t begin, int64_t end) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(FloatTag()));
  alignas(64) float panel[kRows * kDepth] = {};
  for (int64_t row = begin; row < end; row += kRows) {
    const int64_t rows = std::min(kRows, end - row);
    float *out = y + row * s;
    for (int64_t r = 0; r < rows; ++r)
      std::fill_n(out + r * s, s, bias ? bias[row + r] : 0.0f);
    for (int64_t k = 0; k < columns; k += kDepth) {
      const int64_t depth = std::min(kDepth, columns - k);
      const T *from = w + row * columns + k;
      if constexpr (sizeof(T) == 2)
        fillPanelWide(from, columns, rows, depth, panel);
      else
        fillPanel(from, columns, rows, depth, panel);
      int64_t j = 0;
      for (; j + 2 * lanes <= s; j += 2 * lanes)
        addTile<true>(panel, depth, x + k * s + j, out + j, rows, s);
      for (; j + lanes <= s; j += lanes)
        addTile<false>(panel, depth, x + k * s + j, out + j, rows, s);
      addTail(panel, depth, x + k * s + j, out + j, rows, s, s - j);
    }
  }
}

template <typename T>
static void matMulRows(const T *w, int64_t columns, const float *x, int64_t s,
                       const float *bias, float *y, int64_t begin,
                       int64_t end) {
  if (s == 1)
    matVec(w, columns, x, bias, y, begin, end);
  else
    gemm(w, columns, x, s, bias, y, begin, end);
}

static void matMulRowsF32(const float *w, int64_t columns, const float *x,
                          int64_t s, const float *bias, float *y, int64_t begin,
                          int64_t end) {
  matMulRows(w, columns, x, s, bias, y, begin, end);
}
static void matMulRowsF16(const uint16_t *w, int64_t columns, const float *x,
                          int64_t s, const float *bias, float *y, int64_t begin,
                          int64_t end) {
  matMulRows(w, columns, x, s, bias, y, begin, end);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(matMulRowsF32);
HWY_EXPORT(matMulRowsF16);

/// Weights below which another thread costs more than it saves.
static constexpr int64_t kProductsPerThread = 16384;

void matMul(const MatrixView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool) {
  assert(w.type == DataType::Float16 || w.type == DataType::Float32);
  assert(static_cast<int64_t>(x.size()) >= w.columns * s);
  assert(static_cast<int64_t>(y.size()) >= w.rows * s);
  assert(bias.empty() || static_cast<int64_t>(bias.size()) == w.rows);
  const float *b = bias.empty() ? nullptr : bias.data();
  const int64_t grain = std::max<int64_t>(
      4, kProductsPerThread / std::max<int64_t>(1, w.columns * s));
  auto body = [&](int64_t begin, int64_t end, unsigned) {
    if (w.type == DataType::Float16)
      return HWY_DYNAMIC_DISPATCH(matMulRowsF16)(
          static_cast<const uint16_t *>(w.data), w.columns, x.data(), s, b,
          y.data(), begin, end);
    return HWY_DYNAMIC_DISPATCH(matMulRowsF32)(
        static_cast<const float *>(w.data), w.columns, x.data(), s, b, y.data(),
        begin, end);
  };
  pool.parallelFor(w.rows, grain, body);
}

void transpose(std::span<const float> in, int64_t rows, int64_t columns,
               std::span<float> out) {
  constexpr int64_t kBlock = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
    for (int64_t c0 = 0; c0 < columns; c0 += kBlock)
      for (int64_t r = r0; r < std::min(rows, r0 + kBlock); ++r)
        for (int64_t c = c0; c < std::min(columns, c0 + kBlock); ++c)
          out[c * rows + r] = in[r * columns + c];
}

} // namespace espresso::kernels
#endif // HWY_ONCE
