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
/// apart) with `depth` rows of x to `Vectors` vectors of each row of y.
template <int Vectors>
HWY_INLINE void addTile(const float *panel, int64_t depth, const float *x,
                        float *y, int64_t rows, int64_t s) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec sums[kRows * Vectors];
  for (int64_t r = 0; r < kRows; ++r)
    for (int v = 0; v < Vectors; ++v)
      sums[r * Vectors + v] =
          r < rows ? hn::LoadU(d, y + r * s + v * lanes) : hn::Zero(d);
  for (int64_t k = 0; k < depth; ++k) {
    FloatVec xs[Vectors];
    for (int v = 0; v < Vectors; ++v)
      xs[v] = hn::LoadU(d, x + k * s + v * lanes);
    for (int64_t r = 0; r < kRows; ++r) {
      const FloatVec weight = hn::Set(d, panel[r * kDepth + k]);
      for (int v = 0; v < Vectors; ++v)
        sums[r * Vectors + v] =
            hn::MulAdd(weight, xs[v], sums[r * Vectors + v]);
    }
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int v = 0; v < Vectors; ++v)
      hn::StoreU(sums[r * Vectors + v], d, y + r * s + v * lanes);
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
        addTile<2>(panel, depth, x + k * s + j, out + j, rows, s);
      for (; j + lanes <= s; j += lanes)
        addTile<1>(panel, depth, x + k * s + j, out + j, rows, s);
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
