//===- Math-inl.h - Activation functions on vectors -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Included once for every instruction set, as Load-inl.h is.
#if defined(ESPRESSO_LIB_KERNELS_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_MATH_INL_H
#undef ESPRESSO_LIB_KERNELS_MATH_INL_H
#else
#define ESPRESSO_LIB_KERNELS_MATH_INL_H
#endif

#include "Kernels/Load-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// e^x for every x, NaN included: Highway's Exp is defined up to 104, where the
/// result has long been infinite.
HWY_INLINE FloatVec expVector(FloatVec x) {
  const FloatTag d;
  const FloatVec result = hn::Exp(d, hn::Min(x, hn::Set(d, 100.0f)));
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

/// 1 / (1 + e^-x); the exponential overflows to infinity, the quotient to 0.
HWY_INLINE FloatVec sigmoidVector(FloatVec x) {
  const FloatTag d;
  const FloatVec one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, expVector(hn::Neg(x))));
}

/// tanh, NaN kept. Beyond 10 it is 1 to the last bit.
HWY_INLINE FloatVec tanhVector(FloatVec x) {
  const FloatTag d;
  const FloatVec limit = hn::Set(d, 10.0f);
  const FloatVec clamped = hn::Max(hn::Min(x, limit), hn::Neg(limit));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(d, clamped));
}

HWY_INLINE FloatVec siluVector(FloatVec x) {
  return hn::Mul(x, sigmoidVector(x));
}

HWY_INLINE FloatVec geluTanhVector(FloatVec x) {
  const FloatTag d;
  const FloatVec cube = hn::Mul(x, hn::Mul(x, x));
  const FloatVec inner = hn::Mul(hn::Set(d, 0.7978845608028654f),
                                 hn::MulAdd(hn::Set(d, 0.044715f), cube, x));
  return hn::Mul(hn::Mul(hn::Set(d, 0.5f), x),
                 hn::Add(hn::Set(d, 1.0f), tanhVector(inner)));
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
