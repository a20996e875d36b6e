//===- Ranges.cpp - What slices take --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ranges.h"

#include "Match.h"

#include <algorithm>

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 4>;

/// One flag per axis; all false if `input` is absent, nothing if it is not
/// known.
static std::optional<llvm::SmallVector<bool, 4>>
getMask(const Operation &op, llvm::StringRef input, size_t rank) {
  llvm::SmallVector<bool, 4> mask(rank, false);
  if (!op.hasBinding(input))
    return mask;
  Attribute constant = op.getConstant(input);
  if (!constant.getDense() ||
      constant.getNumElements() != static_cast<int64_t>(rank))
    return std::nullopt;
  for (size_t i = 0; i < rank; ++i)
    mask[i] = constant.getBool(i);
  return mask;
}

/// Bounds as written, brought into [0, extent] as indices of Python are.
static int64_t clampIndex(int64_t index, int64_t extent) {
  return std::clamp<int64_t>(index < 0 ? index + extent : index, 0, extent);
}

static std::optional<AxisRanges>
getRangesByIndex(const Operation &op, llvm::ArrayRef<int64_t> shape) {
  std::optional<Extents> begin = getKnownIntegers(op, "begin");
  std::optional<Extents> end = getKnownIntegers(op, "end");
  std::optional<Extents> stride = op.hasBinding("stride")
                                      ? getKnownIntegers(op, "stride")
                                      : Extents(shape.size(), 1);
  auto beginMask = getMask(op, "begin_mask", shape.size());
  auto endMask = getMask(op, "end_mask", shape.size());
  auto squeezeMask = getMask(op, "squeeze_mask", shape.size());
  if (!begin || !end || !stride || !beginMask || !endMask || !squeezeMask ||
      begin->size() != shape.size() || end->size() != shape.size() ||
      stride->size() != shape.size())
    return std::nullopt;
  AxisRanges ranges;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t step = (*stride)[i];
    if (step <= 0)
      return std::nullopt;
    int64_t first = (*beginMask)[i] ? 0 : clampIndex((*begin)[i], shape[i]);
    int64_t last = (*endMask)[i] ? shape[i] : clampIndex((*end)[i], shape[i]);
    // A squeezed axis is one element, whatever its end.
    int64_t count = (*squeezeMask)[i]
                        ? 1
                        : std::max<int64_t>(last - first + step - 1, 0) / step;
    ranges.push_back({first, step, count});
  }
  return ranges;
}

static std::optional<AxisRanges>
getRangesBySize(const Operation &op, llvm::ArrayRef<int64_t> shape) {
  std::optional<Extents> begin = getKnownIntegers(op, "begin");
  TensorType type = op.getResult()->getTensorType();
  if (!begin || begin->size() != shape.size() || !type ||
      !type.hasStaticShape())
    return std::nullopt;
  AxisRanges ranges;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t first = (*begin)[i] < 0 ? (*begin)[i] + shape[i] : (*begin)[i];
    ranges.push_back({first, 1, type.getDim(i)});
  }
  return ranges;
}

static std::optional<AxisRanges> getRangesOfPart(const Operation &op,
                                                 llvm::ArrayRef<int64_t> shape,
                                                 unsigned result) {
  auto rank = static_cast<int64_t>(shape.size());
  auto axis = getKnownIntegers(op, "axis");
  if (!axis || axis->size() != 1)
    return std::nullopt;
  int64_t along = axis->front() < 0 ? axis->front() + rank : axis->front();
  AxisRanges ranges;
  for (int64_t extent : shape)
    ranges.push_back({0, 1, extent});
  for (unsigned i = 0; i <= result; ++i) {
    TensorType type = op.getResult(i)->getTensorType();
    if (!type || !type.hasStaticShape())
      return std::nullopt;
    ranges[along].first += i == 0 ? 0 : ranges[along].count;
    ranges[along].count = type.getDim(along);
  }
  return ranges;
}

std::optional<AxisRanges> getAxisRanges(const Operation &op, unsigned result) {
  Value *x = op.getOperand("x");
  if (!x || !hasStaticShape(*x))
    return std::nullopt;
  llvm::ArrayRef<int64_t> shape = x->getTensorType().getShape();
  if (op.is("slice_by_index"))
    return getRangesByIndex(op, shape);
  if (op.is("slice_by_size"))
    return getRangesBySize(op, shape);
  return op.is("split") ? getRangesOfPart(op, shape, result) : std::nullopt;
}

static unsigned getResultNumber(const Operation &op, const Value *value) {
  unsigned number = 0;
  while (op.getResult(number) != value)
    ++number;
  return number;
}

std::optional<Part> getPart(Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  bool isSlice = op && (op->is("slice_by_index") || op->is("slice_by_size") ||
                        op->is("split"));
  std::optional<AxisRanges> ranges =
      isSlice ? getAxisRanges(*op, getResultNumber(*op, value)) : std::nullopt;
  if (!ranges)
    return std::nullopt;
  Part part{op->getOperand("x")};
  llvm::ArrayRef<int64_t> shape = part.source->getTensorType().getShape();
  if (value->getTensorType().getRank() != static_cast<int64_t>(shape.size()))
    return std::nullopt;
  bool isFound = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const AxisRange &range = (*ranges)[i];
    if (range.count == shape[i])
      continue;
    if (isFound || (range.step != 1 && range.count > 1))
      return std::nullopt;
    isFound = true;
    part.axis = static_cast<int64_t>(i);
    part.first = range.first;
    part.count = range.count;
  }
  return isFound ? std::optional(part) : std::nullopt;
}

} // namespace espresso
