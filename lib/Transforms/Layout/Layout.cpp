//===- Layout.cpp - Values in channel-first form --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

#include "../ConstantViews.h"

#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

#include <deque>

namespace espresso {

//===----------------------------------------------------------------------===//
// From one order to another
//===----------------------------------------------------------------------===//

namespace {

/// Axes that keep together on the way from one order to another.
struct Blocks {
  /// Their extents, as they stand before.
  Axes extents;
  /// Which of them comes first, second, … behind.
  Axes perm;
};

} // namespace

static Blocks findBlocks(llvm::ArrayRef<int64_t> before,
                         llvm::ArrayRef<int64_t> after,
                         llvm::ArrayRef<int64_t> extents) {
  auto getPlace = [&](int64_t axis) { return llvm::find(after, axis); };
  Blocks blocks;
  llvm::SmallVector<std::pair<ptrdiff_t, int64_t>, 6> places;
  for (size_t i = 0; i < before.size(); ++i) {
    const int64_t *place = getPlace(before[i]);
    bool isNext = i > 0 && place == getPlace(before[i - 1]) + 1;
    if (isNext) {
      blocks.extents.back() *= extents[before[i]];
      continue;
    }
    places.emplace_back(place - after.begin(), blocks.extents.size());
    blocks.extents.push_back(extents[before[i]]);
  }
  llvm::sort(places);
  for (auto [place, block] : places)
    blocks.perm.push_back(block);
  return blocks;
}

static Value *reshapeTo(OpBuilder &b, Value *value,
                        llvm::ArrayRef<int64_t> shape, llvm::StringRef suffix) {
  return value->getTensorType().getShape() == shape
             ? value
             : b.reshape(value, shape, (suffix + "_shaped").str());
}

/// Moves blocks by one transpose, with reshapes where the shape of `value` is
/// not that of the blocks or the result would not be `shape`.
static Value *moveBlocks(OpBuilder &b, Value *value, const Blocks &blocks,
                         llvm::ArrayRef<int64_t> shape,
                         llvm::StringRef suffix) {
  auto isMany = [](int64_t extent) { return extent != 1; };
  Axes many;
  llvm::copy_if(value->getTensorType().getShape(), std::back_inserter(many),
                isMany);
  if (many != blocks.extents) {
    Axes padded(blocks.extents);
    while (padded.size() < shape.size())
      padded.insert(padded.begin(), 1);
    value = b.reshape(value, padded, (suffix + "_open").str());
  }
  // Axes of one element go where the result has such.
  std::deque<int64_t> units, moved;
  Axes dims;
  for (auto [i, extent] : llvm::enumerate(value->getTensorType().getShape()))
    if (extent == 1)
      units.push_back(static_cast<int64_t>(i));
    else
      dims.push_back(static_cast<int64_t>(i));
  for (int64_t block : blocks.perm)
    moved.push_back(dims[block]);
  Axes perm;
  auto take = [&](std::deque<int64_t> &from) {
    perm.push_back(from.front());
    from.pop_front();
  };
  for (int64_t extent : shape) {
    if (extent == 1 && !units.empty())
      take(units);
    else if (extent != 1 && !moved.empty())
      take(moved);
  }
  while (!moved.empty())
    take(moved);
  while (!units.empty())
    take(units);
  return reshapeTo(b, b.transpose(value, perm, (suffix + "_turned").str()),
                   shape, suffix);
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

const Form *Layout::find(const Value &value) const {
  auto found = forms.find(&value);
  return found == forms.end() ? nullptr : &found->second;
}

void Layout::define(Value &value, Value *form, Axes order) {
  forms[&value] = {form, std::move(order)};
}

void Layout::want(Value &value, Arrangement arrangement) {
  wanted.try_emplace(&value, std::move(arrangement));
}

const Arrangement *Layout::findAnyWanted(const Value &value) const {
  auto found = wanted.find(&value);
  return found == wanted.end() ? nullptr : &found->second;
}

const Arrangement *Layout::findWanted(const Value &value) const {
  const Arrangement *found = findAnyWanted(value);
  std::optional<Axes> extents = getExtents(value);
  if (!found || !extents)
    return nullptr;
  bool isThere = extents->size() == 4 &&
                 llvm::is_sorted(skipUnits(found->order, *extents));
  return isThere ? nullptr : found;
}

/// An order of the last axes as one of `rank` axes.
static Axes extendOrder(llvm::ArrayRef<int64_t> order, size_t rank) {
  Axes extended = getIdentity(rank - order.size());
  for (int64_t axis : order)
    extended.push_back(axis + static_cast<int64_t>(rank - order.size()));
  return extended;
}

Value *Layout::bring(OpBuilder &b, Value &value,
                     llvm::ArrayRef<int64_t> extents, const Arrangement &to,
                     llvm::StringRef suffix) {
  Axes shape = to.getShape(extents), target = skipUnits(to.order, extents);
  size_t rank = value.getTensorType().getRank();
  const Form *found = find(value);
  Form source = found ? *found : Form{&value, getIdentity(rank)};
  auto getOrder = [&](const Form &form) {
    return skipUnits(extendOrder(form.order, extents.size()), extents);
  };
  if (getOrder(source) == target)
    return reshapeTo(b, source.value, shape, suffix);
  llvm::SmallVector<Form, 1> &others = copies[&value];
  for (const Form &other : others)
    if (getOrder(other) == target)
      return reshapeTo(b, other.value, shape, suffix);
  Value *turned =
      moveBlocks(b, source.value, findBlocks(getOrder(source), target, extents),
                 shape, suffix);
  Form form{turned, {}};
  auto leading = static_cast<int64_t>(extents.size() - rank);
  for (int64_t axis : to.order)
    if (axis >= leading)
      form.order.push_back(axis - leading);
  others.push_back(std::move(form));
  return turned;
}

/// Elements of a constant in another order; null if it cannot be viewed so.
static Attribute arrangeConstant(OpBuilder &b, const Attribute &constant,
                                 llvm::ArrayRef<int64_t> extents,
                                 const Arrangement &to,
                                 llvm::StringRef suffix) {
  Context &context = b.getContext();
  Axes shape = to.getShape(extents);
  Blocks blocks = findBlocks(skipUnits(getIdentity(extents.size()), extents),
                             skipUnits(to.order, extents), extents);
  if (blocks.extents.size() <= 1)
    return withShape(context, constant, shape);
  std::string name = (b.getPrefix() + "_" + suffix).str();
  Attribute opened = withShape(context, constant, blocks.extents);
  Attribute moved = permuted(context, opened, blocks.perm, name);
  return moved ? withShape(context, moved, shape) : moved;
}

Value *Layout::bring(OpBuilder &b, const Argument &argument,
                     llvm::ArrayRef<int64_t> extents, const Arrangement &to,
                     llvm::StringRef suffix) {
  Value *value = argument.getValue();
  Operation *op = value ? value->getDefiningOp() : nullptr;
  Attribute constant = !value                  ? argument.getLiteral()
                       : op && op->is("const") ? op->getAttribute("val")
                                               : Attribute();
  if (constant)
    if (Attribute moved = arrangeConstant(b, constant, extents, to, suffix))
      return value && moved.getType() == value->getType() &&
                     llvm::is_sorted(skipUnits(to.order, extents))
                 ? value
                 : b.constant(std::move(moved), suffix);
  return value ? bring(b, *value, extents, to, suffix) : nullptr;
}

//===----------------------------------------------------------------------===//
// What conversions have in common
//===----------------------------------------------------------------------===//

std::optional<Axes> getExtents(const Value &value) {
  TensorType type = value.getTensorType();
  if (!type || !type.hasStaticShape() || *type.getNumElements() == 0)
    return std::nullopt;
  return Axes(type.getShape().begin(), type.getShape().end());
}

llvm::SmallVector<NamedArgument, 8>
replaceArguments(const Operation &op, llvm::ArrayRef<NamedArgument> replaced) {
  llvm::SmallVector<NamedArgument, 8> args;
  auto isReplaced = [&](llvm::StringRef name) {
    return llvm::any_of(replaced,
                        [&](const auto &arg) { return arg.name == name; });
  };
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    llvm::StringRef name = binding->getName();
    if (isReplaced(name))
      continue;
    if (binding->isParenthesised())
      args.emplace_back(name, llvm::ArrayRef<Value *>(op.getOperands(name)));
    else if (Value *value = binding->getSingle().getValue())
      args.emplace_back(name, value);
    else
      args.emplace_back(name, binding->getSingle().getLiteral());
  }
  for (const NamedArgument &arg : replaced)
    if (arg.literal || !llvm::is_contained(arg.values, nullptr))
      args.push_back(arg);
  return args;
}

Operation *rebuildOp(Operation &op, OpBuilder &b,
                     llvm::ArrayRef<NamedArgument> replaced) {
  Operation *made =
      buildOp(b.getBuilder(), op.getName(), replaceArguments(op, replaced),
              b.getPrefix() + "_laid");
  for (const NamedAttribute &attribute : op.getAttributes())
    if (attribute.name != "name")
      made->setAttribute(attribute.name, attribute.value);
  return made;
}

Arrangement getColumns(size_t rank, int64_t axis) {
  bool hasBatch = rank >= 3 && axis != 0;
  Arrangement columns;
  if (hasBatch)
    columns.order.push_back(0);
  columns.order.push_back(axis);
  for (auto i = static_cast<int64_t>(hasBatch); i < static_cast<int64_t>(rank);
       ++i)
    if (i != axis)
      columns.order.push_back(i);
  columns.runs = {hasBatch ? 1U : 0U, 1, 0,
                  static_cast<unsigned>(rank) - 1 - (hasBatch ? 1 : 0)};
  return columns;
}

std::optional<Arrangement> chooseArrangement(const Layout &layout, Value &x,
                                             const Value &result) {
  if (const Form *form = layout.find(x)) {
    std::optional<Axes> extents = getExtents(x);
    return Arrangement{form->order,
                       findRuns(form->order, *extents,
                                form->value->getTensorType().getShape())};
  }
  if (const Arrangement *wanted = layout.findWanted(result))
    return *wanted;
  return std::nullopt;
}

} // namespace espresso
