//===- Columns-inl.h - Rows of weights times few columns --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Every product of a row and a column is summed in one order, whatever stands
// beside it: kSums vectors of partial sums over the elements in turn, added
// pairwise, then their lanes. So a column's result does not depend on how many
// columns a call has, which lets streams decode together and drafts be verified
// in one pass without changing a token.
//
//===----------------------------------------------------------------------===//

#if defined(ESPRESSO_LIB_KERNELS_COLUMNS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#undef ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#else
#define ESPRESSO_LIB_KERNELS_COLUMNS_INL_H
#endif

#include "Kernels/Load-inl.h"
#include "hwy/cache_control.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Vectors of partial sums of one product: enough of them in flight to hide the
/// latency of an addition, about 32 floats on any machine.
static constexpr int kSums =
    std::clamp<int>(32 / hn::MaxLanes(FloatTag()), 2, 8);
/// Columns and rows taken together, as registers allow.
#if HWY_TARGET <= HWY_AVX3
static constexpr int kColumns = 4, kRowsTogether = 2;
#else
static constexpr int kColumns = 2, kRowsTogether = 1;
#endif
/// How far ahead of its use a row is asked for: far enough for the latency of
/// memory, near enough to be in the cache still.
static constexpr int64_t kPrefetchBytes = 4096;

/// Adds kSums vectors of products at `at` to the sums.
template <typename T, int Rows, int Columns>
HWY_INLINE void addProducts(const T *const *rows, const float *const *columns,
                            int64_t at,
                            FloatVec (&sums)[Rows][Columns][kSums]) {
  const FloatTag d;
  constexpr int64_t kLanes = hn::MaxLanes(FloatTag());
  ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k) {
    FloatVec weights[Rows];
    ESPRESSO_UNROLL
    for (int r = 0; r < Rows; ++r)
      weights[r] = loadFloats(rows[r] + at + k * kLanes);
    ESPRESSO_UNROLL
    for (int c = 0; c < Columns; ++c) {
      const FloatVec x = hn::LoadU(d, columns[c] + at + k * kLanes);
      ESPRESSO_UNROLL
      for (int r = 0; r < Rows; ++r)
        sums[r][c][k] = hn::MulAdd(weights[r], x, sums[r][c][k]);
    }
  }
}

/// out[r * rowStride + c * columnStride] = row r times column c, of `n`
/// elements each. Rows are `n` elements apart, and so are columns.
template <typename T, int Rows, int Columns>
HWY_INLINE void multiplyColumns(const T *w, const float *x, int64_t n,
                                float *out, int64_t rowStride,
                                int64_t columnStride) {
  const FloatTag d;
  constexpr int64_t kStep = kSums * int64_t{hn::MaxLanes(FloatTag())};
  FloatVec sums[Rows][Columns][kSums];
  const T *rows[Rows];
  const float *columns[Columns];
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r)
    rows[r] = w + r * n;
  ESPRESSO_UNROLL
  for (int c = 0; c < Columns; ++c)
    columns[c] = x + c * n;
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r)
    ESPRESSO_UNROLL
  for (int c = 0; c < Columns; ++c)
    ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k)
    sums[r][c][k] = hn::Zero(d);

  int64_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    ESPRESSO_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const char *ahead =
          reinterpret_cast<const char *>(rows[r] + i) + kPrefetchBytes;
      ESPRESSO_UNROLL
      for (size_t b = 0; b < kStep * sizeof(T); b += 64)
        hwy::Prefetch(ahead + b);
    }
    addProducts<T, Rows, Columns>(rows, columns, i, sums);
  }
  if (i < n) {
    // What is left, filled up with zeros, takes the same step.
    HWY_ALIGN T lastRows[Rows][kStep] = {};
    HWY_ALIGN float lastColumns[Columns][kStep] = {};
    const T *rowsLeft[Rows];
    const float *columnsLeft[Columns];
    for (int r = 0; r < Rows; ++r) {
      std::copy_n(rows[r] + i, n - i, lastRows[r]);
      rowsLeft[r] = lastRows[r];
    }
    for (int c = 0; c < Columns; ++c) {
      std::copy_n(columns[c] + i, n - i, lastColumns[c]);
      columnsLeft[c] = lastColumns[c];
    }
    addProducts<T, Rows, Columns>(rowsLeft, columnsLeft, 0, sums);
  }
  ESPRESSO_UNROLL
  for (int r = 0; r < Rows; ++r)
    ESPRESSO_UNROLL
  for (int c = 0; c < Columns; ++c) {
    ESPRESSO_UNROLL
    for (int width = kSums / 2; width > 0; width /= 2)
      ESPRESSO_UNROLL
    for (int k = 0; k < width; ++k)
      sums[r][c][k] = hn::Add(sums[r][c][k], sums[r][c][k + width]);
    out[r * rowStride + c * columnStride] =
        hn::GetLane(hn::SumOfLanes(d, sums[r][c][0]));
  }
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
