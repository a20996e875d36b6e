//===- Slice.cpp - Rules of slices ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include <algorithm>

namespace espresso::rules {

namespace {
/// The inputs that name a slice, each with an element an axis; begin and end
/// may be unknown.
struct Slice {
  std::optional<Extents> begin;
  std::optional<Extents> end;
  Extents stride;
  Extents beginMask;
  Extents endMask;
  Extents squeezeMask;
};
} // namespace

/// An input that must have an element an axis, if it is known.
static FailureOr<std::optional<Extents>>
getPerAxis(const Operation &op, llvm::StringRef input, int64_t rank) {
  if (failed(checkShape(op, input, {rank})))
    return failure();
  return getIntegers(op, input);
}

static FailureOr<Slice> getSlice(const Operation &op, int64_t rank) {
  Slice slice;
  FailureOr<std::optional<Extents>> begin = getPerAxis(op, "begin", rank);
  FailureOr<std::optional<Extents>> end = getPerAxis(op, "end", rank);
  FailureOr<Extents> stride = getIntegersOr(op, "stride", rank, 1);
  FailureOr<Extents> beginMask = getIntegersOr(op, "begin_mask", rank, 0);
  FailureOr<Extents> endMask = getIntegersOr(op, "end_mask", rank, 0);
  FailureOr<Extents> squeezeMask = getIntegersOr(op, "squeeze_mask", rank, 0);
  if (failed(begin) || failed(end) || failed(stride) || failed(beginMask) ||
      failed(endMask) || failed(squeezeMask))
    return failure();
  for (int64_t step : *stride)
    if (step == 0)
      return valueError(op) << "'stride' holds 0";
  return Slice{*begin, *end, *stride, *beginMask, *endMask, *squeezeMask};
}

/// Extent of the slice along `axis` of `extent` elements.
static FailureOr<int64_t> getExtent(const Operation &op, const Slice &slice,
                                    size_t axis, int64_t extent) {
  int64_t step = slice.stride[axis];
  bool isKnownBegin = slice.beginMask[axis] || slice.begin;
  bool isKnownEnd = slice.endMask[axis] || slice.end;
  if (extent == kDynamic || !isKnownBegin || !isKnownEnd)
    return kDynamic;
  // Backward slices stop before the first element, at -1.
  int64_t lowest = step > 0 ? 0 : -1;
  int64_t highest = step > 0 ? extent : extent - 1;
  auto resolve = [&](int64_t position) {
    if (position < 0)
      position += extent;
    return std::clamp(position, lowest, highest);
  };
  int64_t begin = slice.beginMask[axis] ? (step > 0 ? lowest : highest)
                                        : resolve((*slice.begin)[axis]);
  int64_t end = slice.endMask[axis] ? (step > 0 ? highest : lowest)
                                    : resolve((*slice.end)[axis]);
  int64_t count = divideUp(end - begin, step);
  if (count <= 0)
    return shapeError(op) << "the slice of axis " << axis << ", which has "
                          << extent << " elements, is empty";
  return count;
}

static LogicalResult checkSqueezed(const Operation &op, const Slice &slice,
                                   size_t axis, int64_t extent) {
  if (!slice.begin || extent == kDynamic)
    return success();
  int64_t position = (*slice.begin)[axis];
  if (position >= -extent && position < extent)
    return success();
  return valueError(op) << "'begin' takes element " << position << " of axis "
                        << axis << ", which has " << extent;
}

static FailureOr<Extents> getSliceShape(const Operation &op, TensorType x) {
  FailureOr<Slice> slice = getSlice(op, x.getRank());
  if (failed(slice))
    return failure();
  Extents shape;
  for (int64_t axis = 0; axis < x.getRank(); ++axis) {
    if (slice->squeezeMask[axis]) {
      if (failed(checkSqueezed(op, *slice, axis, x.getDim(axis))))
        return failure();
      continue;
    }
    FailureOr<int64_t> extent = getExtent(op, *slice, axis, x.getDim(axis));
    if (failed(extent))
      return failure();
    shape.push_back(*extent);
  }
  return shape;
}

LogicalResult inferSliceByIndex(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<Extents> shape = getSliceShape(op, x);
  if (failed(shape))
    return failure();
  results.push_back(getTensorType(op, x.getElementType(), *shape));
  return success();
}

LogicalResult inferSliceUpdate(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<Extents> shape = getSliceShape(op, x);
  if (failed(shape) || failed(checkShape(op, "update", *shape)))
    return failure();
  results.push_back(x);
  return success();
}

LogicalResult inferSliceBySize(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<std::optional<Extents>> begin =
      getPerAxis(op, "begin", x.getRank());
  FailureOr<std::optional<Extents>> size = getPerAxis(op, "size", x.getRank());
  if (failed(begin) || failed(size))
    return failure();
  Extents shape(x.getRank(), kDynamic);
  for (int64_t axis = 0; axis < x.getRank() && *size; ++axis) {
    int64_t count = (**size)[axis];
    int64_t extent = x.getDim(axis);
    std::optional<int64_t> first;
    if (*begin)
      first = (**begin)[axis];
    if (first && *first < 0 && extent != kDynamic)
      first = *first + extent;
    if (count == -1 && first && extent != kDynamic)
      count = extent - *first;
    bool isPlaced = first && extent != kDynamic;
    if (count == 0 || count < -1 ||
        (isPlaced && (*first < 0 || *first + count > extent)))
      return valueError(op)
             << "'size' takes " << (**size)[axis] << " elements of axis "
             << axis << ", which has " << toText(x.getShape().slice(axis, 1));
    shape[axis] = count;
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
