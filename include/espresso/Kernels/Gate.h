//===- Gate.h - Activations of feed-forward blocks --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_GATE_H
#define ESPRESSO_KERNELS_GATE_H

#include "espresso/Kernels/Elementwise.h"

#include <span>

namespace espresso::kernels {

/// An activation function. GeluTanh takes its two factors as programs write
/// them: x/2 (1 + tanh(root (x + cube x^3))).
struct Activation {
  UnaryOp op = UnaryOp::Silu;
  float cube = 0.044715f;
  float root = 0.7978845608f;
};

/// out[i] = activation(gate[i]) * up[i]; without `up`, the activation alone.
/// `out` may be one of the operands. An element's bits do not depend on those
/// beside it.
void gate(const Activation &activation, std::span<const float> gate,
          std::span<const float> up, std::span<float> out);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_GATE_H
