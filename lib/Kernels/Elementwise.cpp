//===- Elementwise.cpp - Functions of single elements ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Elementwise.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Math-inl.h"
#include "espresso/Kernels/Elementwise.h"
#include "hwy/highway.h"

#include <cassert>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Applies `f` to vectors of x; the rest goes through a padded vector.
template <typename F>
HWY_INLINE void mapVectors(const float *x, float *out, int64_t n, F f) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(f(hn::LoadU(d, x + i)), d, out + i);
  if (i == n)
    return;
  HWY_ALIGN float rest[hn::MaxLanes(d)] = {};
  for (int64_t j = 0; i + j < n; ++j)
    rest[j] = x[i + j];
  hn::Store(f(hn::Load(d, rest)), d, rest);
  for (int64_t j = 0; i + j < n; ++j)
    out[i + j] = rest[j];
}

/// Applies `f` to vectors of a and b, either of which may be one element.
template <typename F>
HWY_INLINE void mapPairs(const float *a, bool oneA, const float *b, bool oneB,
                         float *out, int64_t n, F f) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVec allA = hn::Set(d, a[0]), allB = hn::Set(d, b[0]);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(
        f(oneA ? allA : hn::LoadU(d, a + i), oneB ? allB : hn::LoadU(d, b + i)),
        d, out + i);
  if (i == n)
    return;
  HWY_ALIGN float restA[hn::MaxLanes(d)] = {};
  HWY_ALIGN float restB[hn::MaxLanes(d)] = {};
  const float firstA = hn::GetLane(allA), firstB = hn::GetLane(allB);
  for (int64_t j = 0; i + j < n; ++j) {
    restA[j] = oneA ? firstA : a[i + j];
    restB[j] = oneB ? firstB : b[i + j];
  }
  hn::Store(f(hn::Load(d, restA), hn::Load(d, restB)), d, restA);
  for (int64_t j = 0; i + j < n; ++j)
    out[i + j] = restA[j];
}

static void binaryLoop(BinaryOp op, const float *a, bool oneA, const float *b,
                       bool oneB, float *out, int64_t n) {
  auto run = [&](auto f) { mapPairs(a, oneA, b, oneB, out, n, f); };
  switch (op) {
  case BinaryOp::Add:
    return run([](FloatVec x, FloatVec y) { return hn::Add(x, y); });
  case BinaryOp::Sub:
    return run([](FloatVec x, FloatVec y) { return hn::Sub(x, y); });
  case BinaryOp::Mul:
    return run([](FloatVec x, FloatVec y) { return hn::Mul(x, y); });
  case BinaryOp::Div:
    return run([](FloatVec x, FloatVec y) { return hn::Div(x, y); });
  case BinaryOp::Max:
    return run([](FloatVec x, FloatVec y) { return hn::Max(x, y); });
  case BinaryOp::Min:
    return run([](FloatVec x, FloatVec y) { return hn::Min(x, y); });
  case BinaryOp::Pow: {
    const float firstA = a[0], firstB = b[0];
    for (int64_t i = 0; i < n; ++i)
      out[i] = std::pow(oneA ? firstA : a[i], oneB ? firstB : b[i]);
    return;
  }
  }
}

/// Functions that only the C library has to the last bits.
template <typename F>
HWY_INLINE void mapScalars(const float *x, float *out, int64_t n, F f) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = f(x[i]);
}

static void activationLoop(UnaryOp op, const float *x, float *out, int64_t n) {
  const FloatTag d;
  switch (op) {
  case UnaryOp::Relu:
    return mapVectors(x, out, n, [=](FloatVec v) {
      return hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Zero(d), v);
    });
  case UnaryOp::Sigmoid:
    return mapVectors(x, out, n, [](FloatVec v) { return sigmoidVector(v); });
  case UnaryOp::Tanh:
    return mapVectors(x, out, n, [](FloatVec v) { return tanhVector(v); });
  case UnaryOp::Silu:
    return mapVectors(x, out, n, [](FloatVec v) { return siluVector(v); });
  case UnaryOp::GeluExact:
    return mapScalars(x, out, n, [](float v) {
      return 0.5f * v * (1.0f + std::erf(v * 0.70710678118654752f));
    });
  case UnaryOp::GeluTanh:
    return mapVectors(x, out, n, [](FloatVec v) { return geluTanhVector(v); });
  case UnaryOp::GeluSigmoid:
    return mapVectors(x, out, n, [=](FloatVec v) {
      return hn::Mul(v, sigmoidVector(hn::Mul(hn::Set(d, 1.702f), v)));
    });
  default:
    assert(false && "not an activation");
  }
}

static void unaryLoop(UnaryOp op, const float *x, float epsilon, float *out,
                      int64_t n) {
  const FloatTag d;
  const FloatVec one = hn::Set(d, 1.0f), eps = hn::Set(d, epsilon);
  switch (op) {
  case UnaryOp::Exp:
    return mapVectors(x, out, n, [](FloatVec v) { return expVector(v); });
  case UnaryOp::Log:
    return mapScalars(x, out, n,
                      [=](float v) { return std::log(v + epsilon); });
  case UnaryOp::Sqrt:
    return mapVectors(x, out, n, [](FloatVec v) { return hn::Sqrt(v); });
  case UnaryOp::Rsqrt:
    return mapVectors(x, out, n, [=](FloatVec v) {
      return hn::Div(one, hn::Sqrt(hn::Add(v, eps)));
    });
  case UnaryOp::Inverse:
    return mapVectors(
        x, out, n, [=](FloatVec v) { return hn::Div(one, hn::Add(v, eps)); });
  case UnaryOp::Square:
    return mapVectors(x, out, n, [](FloatVec v) { return hn::Mul(v, v); });
  case UnaryOp::Abs:
    return mapVectors(x, out, n, [](FloatVec v) { return hn::Abs(v); });
  case UnaryOp::Erf:
    return mapScalars(x, out, n, [](float v) { return std::erf(v); });
  case UnaryOp::Floor:
    return mapScalars(x, out, n, [](float v) { return std::floor(v); });
  case UnaryOp::Ceil:
    return mapScalars(x, out, n, [](float v) { return std::ceil(v); });
  case UnaryOp::Round:
    return mapScalars(x, out, n, [](float v) { return std::nearbyint(v); });
  case UnaryOp::Relu:
  case UnaryOp::Sigmoid:
  case UnaryOp::Tanh:
  case UnaryOp::Silu:
  case UnaryOp::GeluExact:
  case UnaryOp::GeluTanh:
  case UnaryOp::GeluSigmoid:
    return activationLoop(op, x, out, n);
  }
}

static void siluMulLoop(const float *gate, const float *up, float *out,
                        int64_t n) {
  mapPairs(gate, false, up, false, out, n,
           [](FloatVec g, FloatVec u) { return hn::Mul(siluVector(g), u); });
}

static void halfToFloatLoop(const uint16_t *in, float *out, int64_t n) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(loadFloats(in + i), d, out + i);
  for (; i < n; ++i)
    out[i] = toFloat(in[i]);
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(binaryLoop);
HWY_EXPORT(unaryLoop);
HWY_EXPORT(siluMulLoop);
HWY_EXPORT(halfToFloatLoop);

void binary(BinaryOp op, std::span<const float> a, std::span<const float> b,
            std::span<float> out) {
  assert(a.size() == 1 || a.size() == out.size());
  assert(b.size() == 1 || b.size() == out.size());
  if (out.empty())
    return;
  HWY_DYNAMIC_DISPATCH(binaryLoop)
  (op, a.data(), a.size() == 1, b.data(), b.size() == 1, out.data(),
   static_cast<int64_t>(out.size()));
}

void unary(UnaryOp op, std::span<const float> x, float epsilon,
           std::span<float> out) {
  assert(x.size() == out.size());
  HWY_DYNAMIC_DISPATCH(unaryLoop)
  (op, x.data(), epsilon, out.data(), static_cast<int64_t>(out.size()));
}

void siluMul(std::span<const float> gate, std::span<const float> up,
             std::span<float> out) {
  assert(gate.size() == out.size() && up.size() == out.size());
  if (out.empty())
    return;
  HWY_DYNAMIC_DISPATCH(siluMulLoop)
  (gate.data(), up.data(), out.data(), static_cast<int64_t>(out.size()));
}

void halfToFloat(std::span<const uint16_t> in, std::span<float> out) {
  assert(in.size() == out.size());
  HWY_DYNAMIC_DISPATCH(halfToFloatLoop)
  (in.data(), out.data(), static_cast<int64_t>(out.size()));
}

// Rounding by hardware differs between instruction sets (flushed subnormals,
// truncation in emulation); the portable conversion does not.
void floatToHalf(std::span<const float> in, std::span<uint16_t> out) {
  assert(in.size() == out.size());
  for (size_t i = 0; i < in.size(); ++i)
    out[i] = espresso::floatToHalf(in[i]);
}

void roundToHalf(std::span<const float> in, std::span<float> out) {
  assert(in.size() == out.size());
  for (size_t i = 0; i < in.size(); ++i)
    out[i] = espresso::halfToFloat(espresso::floatToHalf(in[i]));
}

} // namespace espresso::kernels
#endif // HWY_ONCE
