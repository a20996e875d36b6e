//===- Affine.h - Scale and shift of channels ----------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_FOLD_AFFINE_H
#define ESPRESSO_LIB_TRANSFORMS_FOLD_AFFINE_H

#include "../Patterns/Match.h"

#include <optional>
#include <vector>

namespace espresso {

/// `scale · x + shift`, element by element along an axis of `x`.
struct Affine {
  Value *x = nullptr;
  std::vector<double> scale;
  std::vector<double> shift;

  bool hasScale() const;
  bool hasShift() const;
};

/// What `op` does to its operand along `axis`, if it is an addition, a
/// subtraction, a multiplication or a division by a constant that is the same
/// along all other axes, or a normalisation by given statistics.
[[nodiscard]] std::optional<Affine> getAffine(Operation &op, int64_t axis);

/// The elements of a constant along `axis` of a value of that shape, to which
/// it is broadcast without widening it; nothing if other axes have a say.
[[nodiscard]] std::optional<std::vector<double>>
getAlongAxis(const Operation &op, llvm::StringRef input,
             llvm::ArrayRef<int64_t> shape, int64_t axis);

/// All elements of a constant tensor of floats; nothing if they are not at hand
/// or there are more than `maxCount`.
[[nodiscard]] std::optional<std::vector<double>>
readElements(const Attribute &constant, int64_t maxCount,
             DiagnosticEngine &diagnostics);

/// A vector of the given element type, held in memory.
[[nodiscard]] Attribute makeVector(Context &context, DataType type,
                                   llvm::ArrayRef<double> elements);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_FOLD_AFFINE_H
