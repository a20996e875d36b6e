//===- EngineTables.h - Functions as tables ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_ENGINETABLES_H
#define ESPRESSO_LIB_EVAL_KERNELS_ENGINETABLES_H

#include "espresso/Eval/Numerics.h"

namespace espresso {

/// Whether `numerics` wants tables for sigmoid and tanh.
[[nodiscard]] inline bool usesTables(const Numerics &numerics) {
  return numerics.mode == NumericsMode::AneQ16 &&
         numerics.ane.tables == AneArithmetic::Tables::Sampled;
}

/// Linear between 33 knots from -8 to 8, which are halves of the function; the
/// tails go on with published slopes as far as the published clamp points.
[[nodiscard]] float sampledSigmoid(float x);
/// Linear between 33 knots from 0 to 4; odd. Beyond, the last knot.
[[nodiscard]] float sampledTanh(float x);

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_ENGINETABLES_H
