//===- Turned.h - Few columns as rows ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_KERNELS_TURNED_H
#define ESPRESSO_LIB_KERNELS_TURNED_H

#include "espresso/Kernels/MatMul.h"
#include "espresso/Kernels/Reduce.h"

#include <cstdint>
#include <span>
#include <vector>

namespace espresso::kernels {

/// Few columns are turned into rows, so that a column has the same bits alone
/// and among others, as in products.
[[nodiscard]] inline bool areFew(const AxisShape &shape) {
  return shape.inner > 1 && shape.inner <= kMaxFewColumns;
}

/// Calls `run(rows, shape)` with the columns of each outer part as rows, which
/// may be overwritten; then `done(part, rows)`.
template <typename Run, typename Done>
void forEachTurned(std::span<const float> x, const AxisShape &shape, Run run,
                   Done done) {
  const int64_t size = shape.count * shape.inner;
  thread_local std::vector<float> memory; // grows, and is kept
  if (static_cast<int64_t>(memory.size()) < size)
    memory.resize(size);
  std::span<float> rows = std::span<float>(memory).first(size);
  for (int64_t o = 0; o < shape.outer; ++o) {
    transpose(x.subspan(o * size, size), shape.count, shape.inner, rows);
    run(rows, AxisShape{.outer = shape.inner, .count = shape.count});
    done(o, rows);
  }
}

/// The same, for results of the shape of x.
template <typename Run>
void mapTurned(std::span<const float> x, const AxisShape &shape,
               std::span<float> out, Run run) {
  const int64_t size = shape.count * shape.inner;
  forEachTurned(x, shape, run, [&](int64_t o, std::span<const float> rows) {
    transpose(rows, shape.inner, shape.count, out.subspan(o * size, size));
  });
}

} // namespace espresso::kernels

#endif // ESPRESSO_LIB_KERNELS_TURNED_H
