//===- GatherNd.cpp - Rules of indices that are vectors -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

/// The length of the vectors in `indices`, or kDynamic; `available` is how many
/// axes they may index.
static FailureOr<int64_t> getDepth(const Operation &op, int64_t available) {
  TensorType indices = getTensor(op, "indices");
  int64_t depth = indices.getShape().back();
  if (depth > available)
    return shapeError(op) << "'indices' holds positions along " << depth
                          << " axes, expected at most " << available;
  return depth;
}

LogicalResult inferGatherNd(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  if (failed(checkRank(op, "indices", 1, kAnyRank)))
    return failure();
  TensorType indices = getTensor(op, "indices");
  int64_t batch = getInteger(op, "batch_dims").value_or(0);
  int64_t most = std::min(x.getRank(), indices.getRank() - 1);
  if (batch < 0 || batch > most)
    return valueError(op) << "'batch_dims' is " << batch << ", expected 0 to "
                          << most;
  FailureOr<int64_t> depth = getDepth(op, x.getRank() - batch);
  if (failed(depth))
    return failure();
  if (!agree(x.getShape().take_front(batch),
             indices.getShape().take_front(batch)))
    return shapeError(op) << "the first " << batch << " axes of 'x' "
                          << toText(x.getShape()) << " and 'indices' "
                          << toText(indices.getShape()) << " differ";
  if (*depth == kDynamic)
    return keepDeclared(op, results);
  Extents shape(indices.getShape().drop_back());
  llvm::append_range(shape, x.getShape().drop_front(batch + *depth));
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

static LogicalResult checkScatterMode(const Operation &op) {
  return checkOneOf(op, "mode",
                    {"add", "div", "max", "min", "mul", "sub", "update"});
}

LogicalResult inferScatter(const Operation &op, TypeList &results) {
  TensorType data = getTensor(op, "data");
  FailureOr<int64_t> axis = getAxis(op, "axis", data.getRank());
  if (failed(axis) || failed(checkScatterMode(op)))
    return failure();
  Extents expected(data.getShape().take_front(*axis));
  llvm::append_range(expected, getTensor(op, "indices").getShape());
  llvm::append_range(expected, data.getShape().drop_front(*axis + 1));
  results.push_back(data);
  return checkShape(op, "updates", expected);
}

LogicalResult inferScatterNd(const Operation &op, TypeList &results) {
  TensorType data = getTensor(op, "data");
  if (failed(checkRank(op, "indices", 1, kAnyRank)))
    return failure();
  FailureOr<int64_t> depth = getDepth(op, data.getRank());
  if (failed(depth) || failed(checkScatterMode(op)))
    return failure();
  results.push_back(data);
  if (*depth == kDynamic)
    return success();
  Extents expected(getTensor(op, "indices").getShape().drop_back());
  llvm::append_range(expected, data.getShape().drop_front(*depth));
  return checkShape(op, "updates", expected);
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

LogicalResult verifyGatherNd(const Operation &op) {
  return checkIndices(op, "x", getInteger(op, "batch_dims").value_or(0),
                      getTensor(op, "indices").getShape().back());
}

LogicalResult verifyScatterNd(const Operation &op) {
  return checkIndices(op, "data", 0,
                      getTensor(op, "indices").getShape().back());
}

} // namespace espresso::rules
