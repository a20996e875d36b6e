//===- Shape.cpp - Rules of changes of shape ------------------------------===//
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
// reshape
//===----------------------------------------------------------------------===//

/// Puts the extents of `x` where `shape` has 0 and returns the place of -1, or
/// nothing if there is none.
static FailureOr<std::optional<size_t>>
resolveReshape(const Operation &op, llvm::ArrayRef<int64_t> x, Extents &shape) {
  std::optional<size_t> inferred;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < -1)
      return valueError(op)
             << "'shape' holds " << shape[i] << ", expected an extent, 0 or -1";
    if (shape[i] == -1) {
      if (inferred)
        return valueError(op) << "'shape' holds -1 twice";
      inferred = i;
    }
    if (shape[i] == 0 && i >= x.size())
      return valueError(op)
             << "'shape' holds 0 at axis " << i << ", which 'x' does not have";
    if (shape[i] == 0)
      shape[i] = x[i];
  }
  return inferred;
}

LogicalResult inferReshape(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  std::optional<Extents> target = getIntegers(op, "shape");
  if (!target) {
    int64_t rank = getTensor(op, "shape").getDim(0);
    if (rank == kDynamic)
      return keepDeclared(op, results);
    results.push_back(
        getTensorType(op, x.getElementType(), Extents(rank, kDynamic)));
    return success();
  }
  Extents shape = *target;
  FailureOr<std::optional<size_t>> inferred =
      resolveReshape(op, x.getShape(), shape);
  if (failed(inferred))
    return failure();
  if (*inferred)
    shape[**inferred] = 1;
  int64_t volumeOfX = getVolume(x.getShape());
  int64_t volume = getVolume(shape);
  bool isKnown = volumeOfX != kDynamic && volume != kDynamic;
  bool fits = !isKnown || (*inferred ? volume != 0 && volumeOfX % volume == 0
                                     : volumeOfX == volume);
  if (!fits)
    return shapeError(op) << "'x' " << toText(x.getShape()) << " has "
                          << volumeOfX << " elements and does not fit 'shape' "
                          << toText(*target);
  if (*inferred)
    shape[**inferred] = isKnown ? volumeOfX / volume : kDynamic;
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

LogicalResult inferTranspose(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<Extents> perm = getAxes(op, "perm", x.getRank());
  if (failed(perm))
    return failure();
  if (static_cast<int64_t>(perm->size()) != x.getRank())
    return shapeError(op) << "'perm' has " << perm->size()
                          << " elements, but 'x' has rank " << x.getRank();
  Extents shape;
  for (int64_t axis : *perm)
    shape.push_back(x.getDim(axis));
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

LogicalResult inferExpandDims(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  int64_t added = getTensor(op, "axes").getDim(0);
  FailureOr<Extents> axes = getAxes(op, "axes", x.getRank() + added);
  if (failed(axes))
    return failure();
  llvm::sort(*axes);
  Extents shape(x.getShape());
  for (int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

LogicalResult inferSqueeze(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  bool isGivenAxes = isGiven(op, "axes");
  if (!isGivenAxes && !x.hasStaticShape())
    return keepDeclared(op, results);
  FailureOr<Extents> axes = getAxes(op, "axes", x.getRank());
  if (failed(axes))
    return failure();
  Extents shape;
  for (int64_t i = 0; i < x.getRank(); ++i) {
    bool isNamed = llvm::is_contained(*axes, i);
    if (isNamed && isGivenAxes && !agree(x.getDim(i), 1))
      return shapeError(op) << "axis " << i << " of 'x' has " << x.getDim(i)
                            << " elements and cannot be removed";
    if (!isNamed || (!isGivenAxes && x.getDim(i) != 1))
      shape.push_back(x.getDim(i));
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Views of axes
//===----------------------------------------------------------------------===//

LogicalResult inferFlatten2d(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  int64_t rank = x.getRank();
  std::optional<int64_t> axis = getInteger(op, "axis");
  if (!axis)
    // untested: scalars in weight files are refused before (op-const).
    return valueError(op) << "'axis' must not be in a weight file";
  // All axes may stand before it.
  if (*axis < -rank || *axis > rank)
    return valueError(op) << "'axis' is " << *axis << ", expected " << -rank
                          << " to " << rank;
  int64_t before = *axis < 0 ? *axis + rank : *axis;
  results.push_back(
      getTensorType(op, x.getElementType(),
                    {getVolume(x.getShape().take_front(before)),
                     getVolume(x.getShape().drop_front(before))}));
  return success();
}

LogicalResult inferSlidingWindows(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  if (failed(axis))
    return failure();
  int64_t size = getInteger(op, "size").value_or(0);
  int64_t stride = getInteger(op, "stride").value_or(0);
  int64_t extent = x.getDim(*axis);
  if (stride < 1)
    return valueError(op) << "'stride' is " << stride
                          << ", expected at least 1";
  if (size < 1 || (extent != kDynamic && size > extent))
    return valueError(op) << "'size' is " << size << ", but axis " << *axis
                          << " of 'x' is one of " << toText(x.getShape());
  Extents shape(x.getShape());
  shape[*axis] = extent == kDynamic ? kDynamic : (extent - size) / stride + 1;
  shape.insert(shape.begin() + *axis + 1, size);
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

LogicalResult verifyReverseSequence(const Operation &op) {
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> sequence = getAxis(op, "seq_axis", x.getRank());
  FailureOr<int64_t> batch = getAxis(op, "batch_axis", x.getRank());
  if (failed(sequence) || failed(batch))
    return failure();
  return checkShape(op, "lengths", {x.getDim(*batch)});
}

} // namespace espresso::rules
