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

LogicalResult verifyGather(const Operation &op) {
  FailureOr<int64_t> axis = getAxis(op, "axis", getTensor(op, "x").getRank());
  return failed(axis) ? failure() : checkIndices(op, "x", *axis, 1);
}

//===----------------------------------------------------------------------===//
// Scatters
//===----------------------------------------------------------------------===//

LogicalResult inferScatterAlongAxis(const Operation &op, TypeList &results) {
  if (failed(checkOneOf(
          op, "mode", {"add", "div", "max", "min", "mul", "sub", "update"})) ||
      failed(checkAlongAxis(op, "data")) ||
      failed(checkShape(op, "updates", getTensor(op, "indices").getShape())))
    return failure();
  results.push_back(getTensor(op, "data"));
  return success();
}

LogicalResult verifyScatter(const Operation &op) {
  FailureOr<int64_t> axis =
      getAxis(op, "axis", getTensor(op, "data").getRank());
  return failed(axis) ? failure() : checkIndices(op, "data", *axis, 1);
}

} // namespace espresso::rules
