//===- AxisOps.cpp - Operations along some axes ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Reductions, softmax, norms and cuts along axes are done along the same axes
// where these are in the other layout, each opened to be an axis of its own:
//
//   reduce_mean(axes = [2], x = x [1, S, D])  =>  reduce_mean(axes = [1],
//                                                    x = x' [1, D, 1, S])
//
// What the result has lost of axes is only lost in its order.
//
//===----------------------------------------------------------------------===//

#include "../Patterns/Match.h"
#include "AxisView.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

std::optional<AxisView> AxisView::open(Operation &op, Value &x,
                                       llvm::ArrayRef<int64_t> axes,
                                       const Layout &layout) {
  std::optional<Axes> extents = getExtents(x);
  bool keepsRank = extents && op.getResult()->getTensorType() &&
                   op.getResult()->getTensorType().getRank() ==
                       static_cast<int64_t>(extents->size());
  // A result of other axes says nothing of those of x.
  const Form *form = layout.find(x);
  if (!extents || (!form && !keepsRank))
    return std::nullopt;
  std::optional<Arrangement> to = chooseArrangement(layout, x, *op.getResult());
  if (!to)
    return std::nullopt;
  to->runs = splitRuns(*to, *extents, [&](int64_t axis) {
    if (llvm::is_contained(axes, axis))
      return std::optional<int64_t>(axis + 1);
    return (*extents)[axis] == 1 ? std::nullopt : std::optional<int64_t>(0);
  });
  constexpr size_t kMaxRank = 5;
  if (to->runs.size() > kMaxRank)
    return std::nullopt;
  return AxisView{std::move(*to), std::move(*extents)};
}

int64_t AxisView::getDim(int64_t axis) const {
  size_t at = 0;
  for (auto [dim, run] : llvm::enumerate(arrangement.runs))
    for (unsigned i = 0; i < run; ++i)
      if (arrangement.order[at++] == axis)
        return static_cast<int64_t>(dim);
  return -1;
}

Axes AxisView::getOrderWithout(llvm::ArrayRef<int64_t> axes) const {
  Axes order;
  for (int64_t axis : arrangement.order)
    if (!llvm::is_contained(axes, axis))
      order.push_back(axis - llvm::count_if(axes, [&](int64_t gone) {
                        return gone < axis;
                      }));
  return order;
}

//===----------------------------------------------------------------------===//
// Along one axis, or several, by number
//===----------------------------------------------------------------------===//

/// The axes that `input` names; all if it is absent.
static std::optional<Axes> getAxes(const Operation &op, llvm::StringRef input) {
  Value *x = op.getOperand("x");
  if (!x || !x->getTensorType())
    return std::nullopt;
  int64_t rank = x->getTensorType().getRank();
  Attribute value = getConstantOrDefault(op, input);
  if (!op.hasBinding(input) && !value)
    return getIdentity(rank);
  if (!value || !value.getDense())
    return std::nullopt;
  Axes axes;
  for (int64_t axis : value.getIntegers())
    axes.push_back(axis < 0 ? axis + rank : axis);
  return axes;
}

/// Rebuilds an operation over one axis, which stays: `input` names it, as a
/// list or a number.
static bool rebuildAlongAxis(Operation &op, Layout &layout,
                             llvm::StringRef input, bool isList) {
  std::optional<Axes> axes = getAxes(op, input);
  Value *x = op.getOperand("x");
  auto view = axes && axes->size() == 1 ? AxisView::open(op, *x, *axes, layout)
                                        : std::nullopt;
  if (!view)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  Value *brought = layout.bring(b, *x, view->extents, view->arrangement, "x");
  int64_t dim = view->getDim(axes->front());
  Value *named = isList ? b.ints({dim}, input) : b.integer(dim, input);
  Operation *made = rebuildOp(op, b, {{"x", brought}, {input, named}});
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    layout.define(*result, made->getResult(i), view->arrangement.order);
  return true;
}

/// softmax, cumsum, topk and the like.
static bool convertAlongAxis(Operation &op, Layout &layout) {
  return rebuildAlongAxis(op, layout, "axis", /*isList=*/false);
}

/// reduce_*: axes that go, or stay as axes of extent 1.
static bool reduce(Operation &op, Layout &layout, llvm::StringRef input,
                   bool isList) {
  std::optional<Axes> axes = getAxes(op, input);
  Value *x = op.getOperand("x");
  if (!axes || op.getNumResults() != 1 ||
      op.getResult()->getTensorType().getRank() == 0)
    return false;
  auto view = AxisView::open(op, *x, *axes, layout);
  if (!view)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  Value *brought = layout.bring(b, *x, view->extents, view->arrangement, "x");
  Axes dims;
  for (int64_t axis : *axes)
    dims.push_back(view->getDim(axis));
  llvm::sort(dims);
  Value *named =
      isList ? b.ints(dims, "axes") : b.integer(dims.front(), "axis");
  Operation *made = rebuildOp(op, b,
                              {{"x", brought},
                               {isList ? "axes" : "axis", named},
                               {"keep_dims", b.flag(true, "keep_dims")}});
  layout.define(*op.getResult(), made->getResult(),
                getFlag(op, "keep_dims") ? view->arrangement.order
                                         : view->getOrderWithout(*axes));
  return true;
}

static bool convertReduction(Operation &op, Layout &layout) {
  return reduce(op, layout, "axes", /*isList=*/true);
}

static bool convertArgReduction(Operation &op, Layout &layout) {
  return reduce(op, layout, "axis", /*isList=*/false);
}

/// Over one axis; gain and shift are vectors along it.
static bool convertLayerNorm(Operation &op, Layout &layout) {
  return rebuildAlongAxis(op, layout, "axes", /*isList=*/true);
}

static bool convertReverse(Operation &op, Layout &layout) {
  std::optional<Axes> axes = getAxes(op, "axes");
  Value *x = op.getOperand("x");
  auto view = axes ? AxisView::open(op, *x, *axes, layout) : std::nullopt;
  if (!view)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  Value *brought = layout.bring(b, *x, view->extents, view->arrangement, "x");
  Axes dims;
  for (int64_t axis : *axes)
    dims.push_back(view->getDim(axis));
  Operation *made =
      rebuildOp(op, b, {{"x", brought}, {"axes", b.ints(dims, "axes")}});
  layout.define(*op.getResult(), made->getResult(), view->arrangement.order);
  return true;
}

/// The operand is wanted as the result is, where they have the same axes.
void demandLikeResult(Operation &op, Layout &layout) {
  Value *result = op.getResult();
  const Arrangement *wanted = layout.findAnyWanted(*result);
  if (!wanted)
    return;
  Arrangement copy = *wanted;
  llvm::SmallVector<Value *, 4> operands = op.getOperands("values");
  if (Value *x = op.getOperand("x"))
    operands.push_back(x);
  for (Value *operand : operands)
    if (operand->getTensorType() &&
        operand->getTensorType().getRank() == result->getTensorType().getRank())
      layout.want(*operand, copy);
}

static constexpr LayoutRow kRows[] = {
    {"softmax", convertAlongAxis, demandLikeResult},
    {"cumsum", convertAlongAxis, demandLikeResult},
    {"topk", convertAlongAxis, demandLikeResult},
    {"split", convertAlongAxis, demandLikeResult},
    {"reduce_argmax", convertArgReduction, demandLikeResult},
    {"reduce_argmin", convertArgReduction, demandLikeResult},
    {"reduce_l1_norm", convertReduction, demandLikeResult},
    {"reduce_l2_norm", convertReduction, demandLikeResult},
    {"reduce_log_sum", convertReduction, demandLikeResult},
    {"reduce_log_sum_exp", convertReduction, demandLikeResult},
    {"reduce_max", convertReduction, demandLikeResult},
    {"reduce_mean", convertReduction, demandLikeResult},
    {"reduce_min", convertReduction, demandLikeResult},
    {"reduce_prod", convertReduction, demandLikeResult},
    {"reduce_sum", convertReduction, demandLikeResult},
    {"reduce_sum_square", convertReduction, demandLikeResult},
    {"layer_norm", convertLayerNorm, demandLikeResult},
    {"reverse", convertReverse, demandLikeResult},
};

llvm::ArrayRef<LayoutRow> getAxisLayouts() { return kRows; }

} // namespace espresso
