//===- Gate.cpp - Activations of feed-forward blocks ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Gate.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Math-inl.h"
#include "espresso/Kernels/Gate.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

HWY_INLINE FloatVec geluTanh(FloatVec x, FloatVec cube, FloatVec root) {
  const FloatTag d;
  const FloatVec third = hn::Mul(x, hn::Mul(x, x));
  const FloatVec inner = hn::Mul(root, hn::MulAdd(cube, third, x));
  return hn::Mul(hn::Mul(hn::Set(d, 0.5f), x),
                 hn::Add(hn::Set(d, 1.0f), tanhVector(inner)));
}

/// `up` may be null.
static void geluTanhGate(const Activation &activation, const float *gate,
                         const float *up, float *out, int64_t n) {
  const FloatTag d;
  constexpr int64_t kLanes = hn::MaxLanes(FloatTag());
  const FloatVec cube = hn::Set(d, activation.cube);
  const FloatVec root = hn::Set(d, activation.root);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    FloatVec y = geluTanh(hn::LoadU(d, gate + i), cube, root);
    if (up)
      y = hn::Mul(y, hn::LoadU(d, up + i));
    hn::StoreU(y, d, out + i);
  }
  if (i == n)
    return;
  HWY_ALIGN float rest[kLanes] = {};
  std::copy_n(gate + i, n - i, rest);
  hn::Store(geluTanh(hn::Load(d, rest), cube, root), d, rest);
  for (int64_t j = 0; i + j < n; ++j)
    out[i + j] = up ? rest[j] * up[i + j] : rest[j];
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(geluTanhGate);

void gate(const Activation &activation, std::span<const float> gate,
          std::span<const float> up, std::span<float> out) {
  assert(gate.size() == out.size());
  assert(up.empty() || up.size() == out.size());
  if (activation.op == UnaryOp::GeluTanh) {
    HWY_DYNAMIC_DISPATCH(geluTanhGate)
    (activation, gate.data(), up.empty() ? nullptr : up.data(), out.data(),
     static_cast<int64_t>(out.size()));
    return;
  }
  if (activation.op == UnaryOp::Silu && !up.empty()) {
    siluMul(gate, up, out);
    return;
  }
  if (up.empty()) {
    unary(activation.op, gate, 0, out);
    return;
  }
  // Piece by piece, for `out` may be `up`.
  constexpr size_t kPiece = 256;
  float piece[kPiece];
  for (size_t at = 0; at < out.size(); at += kPiece) {
    const size_t count = std::min(kPiece, out.size() - at);
    unary(activation.op, gate.subspan(at, count), 0, {piece, count});
    binary(BinaryOp::Mul, {piece, count}, up.subspan(at, count),
           out.subspan(at, count));
  }
}

} // namespace espresso::kernels
#endif // HWY_ONCE
