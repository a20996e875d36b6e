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
#include "espresso/Kernels/MatMul.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

#include <algorithm>
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

HWY_INLINE FloatVec loadFloats(const int8_t *from) {
  const hn::Rebind<int8_t, FloatTag> narrow;
  const hn::Rebind<int32_t, FloatTag> wide;
  return hn::ConvertTo(FloatTag(),
                       hn::PromoteTo(wide, hn::LoadU(narrow, from)));
}

HWY_INLINE float toFloat(float value) { return value; }
HWY_INLINE float toFloat(uint16_t bits) { return espresso::halfToFloat(bits); }
HWY_INLINE float toFloat(hwy::float16_t value) {
  return espresso::halfToFloat(std::bit_cast<uint16_t>(value));
}
HWY_INLINE float toFloat(hwy::bfloat16_t value) {
  return espresso::bfloatToFloat(std::bit_cast<uint16_t>(value));
}

/// Memory that is asked for little by little while other work goes on.
class Prefetcher {
public:
  /// `perStep` lines in each of so many steps that all of them come.
  HWY_INLINE Prefetcher(const void *from, int64_t bytes, int64_t steps)
      : at(static_cast<const char *>(from)), end(at + bytes),
        perStep((bytes / 64 + steps - 1) / std::max<int64_t>(1, steps)) {}
  HWY_INLINE void step() {
    if (at >= end)
      return;
    for (int64_t i = 0; i < perStep; ++i, at += 64)
      hwy::Prefetch(at);
  }

private:
  const char *at, *end;
  int64_t perStep;
};

/// How far ahead of its use a row is asked for: far enough for the latency of
/// memory, near enough to be in the cache still.
static constexpr int64_t kPrefetchBytes = 4096;

/// Calls `function` with the rows of `w` as elements of their type.
template <typename Function>
HWY_INLINE void withElements(const MatrixView &w, const Function &function) {
  switch (w.type) {
  case DataType::Float16:
    return function(static_cast<const hwy::float16_t *>(w.data));
  case DataType::BFloat16:
    return function(static_cast<const hwy::bfloat16_t *>(w.data));
  default:
    return function(static_cast<const float *>(w.data));
  }
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
