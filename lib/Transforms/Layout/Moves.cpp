//===- Moves.cpp - Reshapes and transposes that need not be done ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What only moves elements, or names their axes anew, changes nothing of a
// value that is laid out otherwise anyway: the form of the operand is one of
// the result, whose axes stand in another order.
//
//===----------------------------------------------------------------------===//

#include "../Patterns/Match.h"
#include "Layout.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// The order of the result's axes if those of the operand stand in `order`, or
/// the other way round with `isBack`.
static std::optional<Axes>
mapOrder(const Operation &op, llvm::ArrayRef<int64_t> order, bool isBack) {
  std::optional<Axes> from = getExtents(*op.getOperand("x"));
  std::optional<Axes> to = getExtents(*op.getResult());
  if (!from || !to)
    return std::nullopt;
  if (!op.is("transpose"))
    return isBack ? mapThroughReshape(order, *to, *from)
                  : mapThroughReshape(order, *from, *to);
  // Axis i of the result is axis perm[i] of the operand.
  auto perm = getKnownAxes(op, "perm", static_cast<int64_t>(from->size()));
  if (!perm)
    return std::nullopt;
  Axes mapped;
  for (int64_t axis : order)
    mapped.push_back(isBack ? (*perm)[axis]
                            : llvm::find(*perm, axis) - perm->begin());
  return mapped;
}

static bool convert(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  const Form *form = x ? layout.find(*x) : nullptr;
  std::optional<Axes> order =
      form ? mapOrder(op, form->order, /*isBack=*/false) : std::nullopt;
  if (!order)
    return false;
  layout.define(*op.getResult(), form->value, std::move(*order));
  return true;
}

static void demand(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  const Arrangement *wanted = layout.findAnyWanted(*op.getResult());
  std::optional<Axes> extents = getExtents(*op.getResult());
  if (!x || !wanted || !extents)
    return;
  std::optional<Axes> order = mapOrder(op, wanted->order, /*isBack=*/true);
  if (!order)
    return;
  std::optional<Axes> before = getExtents(*x);
  Arrangement mapped{*order, {}};
  mapped.runs = findRuns(*order, *before, wanted->getShape(*extents));
  layout.want(*x, std::move(mapped));
}

static constexpr LayoutRow kRows[] = {
    {"transpose", convert, demand},
    {"reshape", convert, demand},
    {"expand_dims", convert, demand},
    {"squeeze", convert, demand},
};

llvm::ArrayRef<LayoutRow> getMoveLayouts() { return kRows; }

} // namespace espresso
