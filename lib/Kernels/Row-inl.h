//===- Row-inl.h - A row of weights times one column ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Included once for every instruction set, as Load-inl.h is.
#if defined(ESPRESSO_LIB_KERNELS_ROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_ROW_INL_H
#undef ESPRESSO_LIB_KERNELS_ROW_INL_H
#else
#define ESPRESSO_LIB_KERNELS_ROW_INL_H
#endif

#include "Kernels/Fold-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

template <typename T>
HWY_INLINE void addStep(const T *row, const float *x, FloatVec (&sums)[kSums]) {
  ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k)
    sums[k] = hn::MulAdd(loadFloats(row + k * kLaneCount),
                         loadFloats(x + k * kLaneCount), sums[k]);
}

/// A row times a column of `n` elements each.
template <typename T>
HWY_INLINE float multiplyRow(const T *row, const float *x, int64_t n) {
  FloatVec sums[kSums];
  ESPRESSO_UNROLL
  for (int k = 0; k < kSums; ++k)
    sums[k] = hn::Zero(FloatTag());
  int64_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    const char *ahead =
        reinterpret_cast<const char *>(row + i) + kPrefetchBytes;
    ESPRESSO_UNROLL
    for (size_t b = 0; b < kStep * sizeof(T); b += 64)
      hwy::Prefetch(ahead + b);
    addStep(row + i, x + i, sums);
  }
  if (i < n) {
    // What is left, filled up with zeros, takes the same step.
    HWY_ALIGN T lastRow[kStep] = {};
    HWY_ALIGN float lastColumn[kStep] = {};
    std::copy_n(row + i, n - i, lastRow);
    std::copy_n(x + i, n - i, lastColumn);
    addStep(lastRow, lastColumn, sums);
  }
  foldVectors(sums);
  return foldLanes(sums[0]);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
