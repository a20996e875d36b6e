//===- Interpolate.h - Between elements -------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_INTERPOLATE_H
#define ESPRESSO_LIB_EVAL_KERNELS_INTERPOLATE_H

#include "Support.h"

namespace espresso {

/// Where the `count` samples of an axis lie that `mode` (a `sampling_mode` of
/// the language) puts on the way from `start` to `end`, places of elements. A
/// way back is a way from `end` to `start` in the opposite direction.
std::vector<double> getGrid(llvm::StringRef mode, double start, double end,
                            int64_t count);

/// A place between two elements of an axis: the first, the other, and the
/// weight of the other.
struct Between {
  int64_t first;
  int64_t second;
  double weight;
};

/// The elements around `place`, which lies within an axis of `extent`.
Between getNeighbours(double place, int64_t extent);

/// a + weight (b - a), but of weights 0 and 1 the element itself: infinities
/// that take no part do no harm.
template <typename T>
T interpolate(T a, T b, T weight) {
  if (weight == 0)
    return a;
  return weight == 1 ? b : (1 - weight) * a + weight * b;
}

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_INTERPOLATE_H
