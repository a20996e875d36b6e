//===- Gather.cpp - Rules of gathers and scatters -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

LogicalResult inferGather(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  TensorType indices = getTensor(op, "indices");
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  if (failed(axis))
    return failure();
  int64_t batch = getInteger(op, "batch_dims").value_or(0);
  if (batch < 0 || batch > *axis || batch > indices.getRank())
    return valueError(op) << "'batch_dims' is " << batch << ", expected 0 to "
                          << std::min(*axis, indices.getRank());
  if (!agree(x.getShape().take_front(batch),
             indices.getShape().take_front(batch)))
    return shapeError(op) << "the first " << batch << " axes of 'x' "
                          << toText(x.getShape()) << " and 'indices' "
                          << toText(indices.getShape()) << " differ";
  Extents shape(x.getShape().take_front(*axis));
  llvm::append_range(shape, indices.getShape().drop_front(batch));
  llvm::append_range(shape, x.getShape().drop_front(*axis + 1));
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

/// `indices` has the shape of `data` but for `axis`.
static LogicalResult checkAlongAxis(const Operation &op, llvm::StringRef data) {
  TensorType x = getTensor(op, data);
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  if (failed(axis))
    return failure();
  Extents expected(x.getShape());
  expected[*axis] = kDynamic;
  return checkShape(op, "indices", expected);
}

LogicalResult inferGatherAlongAxis(const Operation &op, TypeList &results) {
  if (failed(checkAlongAxis(op, "x")))
    return failure();
  results.push_back(getTensorType(op, getTensor(op, "x").getElementType(),
                                  getTensor(op, "indices").getShape()));
  return success();
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

/// Indices known at compile time must exist.
static LogicalResult checkIndices(const Operation &op, llvm::StringRef data,
                                  bool fromEnd) {
  TensorType x = getTensor(op, data);
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  std::optional<Extents> indices = getIntegers(op, "indices");
  if (failed(axis) || !indices)
    return axis;
  int64_t extent = x.getDim(*axis);
  for (int64_t index : *indices) {
    if (index < 0 && !fromEnd)
      return valueError(op) << "'indices' holds " << index
                            << "; from ios17 on it must not be negative";
    if (extent != kDynamic && (index < -extent || index >= extent))
      return valueError(op)
             << "'indices' holds " << index << ", but axis " << *axis << " of '"
             << data << "' has " << extent << " elements";
  }
  return success();
}

LogicalResult verifyGather(const Operation &op) {
  return checkIndices(op, "x", /*fromEnd=*/true);
}

LogicalResult verifyGatherFromStart(const Operation &op) {
  return checkIndices(op, "x", /*fromEnd=*/false);
}

//===----------------------------------------------------------------------===//
// Scatters
//===----------------------------------------------------------------------===//

LogicalResult inferScatterAlongAxis(const Operation &op, TypeList &results) {
  if (failed(checkOneOf(
          op, "mode", {"add", "div", "max", "min", "mul", "sub", "update"})) ||
      failed(checkAlongAxis(op, "data")) ||
      failed(checkShape(op, "updates", getTensor(op, "indices").getShape())) ||
      failed(checkIndices(op, "data", /*fromEnd=*/true)))
    return failure();
  results.push_back(getTensor(op, "data"));
  return success();
}

} // namespace espresso::rules
