//===- PlaceRope.h - Rotation on the host or in the graph ----- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEROPE_H
#define ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEROPE_H

#include "espresso/IR/Program.h"

namespace espresso {

/// Moves the rotations of layers into the graph. The host computes the angles,
/// once for all layers that turn alike, by rotating a head of ones and zeros:
///
///   r = rope(x, position, head_dim = d, …)  =>
///   angles = rope(x = [1, …, 0, …], position, head_dim = d, …)
///   r = rotate(x, angles, head_dim = d)
///
/// cosines then stand in the first channels of `angles` and sines in those
/// behind, whatever the frequencies are made of. Returns how many moved.
unsigned moveRopeIntoGraph(Function &function);

/// The head that rotation by the arguments of `rope` is applied to, as
/// [1, d, 1, columns]: ones in the first half of the channels that turn.
[[nodiscard]] Attribute makeUnitHead(const Operation &rope, int64_t columns);

/// Makes `rope` an `espresso.rotate` by `angles`.
void rotateByAngles(Operation &rope, Value *angles);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEROPE_H
