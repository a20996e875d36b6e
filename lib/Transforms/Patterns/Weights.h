//===- Weights.h - Constants made of constants ---------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PATTERNS_WEIGHTS_H
#define ESPRESSO_LIB_TRANSFORMS_PATTERNS_WEIGHTS_H

#include "espresso/IR/Attribute.h"
#include "espresso/Weights/WeightSources.h"

namespace espresso {

/// The elements of a constant tensor, in memory or outside; null if they are
/// not at hand, are strings, or share bytes.
[[nodiscard]] WeightSourceRef getSource(const Attribute &constant);

/// A constant of `type` with the elements of `source`, which has as many: held
/// in memory if `original`, the constant it was made from, is, and outside,
/// under a path made of `name`, if not. Reports and fails if elements that
/// belong in memory cannot be read.
[[nodiscard]] FailureOr<Attribute>
makeConstantOf(const WeightSourceRef &source, TensorType type,
               const Attribute &original, const llvm::Twine &name,
               DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PATTERNS_WEIGHTS_H
