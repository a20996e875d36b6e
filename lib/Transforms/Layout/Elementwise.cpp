//===- Elementwise.cpp - Element-wise operations in any layout ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// An element-wise operation is done on its operands as they are laid out. Where
// one of them is broadcast along some axes of a run and not along others, the
// run is opened:
//
//   x [1, 6·64, 1, S] as heads of [1, S, 6, 64], table [64]
//     =>  mul(x = [1, 6, 64, S], y = [1, 1, 64, 1])
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Inputs that are broadcast against each other.
static constexpr llvm::StringRef kOperands[] = {"x", "y", "cond", "a", "b"};

namespace {

/// An operand that is a tensor, in as many axes as the result has.
struct Spread {
  llvm::StringRef name;
  const Argument *argument;
  Axes extents;

  bool isFull(llvm::ArrayRef<int64_t> result) const {
    return llvm::ArrayRef<int64_t>(extents) == result;
  }
};

} // namespace

/// Nothing if an argument is neither such an operand nor a number.
static std::optional<llvm::SmallVector<Spread, 3>>
getSpread(const Operation &op, size_t rank) {
  llvm::SmallVector<Spread, 3> spread;
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    if (binding->size() != 1)
      return std::nullopt;
    auto type = op.getArgumentType(binding->getName()).getAs<TensorType>();
    if (type && type.getRank() == 0)
      continue;
    if (!type || !type.hasStaticShape() ||
        !llvm::is_contained(kOperands, binding->getName()))
      return std::nullopt;
    Axes extents(rank - type.getRank(), 1);
    extents.append(type.getShape().begin(), type.getShape().end());
    spread.push_back(
        {binding->getName(), &binding->getSingle(), std::move(extents)});
  }
  return spread;
}

static std::optional<Arrangement> choose(const Operation &op,
                                         llvm::ArrayRef<Spread> spread,
                                         llvm::ArrayRef<int64_t> extents,
                                         const Layout &layout) {
  for (const Spread &operand : spread)
    if (Value *value = operand.argument->getValue();
        value && operand.isFull(extents) &&
        static_cast<size_t>(value->getTensorType().getRank()) ==
            extents.size() &&
        layout.find(*value))
      return chooseArrangement(layout, *value, *op.getResult());
  if (const Arrangement *wanted = layout.findWanted(*op.getResult()))
    return *wanted;
  return std::nullopt;
}

static bool convert(Operation &op, Layout &layout) {
  std::optional<Axes> extents =
      op.getNumResults() == 1 ? getExtents(*op.getResult()) : std::nullopt;
  auto spread = extents ? getSpread(op, extents->size()) : std::nullopt;
  if (!spread || spread->empty())
    return false;
  auto to = choose(op, *spread, *extents, layout);
  if (!to)
    return false;
  // Axes along which the same operands are broadcast keep together.
  to->runs = splitRuns(*to, *extents, [&](int64_t axis) {
    int64_t key = 0;
    for (const Spread &operand : *spread)
      key = 2 * key + static_cast<int64_t>(operand.extents[axis] == 1);
    return (*extents)[axis] == 1 ? std::nullopt : std::optional(key);
  });
  constexpr size_t kMaxRank = 5;
  if (to->runs.size() > kMaxRank)
    return false;
  OpBuilder b(op, op.getResult()->getName());
  llvm::SmallVector<NamedArgument, 4> args;
  for (const Spread &operand : *spread) {
    Value *brought =
        layout.bring(b, *operand.argument, operand.extents, *to, operand.name);
    args.emplace_back(operand.name, brought);
  }
  layout.define(*op.getResult(), rebuildOp(op, b, args)->getResult(),
                to->order);
  return true;
}

/// Operands are wanted as the result is.
static void demand(Operation &op, Layout &layout) {
  const Arrangement *wanted =
      op.getNumResults() == 1 ? layout.findAnyWanted(*op.getResult()) : nullptr;
  if (!wanted)
    return;
  Arrangement copy = *wanted;
  for (llvm::StringRef name : kOperands) {
    Value *operand = op.getOperand(name);
    if (operand && operand->getTensorType() &&
        operand->getTensorType().getRank() ==
            op.getResult()->getTensorType().getRank())
      layout.want(*operand, copy);
  }
}

const LayoutRow kElementwiseLayout = {"", convert, demand};

} // namespace espresso
