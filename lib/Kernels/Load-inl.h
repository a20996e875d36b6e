//===- Load-inl.h - Vectors of floats from narrow rows ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Included once for every instruction set, by files that hwy/foreach_target.h
// includes again and again.
#if defined(ESPRESSO_LIB_KERNELS_LOAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_LOAD_INL_H
#undef ESPRESSO_LIB_KERNELS_LOAD_INL_H
#else
#define ESPRESSO_LIB_KERNELS_LOAD_INL_H
#endif

#include "espresso/Base/Half.h"
#include "hwy/highway.h"

#include <bit>

/// Loops of a few rounds that must be unrolled: arrays of vectors stay in
/// registers only where every index is a constant.
#define ESPRESSO_UNROLL _Pragma("GCC unroll 64")

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;

/// One vector of floats from unaligned memory.
HWY_INLINE FloatVec loadFloats(const float *from) {
  return hn::LoadU(FloatTag(), from);
}

// Highway widens halves in software where the hardware cannot, and then takes
// infinity and NaN for large numbers.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 ||                       \
    HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR ||                    \
    HWY_TARGET == HWY_WASM
HWY_INLINE FloatVec repairInfinity(FloatVec x) {
  const FloatTag d;
  const FloatVec exponent = hn::Set(d, __builtin_inff());
  return hn::IfThenElse(hn::Ge(hn::Abs(x), hn::Set(d, 65536.0f)),
                        hn::Or(x, exponent), x);
}
#else
HWY_INLINE FloatVec repairInfinity(FloatVec x) { return x; }
#endif

HWY_INLINE FloatVec loadFloats(const uint16_t *from) {
  const hn::Rebind<hwy::float16_t, FloatTag> halves;
  return repairInfinity(hn::PromoteTo(
      FloatTag(),
      hn::LoadU(halves, reinterpret_cast<const hwy::float16_t *>(from))));
}

HWY_INLINE FloatVec loadFloats(const hwy::float16_t *from) {
  return loadFloats(reinterpret_cast<const uint16_t *>(from));
}

HWY_INLINE FloatVec loadFloats(const hwy::bfloat16_t *from) {
  const hn::Rebind<hwy::bfloat16_t, FloatTag> narrow;
  return hn::PromoteTo(FloatTag(), hn::LoadU(narrow, from));
}

HWY_INLINE float toFloat(float value) { return value; }
HWY_INLINE float toFloat(uint16_t bits) { return espresso::halfToFloat(bits); }
HWY_INLINE float toFloat(hwy::float16_t value) {
  return espresso::halfToFloat(std::bit_cast<uint16_t>(value));
}
HWY_INLINE float toFloat(hwy::bfloat16_t value) {
  return espresso::bfloatToFloat(std::bit_cast<uint16_t>(value));
}

/// The product of a row and a vector of `n` elements.
template <typename T>
HWY_INLINE float dotProduct(const T *row, const float *x, int64_t n) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = hn::MulAdd(loadFloats(row + i), hn::LoadU(d, x + i), sum0);
    sum1 = hn::MulAdd(loadFloats(row + i + lanes), hn::LoadU(d, x + i + lanes),
                      sum1);
    sum2 = hn::MulAdd(loadFloats(row + i + 2 * lanes),
                      hn::LoadU(d, x + i + 2 * lanes), sum2);
    sum3 = hn::MulAdd(loadFloats(row + i + 3 * lanes),
                      hn::LoadU(d, x + i + 3 * lanes), sum3);
  }
  for (; i + lanes <= n; i += lanes)
    sum0 = hn::MulAdd(loadFloats(row + i), hn::LoadU(d, x + i), sum0);
  sum0 = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  float total = hn::GetLane(hn::SumOfLanes(d, sum0));
  for (; i < n; ++i)
    total += toFloat(row[i]) * x[i];
  return total;
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
