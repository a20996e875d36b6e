//===- NormPattern.h - Norms written in primitives --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_NORMPATTERN_H
#define ESPRESSO_ANALYSIS_NORMPATTERN_H

#include "espresso/IR/Program.h"

#include <optional>

namespace espresso {

/// c · (Σ c² · factor + epsilon)^-1/2, the heart of RMS and layer norms. Parts
/// that a form does not have are null. Nothing is owned.
struct NormPattern {
  /// What is normalised: the input, or for layer norms the input less its mean.
  Value *centred = nullptr;
  /// `mul(c, c)`, `square` or `pow(c, 2)`; null with `reduce_sum_square`.
  Operation *squares = nullptr;
  /// `reduce_sum`, `reduce_mean` or `reduce_sum_square`.
  Operation *sum = nullptr;
  /// The multiplication by 1/C, or division by C; null with `reduce_mean`.
  Operation *mean = nullptr;
  /// The addition of epsilon; null if there is none.
  Operation *shifted = nullptr;
  /// `pow(m, -0.5)`, `rsqrt` or `sqrt`.
  Operation *root = nullptr;
  /// `inverse` of a `sqrt`; null otherwise.
  Operation *inverse = nullptr;
  /// The multiplication, or division by `sqrt`, that gives the result.
  Operation *result = nullptr;
  /// Elements under each sum.
  int64_t count = 0;
  /// What the sum is multiplied by; 1/C of a mean.
  double factor = 0;
  double epsilon = 0;
  /// What is added below the root besides, if it is computed; taken to be
  /// positive.
  Value *variableEpsilon = nullptr;
};

/// The norm that `op` ends, if it ends one.
[[nodiscard]] std::optional<NormPattern> matchNorm(Operation &op);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_NORMPATTERN_H
