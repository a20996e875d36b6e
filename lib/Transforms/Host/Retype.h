//===- Retype.h - Types that follow from changed inputs ------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_HOST_RETYPE_H
#define ESPRESSO_LIB_TRANSFORMS_HOST_RETYPE_H

#include "espresso/IR/Program.h"

namespace espresso {

/// Gives every result of `function` the type that follows from its arguments,
/// in order, after inputs of `before` columns have got `after`. Slices of all
/// columns stay slices of all. Reports and fails on the first operation that
/// does not take its arguments any more.
LogicalResult inferTypesAgain(Function &function, int64_t before,
                              int64_t after);

/// Whether `op` is a slice that has the first `columns` columns of [1, C, 1,
/// S].
[[nodiscard]] bool takesColumns(const Operation &op, int64_t columns);

/// `type` with `columns` along its last axis.
[[nodiscard]] TensorType withColumns(TensorType type, int64_t columns,
                                     Context &context);

/// Columns of a boundary tensor [1, C, 1, S] of floats; none for others.
[[nodiscard]] std::optional<int64_t> getColumns(const Value &value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_HOST_RETYPE_H
