//===- Columns-inl.h - Rows of weights times few columns --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Every product of a row and a column is summed in one order, whatever stands
// beside it: element i goes to lane i of kSums vectors of partial sums, which
// are added by halves, vector by vector, and then neighbour by neighbour
// (docs/Kernels.md). So a column's result does not depend on how many columns a
// call has, which lets streams decode together and drafts be verified in one
// pass without changing a token.
//
// One column waits for memory, and takes one row at a time from front to end.
// More of them wait for registers: a tile of kTileHeight rows and up to
// kTileWidth columns keeps one of the kSums vectors of each product there, and
// passes over its rows once for each of the vectors. The columns lie in the
// order in which tiles read them; meanwhile the next rows are fetched.
//
//===----------------------------------------------------------------------===//

#if defined(ESPRESSO_LIB_KERNELS_COLUMNS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#undef ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#else
#define ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#endif

#include "Kernels/Row-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Rows and columns of a tile, as registers allow.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
static constexpr int kTileHeight = 6, kTileWidth = 4;
#else
static constexpr int kTileHeight = 3, kTileWidth = 4;
#endif
//===----------------------------------------------------------------------===//
// More columns
//===----------------------------------------------------------------------===//

/// Floats that `s` columns of `n` elements take in the order of tiles.
[[nodiscard]] inline int64_t getTiledSize(int64_t n, int64_t s) {
  return (n + kStep - 1) / kStep * kStep * s;
}

/// Brings columns [begin, end) x kTileWidth of x [n, s] in the order of tiles:
/// [tile][vector of sums][step][column][lane], zero beyond n.
static void packTiled(const float *x, int64_t n, int64_t s, float *out,
                      int64_t begin, int64_t end) {
  const int64_t steps = (n + kStep - 1) / kStep;
  for (int64_t tile = begin; tile < end; ++tile) {
    const int64_t first = tile * kTileWidth;
    const int64_t width = std::min<int64_t>(kTileWidth, s - first);
    float *to = out + first * steps * kStep;
    for (int k = 0; k < kSums; ++k)
      for (int64_t t = 0; t < steps; ++t, to += width * kLaneCount) {
        const int64_t at = t * kStep + k * kLaneCount;
        const int64_t count = std::clamp<int64_t>(n - at, 0, kLaneCount);
        for (int64_t l = 0; l < kLaneCount; ++l)
          for (int64_t c = 0; c < width; ++c)
            to[c * kLaneCount + l] =
                l < count ? x[(at + l) * s + first + c] : 0.0f;
      }
  }
}

/// Rows of a tile; what they have beyond whole steps stands apart, filled up
/// with zeros.
template <typename T, int Rows>
struct TileRows {
  TileRows(const T *w, int64_t n) : w(w), n(n), steps(n / kStep) {
    if (steps * kStep < n)
      for (int r = 0; r < Rows; ++r)
        std::copy_n(w + r * n + steps * kStep, n - steps * kStep, last[r]);
  }
  const T *w;
  int64_t n, steps; ///< whole ones
  HWY_ALIGN T last[Rows][kStep] = {};
};

template <typename T, int Rows, int Columns>
HWY_INLINE void addTileStep(const T *const (&rows)[Rows], int64_t at,
                            const float *x, FloatVec (&sums)[Rows * Columns]) {
  FloatVec columns[Columns];
  ESPRESSO_UNROLL
  for (int c = 0; c < Columns; ++c)
    columns[c] = loadFloats(x + c * kLaneCount);
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const FloatVec weight = loadFloats(rows[r] + at);
    ESPRESSO_UNROLL
    for (int c = 0; c < Columns; ++c)
      sums[r * Columns + c] =
          hn::MulAdd(weight, columns[c], sums[r * Columns + c]);
  }
}

/// y[r * stride + c] = row r times column c of the packed `x`.
template <typename T, int Rows, int Columns>
HWY_INLINE void multiplyTile(const TileRows<T, Rows> &tile, const float *x,
                             Prefetcher &ahead, float *y, int64_t stride) {
  constexpr int kCount = Rows * Columns;
  const FloatTag d;
  FloatVec partial[kSums][kCount];
  const T *rows[Rows], *last[Rows];
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r) {
    rows[r] = tile.w + r * tile.n;
    last[r] = tile.last[r];
  }
  ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k) {
    FloatVec sums[kCount];
    ESPRESSO_UNROLL
    for (int i = 0; i < kCount; ++i)
      sums[i] = hn::Zero(d);
    for (int64_t t = 0; t < tile.steps; ++t, x += Columns * kLaneCount) {
      ahead.step();
      addTileStep<T, Rows, Columns>(rows, t * kStep + k * kLaneCount, x, sums);
    }
    if (tile.steps * kStep < tile.n) {
      addTileStep<T, Rows, Columns>(last, k * kLaneCount, x, sums);
      x += Columns * kLaneCount;
    }
    ESPRESSO_UNROLL
    for (int i = 0; i < kCount; ++i)
      partial[k][i] = sums[i];
  }
  ESPRESSO_UNROLL
  for (int width = kSums / 2; width > 0; width /= 2)
    ESPRESSO_UNROLL
  for (int k = 0; k < width; ++k)
    ESPRESSO_UNROLL
  for (int i = 0; i < kCount; ++i)
    partial[k][i] = hn::Add(partial[k][i], partial[k + width][i]);
  HWY_ALIGN float results[kCount + kLaneCount];
  foldLanes(partial[0], results);
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r)
    ESPRESSO_UNROLL
  for (int c = 0; c < Columns; ++c)
    y[r * stride + c] = results[r * Columns + c];
}

/// `Rows` rows of w times `s` packed columns.
template <int Rows, typename T>
HWY_NOINLINE void multiplyTiles(const T *w, const float *x, int64_t n,
                                int64_t s, float *y) {
  const int64_t steps = (n + kStep - 1) / kStep;
  const TileRows<T, Rows> tile(w, n);
  Prefetcher ahead(w + Rows * n, Rows * n * sizeof(T),
                   tile.steps * kSums * ((s + kTileWidth - 1) / kTileWidth));
  int64_t c = 0;
  for (; c + kTileWidth <= s; c += kTileWidth)
    multiplyTile<T, Rows, kTileWidth>(tile, x + c * steps * kStep, ahead, y + c,
                                      s);
  x += c * steps * kStep;
  switch (s - c) {
  case 3:
    return multiplyTile<T, Rows, 3>(tile, x, ahead, y + c, s);
  case 2:
    return multiplyTile<T, Rows, 2>(tile, x, ahead, y + c, s);
  case 1:
    return multiplyTile<T, Rows, 1>(tile, x, ahead, y + c, s);
  default:
    return;
  }
}

/// Rows [begin, end) of y = w x + bias: of one column as it is, of more in the
/// order of tiles.
template <typename T>
static void multiplyFewColumns(const T *w, const float *x, int64_t n, int64_t s,
                               const float *bias, float *y, int64_t begin,
                               int64_t end) {
  int64_t row = begin;
  if (s == 1) {
    for (; row < end; ++row)
      y[row] = multiplyRow(w + row * n, x, n);
  } else {
    for (; row + kTileHeight <= end; row += kTileHeight)
      multiplyTiles<kTileHeight>(w + row * n, x, n, s, y + row * s);
    for (; row < end; ++row)
      multiplyTiles<1>(w + row * n, x, n, s, y + row * s);
  }
  if (bias)
    for (row = begin; row < end; ++row)
      for (int64_t c = 0; c < s; ++c)
        y[row * s + c] += bias[row];
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
