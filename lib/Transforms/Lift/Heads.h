//===- Heads.h - Keys, values and masks of attention ------------ -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LIFT_HEADS_H
#define ESPRESSO_LIB_TRANSFORMS_LIFT_HEADS_H

#include "Columns.h"

namespace espresso {

/// Keys or values: heads that may be repeated for the queries of a group.
struct RepeatedHeads {
  /// Elements in the order [heads, a, b], whatever the shape.
  Value *source = nullptr;
  int64_t heads = 0;
  /// Of each head, next to each other.
  int64_t repeats = 1;
};

/// Follows `x`, [.., heads, a, b] with leading extents of 1, up to what its
/// heads are copies of: by tile, concat or stack before a reshape, by tile or
/// concat of one head, by concat in turn, or by gather. Nothing for another
/// shape.
[[nodiscard]] std::optional<RepeatedHeads> getHeads(Value *x);

/// What a constant mask [.., tokens, tokens] shows: of each row the columns up
/// to its own, or the last `window` of them. Nothing if it is another mask:
/// what is hidden is -10000 or less, or false.
struct CausalMask {
  int64_t window = 0;
};
[[nodiscard]] std::optional<CausalMask>
getCausalMask(const Attribute &mask, int64_t tokens,
              DiagnosticEngine &diagnostics);

/// Whether a constant mask of booleans shows something in each row of its last
/// axis: what is true, or what is false.
[[nodiscard]] bool showsInEveryRow(const Attribute &mask, bool isShownIfTrue);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LIFT_HEADS_H
