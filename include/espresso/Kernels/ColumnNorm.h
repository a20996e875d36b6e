//===- ColumnNorm.h - Norms as programs write them --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_COLUMNNORM_H
#define ESPRESSO_KERNELS_COLUMNNORM_H

#include "espresso/Kernels/Reduce.h"
#include "espresso/Kernels/ThreadPool.h"

#include <cstdint>
#include <span>

namespace espresso::kernels {

/// A norm along an axis of n elements whose factors are given, for programs
/// write 1/n as it rounds in their type:
///
///   m = meanScale * sum x            (0 without centring)
///   y = (x - m) * (squareScale * sum (x - m)^2 + epsilon)^-1/2
///         * gains + shifts + residual
struct ColumnNorm {
  bool centres = false;
  float meanScale = 0;
  float squareScale = 0;
  float epsilon = 0;
  /// n elements for every column, or n for each of the outer ones; or empty.
  std::span<const float> gains, shifts;
  /// Shaped as x; or empty.
  std::span<const float> residual;
};

/// The norm of each column of x. Every column is summed in one order, whatever
/// the number of columns and of threads. `out` may be `x` or the residual.
void normColumns(const ColumnNorm &norm, std::span<const float> x,
                 const AxisShape &shape, std::span<float> out,
                 ThreadPool &pool);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_COLUMNNORM_H
