//===- ArgMax.cpp - The first of the largest ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/ArgMax.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Load-inl.h"
#include "espresso/Kernels/Reduce.h"
#include "hwy/highway.h"

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

static int64_t argMaxAll(const float *x, int64_t n) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const float lowest = -std::numeric_limits<float>::infinity();
  const FloatVec lowests = hn::Set(d, lowest);
  FloatVec tops = lowests;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const FloatVec v = hn::LoadU(d, x + i);
    tops = hn::Max(tops, hn::IfThenElse(hn::IsNaN(v), lowests, v));
  }
  float top = hn::GetLane(hn::MaxOfLanes(d, tops));
  for (; i < n; ++i)
    top = x[i] > top ? x[i] : top;
  for (i = 0; i < n; ++i)
    if (x[i] == top)
      return i;
  return -1;
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(argMaxAll);

int64_t argMax(std::span<const float> x) {
  return HWY_DYNAMIC_DISPATCH(argMaxAll)(x.data(),
                                         static_cast<int64_t>(x.size()));
}

} // namespace espresso::kernels
#endif // HWY_ONCE
