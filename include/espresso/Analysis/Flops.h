//===- Flops.h - The arithmetic an operation does ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_FLOPS_H
#define ESPRESSO_ANALYSIS_FLOPS_H

#include "espresso/IR/Program.h"

#include <cstdint>

namespace espresso {

/// How much arithmetic there is, and how far the number can be relied on.
struct FlopCount {
  /// Floating-point operations; 2^64 - 1 if there are more.
  uint64_t flops = 0;
  /// Operations with a `?` in a shape the count depends on, taken as 1.
  uint64_t numDynamic = 0;
  /// Operations without a record: nothing is counted for them.
  uint64_t numUnknown = 0;

  bool isExact() const { return numDynamic == 0 && numUnknown == 0; }
  FlopCount &operator+=(const FlopCount &other);
};

/// The arithmetic of `op` alone, without its nested blocks and without what it
/// calls: 2 for each multiplication that is accumulated in matrix products,
/// convolutions, recurrent layers, attention and the composites made of these;
/// 1 for each element of the result of an element-wise operation or a
/// normalisation; 1 for each element of what a reduction, a softmax or a
/// pooling window reads; nothing for what moves, makes or compares positions of
/// data. Biases and activations inside of a product do not count. `op` must
/// have passed the verifier.
[[nodiscard]] FlopCount countFlops(const Operation &op);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_FLOPS_H
