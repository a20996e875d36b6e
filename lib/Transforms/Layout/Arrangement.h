//===- Arrangement.h - Axes in another order ------------------ -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LAYOUT_ARRANGEMENT_H
#define ESPRESSO_LIB_TRANSFORMS_LAYOUT_ARRANGEMENT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace espresso {

/// Extents or axes of a tensor.
using Axes = llvm::SmallVector<int64_t, 6>;
/// How many axes in a row are one axis of the other tensor; 0 for an axis of
/// extent 1 that stands for none.
using Runs = llvm::SmallVector<unsigned, 6>;

/// The elements of a tensor laid out as those of another: `order` names its
/// axes, those whose neighbours are farthest apart first, and `runs` says which
/// of them are one axis of the other tensor.
///
///   [1, S, D] as [1, D, 1, S]    order = 0 2 1    runs = 1 1 0 1
struct Arrangement {
  Axes order;
  Runs runs;

  [[nodiscard]] Axes getShape(llvm::ArrayRef<int64_t> extents) const;
};

/// 0, 1, …, rank - 1.
[[nodiscard]] Axes getIdentity(size_t rank);

/// Those of the axes that have more than one element: where the others stand
/// means nothing.
[[nodiscard]] Axes skipUnits(llvm::ArrayRef<int64_t> order,
                             llvm::ArrayRef<int64_t> extents);

/// The order of the axes of a tensor of extents `to`, which has the elements of
/// one of extents `from` in the same sequence, if the axes of that stand in
/// `order`; nothing if the elements of an axis are not next to each other then.
[[nodiscard]] std::optional<Axes>
mapThroughReshape(llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> from,
                  llvm::ArrayRef<int64_t> to);

/// The runs by which axes in `order` make `shape`; each axis a run if they do
/// not.
[[nodiscard]] Runs findRuns(llvm::ArrayRef<int64_t> order,
                            llvm::ArrayRef<int64_t> extents,
                            llvm::ArrayRef<int64_t> shape);

/// The same runs, but parted between axes of different keys; an axis without a
/// key goes with any. Where that makes more than four, runs of one element join
/// others, unless they have a key.
[[nodiscard]] Runs
splitRuns(const Arrangement &arrangement, llvm::ArrayRef<int64_t> extents,
          llvm::function_ref<std::optional<int64_t>(int64_t)> getKey);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LAYOUT_ARRANGEMENT_H
