//===- Elementwise.cpp - Rules of operations element by element -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

LogicalResult inferSameAsX(const Operation &op, TypeList &results) {
  results.push_back(getTensor(op, "x"));
  return success();
}

LogicalResult inferSameTypeAsX(const Operation &op, TypeList &results) {
  results.push_back(op.getArgumentType("x"));
  return success();
}

static FailureOr<Extents> broadcastBoth(const Operation &op,
                                        llvm::StringRef first,
                                        llvm::ArrayRef<int64_t> a,
                                        llvm::StringRef second,
                                        llvm::ArrayRef<int64_t> b) {
  if (std::optional<Extents> shape = broadcast(a, b))
    return *shape;
  return shapeError(op) << "'" << first << "' " << toText(a) << " and '"
                        << second << "' " << toText(b)
                        << " do not broadcast together";
}

static LogicalResult inferBinary(const Operation &op, DataType element,
                                 TypeList &results) {
  FailureOr<Extents> shape =
      broadcastBoth(op, "x", getTensor(op, "x").getShape(), "y",
                    getTensor(op, "y").getShape());
  if (failed(shape))
    return failure();
  results.push_back(getTensorType(op, element, *shape));
  return success();
}

LogicalResult inferBroadcast(const Operation &op, TypeList &results) {
  return inferBinary(op, getTensor(op, "x").getElementType(), results);
}

LogicalResult inferBroadcastToBool(const Operation &op, TypeList &results) {
  return inferBinary(op, DataType::Bool, results);
}

LogicalResult inferSelect(const Operation &op, TypeList &results) {
  TensorType a = getTensor(op, "a");
  FailureOr<Extents> values =
      broadcastBoth(op, "a", a.getShape(), "b", getTensor(op, "b").getShape());
  if (failed(values))
    return failure();
  FailureOr<Extents> shape =
      broadcastBoth(op, "cond", getTensor(op, "cond").getShape(), "a", *values);
  if (failed(shape))
    return failure();
  results.push_back(getTensorType(op, a.getElementType(), *shape));
  return success();
}

LogicalResult inferCast(const Operation &op, TypeList &results) {
  // What `x` may be is also what it may become.
  FailureOr<DataType> type =
      getDataType(op, "dtype", lookupOp(op)->typeVariables[0].types);
  if (failed(type))
    return failure();
  results.push_back(getTensorType(op, *type, getTensor(op, "x").getShape()));
  return success();
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

LogicalResult verifyGeluMode(const Operation &op) {
  return checkOneOf(op, "mode",
                    {"EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"});
}

LogicalResult verifyAxis(const Operation &op) {
  return getAxis(op, "axis", getTensor(op, "x").getRank());
}

LogicalResult verifyAxes(const Operation &op) {
  return getAxes(op, "axes", getTensor(op, "x").getRank());
}

/// Parameters hold one element for each channel of `x`.
LogicalResult verifyChannelVectors(const Operation &op) {
  if (failed(checkRank(op, "x", 3, 5)))
    return failure();
  int64_t channels = getTensor(op, "x").getDim(1);
  if (failed(checkShape(op, "alpha", {channels})))
    return failure();
  return checkShape(op, "beta", {channels});
}

} // namespace espresso::rules
