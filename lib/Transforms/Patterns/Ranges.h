//===- Ranges.h - What slices take ---------------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PATTERNS_RANGES_H
#define ESPRESSO_LIB_TRANSFORMS_PATTERNS_RANGES_H

#include "espresso/IR/Operation.h"

#include <optional>

namespace espresso {

/// The elements taken of an axis.
struct AxisRange {
  int64_t first;
  int64_t step;
  int64_t count;
};
using AxisRanges = llvm::SmallVector<AxisRange, 4>;

/// What a slice_by_index or slice_by_size takes of each axis of its operand, or
/// the part of a split that `result` is; nothing if that is not known, or goes
/// backwards, or the extents of the operand are not known.
[[nodiscard]] std::optional<AxisRanges> getAxisRanges(const Operation &op,
                                                      unsigned result = 0);

/// A run of elements along one axis of a value, whole along all others.
struct Part {
  Value *source = nullptr;
  int64_t axis = 0;
  int64_t first = 0;
  int64_t count = 0;
};

/// `value` as a part of another, without a step or a dropped axis; nothing if
/// it is none, or all of it.
[[nodiscard]] std::optional<Part> getPart(Value *value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PATTERNS_RANGES_H
