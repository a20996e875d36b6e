//===- AxisView.h - Axes on their own ------------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LAYOUT_AXISVIEW_H
#define ESPRESSO_LIB_TRANSFORMS_LAYOUT_AXISVIEW_H

#include "Layout.h"

namespace espresso {

/// A value laid out so that some of its axes are on their own.
struct AxisView {
  Arrangement arrangement;
  /// Of the value.
  Axes extents;

  /// For `op` on `x` along `axes`; nothing if it stays as it is.
  [[nodiscard]] static std::optional<AxisView>
  open(Operation &op, Value &x, llvm::ArrayRef<int64_t> axes,
       const Layout &layout);

  /// Which axis of the laid out value one of `axes` is.
  [[nodiscard]] int64_t getDim(int64_t axis) const;
  /// The order of a result without these axes.
  [[nodiscard]] Axes getOrderWithout(llvm::ArrayRef<int64_t> axes) const;
};

/// The demand of operations whose result has the axes of their operands.
void demandLikeResult(Operation &op, Layout &layout);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LAYOUT_AXISVIEW_H
