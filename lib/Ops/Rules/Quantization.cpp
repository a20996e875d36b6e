//===- Quantization.cpp - Rules of quantisation ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

static llvm::StringRef describe(TensorType type) {
  return type.isScalar() ? "a scalar" : "a vector";
}

/// Dividing by nothing but zeros is a mistake.
static LogicalResult checkScale(const Operation &op) {
  Attribute scale = op.getConstant("scale");
  if (!scale || !scale.getDense())
    return success();
  for (int64_t i = 0; i < scale.getNumElements(); ++i)
    if (scale.getReal(i) != 0)
      return success();
  return valueError(op) << "'scale' is zero";
}

/// `scale` and `zero_point` are scalars, or vectors along `axis`.
static LogicalResult checkParameters(const Operation &op) {
  TensorType input = getTensor(op, "input");
  TensorType scale = getTensor(op, "scale");
  TensorType zeroPoint = getTensor(op, "zero_point");
  if (scale.isScalar() && isGiven(op, "axis"))
    return valueError(op) << "'axis' is given, but 'scale' is a scalar";
  if (zeroPoint && zeroPoint.isScalar() != scale.isScalar())
    return shapeError(op) << "'zero_point' is " << describe(zeroPoint)
                          << ", but 'scale' " << describe(scale);
  for (llvm::StringRef name : {"scale", "zero_point"}) {
    TensorType type = getTensor(op, name);
    if (!type || type.isScalar())
      continue;
    if (!isGiven(op, "axis"))
      return valueError(op) << "'" << name << "' is a vector, which needs an "
                            << "'axis'";
    FailureOr<int64_t> axis = getAxis(op, "axis", input.getRank());
    if (failed(axis) || failed(checkShape(op, name, {input.getDim(*axis)})))
      return failure();
  }
  return success();
}

LogicalResult inferQuantize(const Operation &op, TypeList &results) {
  FailureOr<DataType> element =
      getDataType(op, "output_dtype", {DataType::Int8, DataType::UInt8});
  if (failed(element) || failed(checkParameters(op)))
    return failure();
  if (failed(checkScale(op)))
    return failure();
  TensorType zeroPoint = getTensor(op, "zero_point");
  if (zeroPoint && zeroPoint.getElementType() != *element)
    return op.emitError().setRule("op-type")
           << "'zero_point' of '" << op.getName() << "' is "
           << llvm::StringRef(getName(zeroPoint.getElementType()))
           << ", but 'output_dtype' is " << llvm::StringRef(getName(*element));
  results.push_back(
      getTensorType(op, *element, getTensor(op, "input").getShape()));
  return success();
}

LogicalResult inferDequantize(const Operation &op, TypeList &results) {
  if (failed(checkParameters(op)))
    return failure();
  results.push_back(getTensorType(op, getTensor(op, "scale").getElementType(),
                                  getTensor(op, "input").getShape()));
  return success();
}

} // namespace espresso::rules
