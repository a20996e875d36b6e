//===- Joins.cpp - Parts of tensors, cut and joined -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Slices, paddings and repetitions say something of every axis; of most, that
// nothing happens. The others are opened, and what was said of them is said of
// where they are then.
//
//===----------------------------------------------------------------------===//

#include "../Patterns/Match.h"
#include "AxisView.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static bool convertConcat(Operation &op, Layout &layout) {
  std::optional<Axes> result = getExtents(*op.getResult());
  auto axes =
      result ? getKnownAxes(op, "axis", static_cast<int64_t>(result->size()))
             : std::nullopt;
  const Binding *values = op.findBinding("values");
  if (!axes || !values || op.getOperands("values").size() != values->size())
    return false;
  Value *lead = nullptr;
  for (Value *operand : op.getOperands("values")) {
    if (!getExtents(*operand))
      return false;
    if (!lead || (!layout.find(*lead) && layout.find(*operand)))
      lead = operand;
  }
  auto view = lead ? AxisView::open(op, *lead, *axes, layout) : std::nullopt;
  if (!view)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  llvm::SmallVector<Value *, 4> parts;
  for (size_t i = 0; i < values->size(); ++i)
    parts.push_back(layout.bring(b, (*values)[i],
                                 *getExtents(*(*values)[i].getValue()),
                                 view->arrangement, "part"));
  Operation *made =
      rebuildOp(op, b,
                {{"values", llvm::ArrayRef<Value *>(parts)},
                 {"axis", b.integer(view->getDim((*axes)[0]), "axis")}});
  layout.define(*op.getResult(), made->getResult(), view->arrangement.order);
  return true;
}

namespace {

/// What a slice takes of one axis.
struct Range {
  int64_t begin = 0, end = 0, stride = 1;
  bool isFirst = true, isLast = true, goes = false;

  bool isWhole() const { return isFirst && isLast && stride == 1 && !goes; }
};

} // namespace

/// The ranges of slice_by_index; nothing if they are not known.
static std::optional<llvm::SmallVector<Range, 6>>
getRanges(const Operation &op, llvm::ArrayRef<int64_t> extents) {
  auto getOr = [&](llvm::StringRef input, int64_t fallback) {
    if (!op.hasBinding(input))
      return std::optional(
          llvm::SmallVector<int64_t, 4>(extents.size(), fallback));
    Attribute given = op.getConstant(input);
    return given.getDense() ? std::optional(given.getIntegers()) : std::nullopt;
  };
  auto begin = getKnownIntegers(op, "begin"), end = getKnownIntegers(op, "end");
  auto stride = getOr("stride", 1), first = getOr("begin_mask", 0),
       last = getOr("end_mask", 0), squeeze = getOr("squeeze_mask", 0);
  for (const auto *list : {&begin, &end, &stride, &first, &last, &squeeze})
    if (!*list || (*list)->size() != extents.size())
      return std::nullopt;
  llvm::SmallVector<Range, 6> ranges(extents.size());
  for (auto [i, range] : llvm::enumerate(ranges)) {
    range = {(*begin)[i],      (*end)[i],       (*stride)[i],
             (*first)[i] != 0, (*last)[i] != 0, (*squeeze)[i] != 0};
    if (!range.goes)
      continue;
    // What is squeezed is one element.
    int64_t at = range.isFirst ? 0 : range.begin;
    at = at < 0 ? at + extents[i] : at;
    range = {at, at + 1, 1, false, false, true};
  }
  return ranges;
}

static bool convertSlice(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  std::optional<Axes> extents = x ? getExtents(*x) : std::nullopt;
  auto ranges = extents ? getRanges(op, *extents) : std::nullopt;
  if (!ranges || op.getResult()->getTensorType().getRank() == 0)
    return false;
  Axes touched, gone;
  for (auto [axis, range] : llvm::enumerate(*ranges)) {
    if (!range.isWhole())
      touched.push_back(static_cast<int64_t>(axis));
    if (range.goes)
      gone.push_back(static_cast<int64_t>(axis));
  }
  auto view = AxisView::open(op, *x, touched, layout);
  if (!view)
    return false;
  size_t rank = view->arrangement.runs.size();
  Axes begin(rank, 0), end = view->arrangement.getShape(*extents),
                       stride(rank, 1), first(rank, 1), last(rank, 1);
  for (int64_t axis : touched) {
    const Range &range = (*ranges)[axis];
    int64_t dim = view->getDim(axis);
    begin[dim] = range.begin;
    end[dim] = range.end;
    stride[dim] = range.stride;
    first[dim] = static_cast<int64_t>(range.isFirst);
    last[dim] = static_cast<int64_t>(range.isLast);
  }
  OpBuilder b(op, op.getResult()->getName());
  auto flags = [&](const Axes &values, llvm::StringRef suffix) {
    llvm::SmallVector<bool, 6> bools(values.begin(), values.end());
    return b.flags(bools, suffix);
  };
  Value *brought = layout.bring(b, *x, *extents, view->arrangement, "x");
  Operation *made =
      rebuildOp(op, b,
                {{"x", brought},
                 {"begin", b.ints(begin, "begin")},
                 {"end", b.ints(end, "end")},
                 {"stride", b.ints(stride, "stride")},
                 {"begin_mask", flags(first, "begin_mask")},
                 {"end_mask", flags(last, "end_mask")},
                 {"squeeze_mask", static_cast<Value *>(nullptr)}});
  layout.define(*op.getResult(), made->getResult(),
                view->getOrderWithout(gone));
  return true;
}

static bool convertSliceBySize(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  std::optional<Axes> extents = x ? getExtents(*x) : std::nullopt;
  std::optional<Axes> results = getExtents(*op.getResult());
  auto begin = getKnownIntegers(op, "begin");
  if (!extents || !begin || !results || begin->size() != extents->size())
    return false;
  Axes touched;
  for (size_t axis = 0; axis < extents->size(); ++axis)
    if ((*results)[axis] != (*extents)[axis])
      touched.push_back(static_cast<int64_t>(axis));
  auto view = AxisView::open(op, *x, touched, layout);
  if (!view)
    return false;
  Axes from(view->arrangement.runs.size(), 0);
  for (int64_t axis : touched)
    from[view->getDim(axis)] = (*begin)[axis];
  OpBuilder b(op, op.getResult()->getName());
  Value *brought = layout.bring(b, *x, *extents, view->arrangement, "x");
  Operation *made = rebuildOp(
      op, b,
      {{"x", brought},
       {"begin", b.ints(from, "begin")},
       {"size", b.ints(view->arrangement.getShape(*results), "size")}});
  layout.define(*op.getResult(), made->getResult(), view->arrangement.order);
  return true;
}

/// Repetitions, or paddings with a constant: a number or two for each axis.
static bool convertByAxis(Operation &op, Layout &layout, llvm::StringRef input,
                          size_t each, int64_t neutral) {
  Value *x = op.getOperand("x");
  std::optional<Axes> extents = x ? getExtents(*x) : std::nullopt;
  auto values = getKnownIntegers(op, input);
  if (!extents || !values || values->size() != each * extents->size())
    return false;
  Axes touched;
  for (size_t i = 0; i < values->size(); ++i)
    if ((*values)[i] != neutral)
      touched.push_back(static_cast<int64_t>(i / each));
  auto view = AxisView::open(op, *x, touched, layout);
  if (!view)
    return false;
  Axes moved(each * view->arrangement.runs.size(), neutral);
  for (int64_t axis : touched)
    for (size_t i = 0; i < each; ++i)
      moved[each * view->getDim(axis) + i] = (*values)[each * axis + i];
  OpBuilder b(op, op.getResult()->getName());
  Value *brought = layout.bring(b, *x, *extents, view->arrangement, "x");
  Operation *made =
      rebuildOp(op, b, {{"x", brought}, {input, b.ints(moved, input)}});
  layout.define(*op.getResult(), made->getResult(), view->arrangement.order);
  return true;
}

static bool convertTile(Operation &op, Layout &layout) {
  return convertByAxis(op, layout, "reps", 1, 1);
}

static bool convertPad(Operation &op, Layout &layout) {
  Attribute mode = op.getConstant("mode");
  // Others want the axes that are padded last.
  if (mode && mode.getString() != "constant")
    return false;
  return convertByAxis(op, layout, "pad", 2, 0);
}

static constexpr LayoutRow kRows[] = {
    {"concat", convertConcat, demandLikeResult},
    {"slice_by_index", convertSlice, demandLikeResult},
    {"slice_by_size", convertSliceBySize, demandLikeResult},
    {"tile", convertTile, demandLikeResult},
    {"pad", convertPad, demandLikeResult},
};

llvm::ArrayRef<LayoutRow> getJoinLayouts() { return kRows; }

} // namespace espresso
