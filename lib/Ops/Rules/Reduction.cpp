//===- Reduction.cpp - Rules of reductions --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

static Extents reduceShape(llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<int64_t> axes, bool keepDims) {
  Extents reduced;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      reduced.push_back(shape[i]);
    else if (keepDims)
      reduced.push_back(1);
  }
  return reduced;
}

LogicalResult inferReduction(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<Extents> axes = getAxes(op, "axes", x.getRank());
  if (failed(axes))
    return failure();
  results.push_back(getTensorType(
      op, x.getElementType(),
      reduceShape(x.getShape(), *axes, getFlag(op, "keep_dims"))));
  return success();
}

LogicalResult inferArgReduction(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  if (failed(axis))
    return failure();
  DataType element = DataType::Int32;
  if (lookupOp(op)->findInput("output_dtype")) {
    FailureOr<DataType> type =
        getDataType(op, "output_dtype", {DataType::Int32, DataType::UInt16});
    if (failed(type))
      return failure();
    element = *type;
  }
  results.push_back(getTensorType(
      op, element,
      reduceShape(x.getShape(), {*axis}, getFlag(op, "keep_dims"))));
  return success();
}

} // namespace espresso::rules
