//===- StatefulLowering.h - The host's operations in a stateful program  -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_STATEFUL_STATEFULLOWERING_H
#define ESPRESSO_LIB_TRANSFORMS_STATEFUL_STATEFULLOWERING_H

#include "espresso/IR/Program.h"

namespace espresso {

/// Extents of states must be multiples of this (ane-state-dim-32).
inline constexpr int64_t kStateMultiple = 32;

/// The largest type of rows and columns that holds `type`, a cache, and that
/// states may have.
[[nodiscard]] TensorType padStateType(TensorType type, Context &context);

/// Rewrites the operations of an <ios18> function that only a host could run
/// into MIL operations on states; the other composites stay. `tableRows` is how
/// many positions tables of angles have. Reports and fails on what has no such
/// form.
LogicalResult lowerHostOperations(Function &function, int64_t tableRows);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_STATEFUL_STATEFULLOWERING_H
