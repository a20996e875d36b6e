//===- Rotation.h - Rotations as programs write them ----------- -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LIFT_ROTATION_H
#define ESPRESSO_LIB_TRANSFORMS_LIFT_ROTATION_H

#include "Columns.h"

namespace espresso {

/// Parts of
///
///   x · cos + concat(values = (-x₂, x₁)) · sin, or
///   concat(values = (x₁ · cos - x₂ · sin, x₂ · cos + x₁ · sin)),
///
/// x₁ and x₂ being the halves of x along `axis`. A table is what an input of a
/// product is bound to, a value or a constant.
struct Rotation {
  Value *x = nullptr;
  int64_t axis = 0;
  const Operation *cosOp = nullptr, *sinOp = nullptr;
  llvm::StringRef cosInput, sinInput;
  /// The second form: tables have a number for each pair, not each channel.
  bool isHalf = false;
};

/// What the result of `op` is, if it is a rotation of floats of known extents.
[[nodiscard]] std::optional<Rotation> readRotation(Operation &op);

/// Whether both halves of what `input` is bound to are seen to be the same
/// along the axis `fromEnd` from the end, or there is one number for all.
[[nodiscard]] bool hasEqualHalves(const Operation &user, llvm::StringRef input,
                                  int64_t fromEnd);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LIFT_ROTATION_H
