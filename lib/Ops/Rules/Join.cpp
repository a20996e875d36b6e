//===- Join.cpp - Rules of joining and parting ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

//===----------------------------------------------------------------------===//
// concat and stack
//===----------------------------------------------------------------------===//

/// Merges the shapes of `values`, `free` being the axis that may differ (-1:
/// none).
static FailureOr<Extents> mergeShapes(const Operation &op,
                                      llvm::ArrayRef<TensorType> values,
                                      int64_t free) {
  Extents merged(values.front().getShape());
  for (auto [index, value] : llvm::enumerate(values)) {
    llvm::ArrayRef<int64_t> shape = value.getShape();
    bool fits = shape.size() == merged.size();
    for (size_t i = 0; fits && i < shape.size(); ++i) {
      if (static_cast<int64_t>(i) == free)
        continue;
      fits = agree(merged[i], shape[i]);
      merged[i] = known(merged[i], shape[i]);
    }
    if (!fits)
      return shapeError(op)
             << "'values' hold " << toText(merged) << " and, at " << index
             << ", " << toText(shape) << ", which do not fit together";
  }
  return merged;
}

LogicalResult inferConcat(const Operation &op, TypeList &results) {
  llvm::SmallVector<TensorType, 4> values = getTensors(op, "values");
  FailureOr<int64_t> axis = getAxis(op, "axis", values.front().getRank());
  if (failed(axis))
    return failure();
  bool interleave = getFlag(op, "interleave");
  FailureOr<Extents> shape = mergeShapes(op, values, interleave ? -1 : *axis);
  if (failed(shape))
    return failure();
  int64_t total = 0;
  for (TensorType value : values) {
    int64_t extent = value.getDim(*axis);
    total = total == kDynamic || extent == kDynamic ? kDynamic : total + extent;
  }
  (*shape)[*axis] = total;
  results.push_back(getTensorType(op, values[0].getElementType(), *shape));
  return success();
}

LogicalResult inferStack(const Operation &op, TypeList &results) {
  llvm::SmallVector<TensorType, 4> values = getTensors(op, "values");
  FailureOr<int64_t> axis = getAxis(op, "axis", values.front().getRank() + 1);
  if (failed(axis))
    return failure();
  FailureOr<Extents> shape = mergeShapes(op, values, /*free=*/-1);
  if (failed(shape))
    return failure();
  shape->insert(shape->begin() + *axis, values.size());
  results.push_back(getTensorType(op, values[0].getElementType(), *shape));
  return success();
}

//===----------------------------------------------------------------------===//
// split
//===----------------------------------------------------------------------===//

/// Equal pieces of `extent`, which may be unknown.
static FailureOr<Extents> splitEvenly(const Operation &op, int64_t pieces,
                                      int64_t extent) {
  if (pieces < 1)
    return valueError(op) << "'num_splits' is " << pieces
                          << ", expected at least 1";
  if (extent != kDynamic && extent % pieces != 0)
    return shapeError(op) << extent << " elements do not split into " << pieces
                          << " equal pieces";
  return Extents(pieces, extent == kDynamic ? kDynamic : extent / pieces);
}

static FailureOr<Extents> getPieces(const Operation &op, int64_t extent) {
  std::optional<int64_t> count = getInteger(op, "num_splits");
  std::optional<Extents> sizes = getIntegers(op, "split_sizes");
  if (!sizes) {
    if (!count)
      return valueError(op) << "needs 'num_splits' or 'split_sizes'";
    return splitEvenly(op, *count, extent);
  }
  if (count && *count != static_cast<int64_t>(sizes->size()))
    return valueError(op) << "'num_splits' is " << *count
                          << ", but 'split_sizes' has " << sizes->size()
                          << " elements";
  int64_t total = 0;
  for (int64_t size : *sizes) {
    if (size < 1)
      return valueError(op)
             << "'split_sizes' holds " << size << ", expected at least 1";
    total += size;
  }
  if (!agree(total, extent))
    return shapeError(op) << "'split_sizes' add up to " << total
                          << ", but the axis has " << extent << " elements";
  return *sizes;
}

LogicalResult inferSplit(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  if (failed(axis))
    return failure();
  FailureOr<Extents> pieces = getPieces(op, x.getDim(*axis));
  if (failed(pieces))
    return failure();
  Extents shape(x.getShape());
  for (int64_t piece : *pieces) {
    shape[*axis] = piece;
    results.push_back(getTensorType(op, x.getElementType(), shape));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// tile and pad
//===----------------------------------------------------------------------===//

LogicalResult inferTile(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  if (failed(checkShape(op, "reps", {x.getRank()})))
    return failure();
  Extents shape(x.getRank(), kDynamic);
  std::optional<Extents> reps = getIntegers(op, "reps");
  for (int64_t axis = 0; reps && axis < x.getRank(); ++axis) {
    if ((*reps)[axis] < 1)
      return valueError(op)
             << "'reps' holds " << (*reps)[axis] << ", expected at least 1";
    shape[axis] = getVolume({x.getDim(axis), (*reps)[axis]});
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

/// Reflection mirrors around the border element, so there must be as many
/// elements beside it.
static LogicalResult checkPadding(const Operation &op, int64_t amount,
                                  int64_t axis, int64_t extent) {
  if (amount < 0)
    return valueError(op) << "'pad' holds " << amount
                          << ", expected at least 0";
  if (getText(op, "mode") == "reflect" && extent != kDynamic &&
      amount >= extent)
    return valueError(op) << "cannot reflect " << amount << " elements of axis "
                          << axis << ", which has " << extent;
  return success();
}

LogicalResult inferPad(const Operation &op, TypeList &results) {
  if (failed(checkOneOf(op, "mode", {"constant", "reflect", "replicate"})))
    return failure();
  TensorType x = getTensor(op, "x");
  int64_t count = getTensor(op, "pad").getDim(0);
  if (count != kDynamic && (count % 2 != 0 || count > 2 * x.getRank()))
    return shapeError(op) << "'pad' has " << count
                          << " elements, expected a pair for each of at most "
                          << x.getRank() << " axes";
  Extents shape(x.getShape());
  std::optional<Extents> pad = getIntegers(op, "pad");
  int64_t padded = count == kDynamic ? x.getRank() : count / 2;
  for (int64_t i = 0; i < padded; ++i) {
    int64_t axis = x.getRank() - padded + i;
    int64_t &extent = shape[axis];
    if (!pad) {
      extent = kDynamic;
      continue;
    }
    for (int64_t amount : {(*pad)[2 * i], (*pad)[2 * i + 1]})
      if (failed(checkPadding(op, amount, axis, x.getDim(axis))))
        return failure();
    if (extent != kDynamic)
      extent += (*pad)[2 * i] + (*pad)[2 * i + 1];
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
