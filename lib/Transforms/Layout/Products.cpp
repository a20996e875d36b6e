//===- Products.cpp - Products of matrices, channel-first -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A product with a constant matrix is a convolution by a kernel of 1×1 over the
// axis that is summed over (ane-layout-bc1s):
//
//   linear(x = x, weight = w)                =>  conv(x = x', weight = w)
//   matmul(x = x, y = w)                     =>  conv(x = x', weight = wᵀ)
//   matmul(x = w, y = x)                     =>  conv(x = x', weight = w)
//
// with x' as [N, C, 1, S]. A product of two computed tensors takes them as they
// are, [H, E, S] for heads of columns: transpose_x and transpose_y say how.
// What is made of columns on the right is columns again: (x y)ᵀ = yᵀ xᵀ.
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "../Patterns/Match.h"
#include "Layout.h"
#include "Weights.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

namespace {

/// A product with a constant, as one axis of a value is seen.
struct ChannelProduct {
  Value &x;
  /// The axis summed over.
  int64_t axis;
  /// Where the outputs are along.
  int64_t resultAxis;
};

} // namespace

/// Everything of the result but its channels stands as in x.
static Arrangement getResultColumns(const ChannelProduct &product,
                                    size_t rank) {
  return getColumns(rank, product.resultAxis);
}

static bool convertProduct(Operation &op, Layout &layout,
                           const ChannelProduct &product,
                           llvm::StringRef weightInput, bool transposes) {
  std::optional<Axes> extents = getExtents(product.x);
  std::optional<Axes> results = getExtents(*op.getResult());
  if (!extents || !results || extents->size() < 2)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  Value *weight = makeKernel(op, b, weightInput, transposes);
  if (!weight)
    return false;
  Value *bias = op.getOperand("bias");
  if (!bias && op.hasBinding("bias"))
    bias = b.constant(op.getConstant("bias"), "bias");
  Value *columns = layout.bring(b, product.x, *extents,
                                getColumns(extents->size(), product.axis), "x");
  Value *made = b.conv1x1(columns, weight, "conv", bias);
  for (const NamedAttribute &attribute : op.getAttributes())
    if (attribute.name != "name")
      made->getDefiningOp()->setAttribute(attribute.name, attribute.value);
  layout.define(*op.getResult(), made,
                getResultColumns(product, results->size()).order);
  return true;
}

static bool convertLinear(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  if (!x || (op.hasBinding("bias") && !op.getConstant("bias")))
    return false;
  int64_t last = x->getTensorType().getRank() - 1;
  return convertProduct(op, layout, {*x, last, last}, "weight",
                        /*transposes=*/false);
}

static void demandLinear(Operation &op, Layout &layout) {
  Value *x = op.getOperand("x");
  if (x && x->getTensorType().getRank() >= 2)
    layout.want(*x, getColumns(x->getTensorType().getRank(),
                               x->getTensorType().getRank() - 1));
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

static int64_t getRank(const Operation &op, llvm::StringRef input) {
  auto type = op.getArgumentType(input).getAs<TensorType>();
  return type ? type.getRank() : 0;
}

/// The product by a constant that is one matrix; nothing if there is none.
static std::optional<ChannelProduct> findChannels(const Operation &op) {
  int64_t rank = op.getResult()->getTensorType().getRank();
  Value *x = op.getOperand("x"), *y = op.getOperand("y");
  bool ofX = x && isMatrix(op, "y") && getRank(op, "x") == rank;
  bool ofY = y && isMatrix(op, "x") && getRank(op, "y") == rank;
  if (rank < 2 || ofX == ofY)
    return std::nullopt;
  if (ofX)
    return ChannelProduct{*x, getFlag(op, "transpose_x") ? rank - 2 : rank - 1,
                          rank - 1};
  return ChannelProduct{*y, getFlag(op, "transpose_y") ? rank - 1 : rank - 2,
                        rank - 2};
}

/// Where the axes of one side of a product of computed tensors are.
struct Side {
  Value &value;
  Axes extents;
  /// The axis that is not summed over, and the one that is.
  int64_t own, summed;
};

static std::optional<Side> getSide(const Operation &op, llvm::StringRef input,
                                   bool isRight) {
  Value *value = op.getOperand(input);
  std::optional<Axes> extents = value ? getExtents(*value) : std::nullopt;
  if (!extents || extents->size() < 2)
    return std::nullopt;
  auto rank = static_cast<int64_t>(extents->size());
  bool isTransposed = getFlag(op, isRight ? "transpose_y" : "transpose_x");
  // [own, summed] on the left, [summed, own] on the right.
  bool ownIsLast = isRight != isTransposed;
  return Side{*value, *extents, ownIsLast ? rank - 1 : rank - 2,
              ownIsLast ? rank - 2 : rank - 1};
}

/// Axes in front, then these two, as four axes or more.
static Arrangement getBatched(size_t rank, int64_t first, int64_t second) {
  Arrangement result;
  for (size_t i = 0; i + 2 < rank; ++i)
    result.order.push_back(static_cast<int64_t>(i));
  result.order.append({first, second});
  result.runs = Runs(rank, 1);
  while (result.runs.size() < 4)
    result.runs.insert(result.runs.begin(), 0);
  return result;
}

/// True if `side` lies with its own axis last, as columns do.
static bool hasOwnLast(const Side &side, const Layout &layout) {
  const Form *form = layout.find(side.value);
  Axes order = form ? form->order : getIdentity(side.extents.size());
  Axes many = skipUnits(order, side.extents);
  const auto *own = llvm::find(many, side.own);
  const auto *summed = llvm::find(many, side.summed);
  return own > summed;
}

/// The product of `left` and `right`, by own axes of each.
static Value *multiply(OpBuilder &b, Layout &layout, const Side &left,
                       const Side &right) {
  bool leftTurned = hasOwnLast(left, layout);
  bool rightTurned = !hasOwnLast(right, layout);
  auto bring = [&](const Side &side, bool ownIsLast, llvm::StringRef suffix) {
    Arrangement to =
        getBatched(side.extents.size(), ownIsLast ? side.summed : side.own,
                   ownIsLast ? side.own : side.summed);
    return layout.bring(b, side.value, side.extents, to, suffix);
  };
  Value *x = bring(left, leftTurned, "x");
  Value *y = bring(right, !rightTurned, "y");
  return b.create("matmul",
                  {{"x", x},
                   {"y", y},
                   {"transpose_x", b.flag(leftTurned, "transpose_x")},
                   {"transpose_y", b.flag(rightTurned, "transpose_y")}},
                  "product");
}

static bool convertComputed(Operation &op, Layout &layout) {
  std::optional<Side> left = getSide(op, "x", /*isRight=*/false);
  std::optional<Side> right = getSide(op, "y", /*isRight=*/true);
  std::optional<Axes> extents = getExtents(*op.getResult());
  if (!left || !right || !extents ||
      !llvm::equal(llvm::drop_end(left->extents, 2),
                   llvm::drop_end(right->extents, 2)))
    return false;
  const Arrangement *wanted = layout.findWanted(*op.getResult());
  if (!layout.find(left->value) && !layout.find(right->value) && !wanted)
    return false;
  auto rank = static_cast<int64_t>(extents->size());
  // Values of a context are columns, and so is what is mixed of them.
  bool isSwapped = layout.find(right->value) && !hasOwnLast(*right, layout);
  if (wanted && !isSwapped) {
    Axes turned = getBatched(rank, rank - 1, rank - 2).order;
    isSwapped =
        skipUnits(wanted->order, *extents) == skipUnits(turned, *extents);
  }
  OpBuilder b(op, op.getResult()->getName());
  Value *made = isSwapped ? multiply(b, layout, *right, *left)
                          : multiply(b, layout, *left, *right);
  Arrangement order = isSwapped ? getBatched(rank, rank - 1, rank - 2)
                                : getBatched(rank, rank - 2, rank - 1);
  layout.define(*op.getResult(), made, order.order);
  return true;
}

static bool convertMatmul(Operation &op, Layout &layout) {
  std::optional<ChannelProduct> product = findChannels(op);
  if (!product)
    return convertComputed(op, layout);
  bool isLeft = op.getOperand("x") == &product->x && isMatrix(op, "y");
  // A kernel is [outputs, inputs].
  return isLeft ? convertProduct(op, layout, *product, "y",
                                 !getFlag(op, "transpose_y"))
                : convertProduct(op, layout, *product, "x",
                                 getFlag(op, "transpose_x"));
}

static void demandMatmul(Operation &op, Layout &layout) {
  if (std::optional<ChannelProduct> product = findChannels(op))
    layout.want(product->x, getColumns(product->x.getTensorType().getRank(),
                                       product->axis));
}

static constexpr LayoutRow kRows[] = {
    {"linear", convertLinear, demandLinear},
    {"matmul", convertMatmul, demandMatmul},
};

llvm::ArrayRef<LayoutRow> getProductLayouts() { return kRows; }

} // namespace espresso
