//===- Fold-inl.h - From partial sums to results ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Included once for every instruction set, as Load-inl.h is.
#if defined(ESPRESSO_LIB_KERNELS_FOLD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_FOLD_INL_H
#undef ESPRESSO_LIB_KERNELS_FOLD_INL_H
#else
#define ESPRESSO_LIB_KERNELS_FOLD_INL_H
#endif

#include "Kernels/Load-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Vectors of partial sums of one product: enough of them in flight to hide the
/// latency of an addition, about 32 floats on any machine.
static constexpr int kSums =
    std::clamp<int>(32 / hn::MaxLanes(FloatTag()), 2, 8);
static constexpr int64_t kLaneCount = hn::MaxLanes(FloatTag());
/// Elements that all partial sums take once.
static constexpr int64_t kStep = kSums * kLaneCount;
/// Sums of neighbours: of the lanes of a, then of those of b.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE FloatVec addNeighbours(FloatVec a, FloatVec) { return a; }
#else
HWY_INLINE FloatVec addNeighbours(FloatVec a, FloatVec b) {
  const FloatTag d;
  return hn::Add(hn::ConcatEven(d, b, a), hn::ConcatOdd(d, b, a));
}
#endif

/// out[i] = the lanes of sums[i], added neighbour by neighbour: the pairs, the
/// pairs of pairs, and so on. Writes whole vectors, beyond N, too.
template <int Width = static_cast<int>(kLaneCount), int N>
HWY_INLINE void foldLanes(const FloatVec (&sums)[N], float *out) {
  const FloatTag d;
  if constexpr (Width == 1) {
    ESPRESSO_UNROLL
    for (int i = 0; i < N; ++i)
      hn::StoreU(sums[i], d, out + i * kLaneCount);
  } else {
    constexpr int kLeft = (N + 1) / 2;
    FloatVec folded[kLeft];
    ESPRESSO_UNROLL
    for (int i = 0; i < kLeft; ++i)
      folded[i] = addNeighbours(sums[2 * i], sums[std::min(2 * i + 1, N - 1)]);
    foldLanes<Width / 2>(folded, out);
  }
}

/// The same of one vector.
HWY_INLINE float foldLanes(FloatVec sum) {
  HWY_ALIGN float out[kLaneCount];
  const FloatVec sums[1] = {sum};
  foldLanes(sums, out);
  return out[0];
}

/// Adds kSums vectors by halves; the result is in the first.
HWY_INLINE void foldVectors(FloatVec (&sums)[kSums]) {
  ESPRESSO_UNROLL
  for (int width = kSums / 2; width > 0; width /= 2)
    ESPRESSO_UNROLL
  for (int k = 0; k < width; ++k)
    sums[k] = hn::Add(sums[k], sums[k + width]);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
