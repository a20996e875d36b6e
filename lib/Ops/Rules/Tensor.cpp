//===- Tensor.cpp - Rules of making and ranking tensors -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include <cmath>
#include <limits>

namespace espresso::rules {

LogicalResult inferConst(const Operation &op, TypeList &results) {
  results.push_back(op.getConstant("val").getType());
  return success();
}

/// A tensor of `element` and the extents that the input `shape` holds.
static LogicalResult addFilled(const Operation &op, DataType element,
                               TypeList &results) {
  std::optional<Extents> shape = getIntegers(op, "shape");
  if (shape) {
    for (int64_t extent : *shape)
      if (extent < 1)
        return valueError(op)
               << "'shape' holds " << extent << ", expected at least 1";
  } else {
    int64_t rank = getTensor(op, "shape").getDim(0);
    if (rank == kDynamic)
      return keepDeclared(op, results);
    shape = Extents(rank, kDynamic);
  }
  results.push_back(getTensorType(op, element, *shape));
  return success();
}

LogicalResult inferFill(const Operation &op, TypeList &results) {
  TensorType value = getTensor(op, "value");
  return addFilled(op, value ? value.getElementType() : DataType::Float32,
                   results);
}

LogicalResult inferRandom(const Operation &op, TypeList &results) {
  DataType element = DataType::Float32;
  for (const InputDefinition &input : lookupOp(op)->inputs)
    if (input.typeVariable >= 0)
      if (TensorType parameter = getTensor(op, input.name))
        element = parameter.getElementType();
  return addFilled(op, element, results);
}

LogicalResult inferRandomCategorical(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 1, kAnyRank)) ||
      failed(checkOneOf(op, "mode", {"logits", "probs"})))
    return failure();
  int64_t size = getInteger(op, "size").value_or(0);
  if (size < 1)
    return valueError(op) << "'size' is " << size << ", expected at least 1";
  TensorType x = getTensor(op, "x");
  Extents shape(x.getShape());
  shape.back() = size;
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

/// The number that the scalar `input` is known to be.
static std::optional<double> getNumber(const Operation &op,
                                       llvm::StringRef input) {
  Attribute constant = getConstantOrDefault(op, input);
  if (!constant || !constant.getDense() || constant.getNumElements() != 1)
    return std::nullopt;
  return constant.getReal();
}

LogicalResult inferRange1D(const Operation &op, TypeList &results) {
  for (llvm::StringRef input : {"start", "end", "step"})
    if (failed(checkRank(op, input, 0, 0)))
      return failure();
  DataType element = getTensor(op, "start").getElementType();
  std::optional<double> start = getNumber(op, "start");
  std::optional<double> end = getNumber(op, "end");
  std::optional<double> step = getNumber(op, "step");
  int64_t count = kDynamic;
  if (step && *step == 0)
    return valueError(op) << "'step' is 0";
  if (start && end && step) {
    double length = std::ceil((*end - *start) / *step);
    if (!(length >= 1 && length < std::numeric_limits<int32_t>::max()))
      return valueError(op)
             << "the range has " << length << " elements, expected at least 1";
    count = static_cast<int64_t>(length);
  }
  results.push_back(getTensorType(op, element, {count}));
  return success();
}

LogicalResult inferFillLike(const Operation &op, TypeList &results) {
  TensorType value = getTensor(op, "value");
  results.push_back(
      getTensorType(op, value ? value.getElementType() : DataType::Float32,
                    getTensor(op, "ref_tensor").getShape()));
  return success();
}

LogicalResult inferNonZero(const Operation &op, TypeList &results) {
  results.push_back(getTensorType(op, DataType::Int32,
                                  {kDynamic, getTensor(op, "x").getRank()}));
  return success();
}

LogicalResult inferShape(const Operation &op, TypeList &results) {
  results.push_back(
      getTensorType(op, DataType::Int32, {getTensor(op, "x").getRank()}));
  return success();
}

LogicalResult inferOneHot(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "one_hot_vector_size", 0, 0)))
    return failure();
  TensorType indices = getTensor(op, "indices");
  FailureOr<int64_t> axis = getAxis(op, "axis", indices.getRank() + 1);
  if (failed(axis))
    return failure();
  int64_t size = getInteger(op, "one_hot_vector_size").value_or(kDynamic);
  if (size != kDynamic && size < 1)
    return valueError(op) << "'one_hot_vector_size' is " << size
                          << ", expected at least 1";
  DataType element = DataType::Int32;
  for (llvm::StringRef input : {"on_value", "off_value"})
    if (TensorType value = getTensor(op, input))
      element = value.getElementType();
  Extents shape(indices.getShape());
  shape.insert(shape.begin() + *axis, size);
  results.push_back(getTensorType(op, element, shape));
  return success();
}

LogicalResult verifyBandPart(const Operation &op) {
  return checkRank(op, "x", 2, kAnyRank);
}

LogicalResult inferArgsort(const Operation &op, TypeList &results) {
  results.push_back(
      getTensorType(op, DataType::Int32, getTensor(op, "x").getShape()));
  return success();
}

/// The element type of the indices of topk; only ios17 offers a choice.
static FailureOr<DataType> getIndexType(const Operation &op) {
  if (!lookupOp(op)->findInput("output_indices_dtype"))
    return DataType::Int32;
  return getDataType(op, "output_indices_dtype",
                     {DataType::Int32, DataType::UInt16, DataType::Int16,
                      DataType::Int8, DataType::UInt8});
}

LogicalResult inferTopk(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> axis = getAxis(op, "axis", x.getRank());
  FailureOr<DataType> indexType = getIndexType(op);
  if (failed(axis) || failed(indexType))
    return failure();
  int64_t extent = x.getDim(*axis);
  std::optional<int64_t> k = getInteger(op, "k");
  if (!k || *k == 0 || *k < -1 || (extent != kDynamic && *k > extent))
    return valueError(op) << "'k' is " << k.value_or(0) << ", but axis "
                          << *axis << " of 'x' is one of "
                          << toText(x.getShape());
  Extents shape(x.getShape());
  shape[*axis] = *k == -1 ? extent : *k;
  results.push_back(getTensorType(op, x.getElementType(), shape));
  bool hasChoice = lookupOp(op)->findInput("return_indices") != nullptr;
  if (!hasChoice || getFlag(op, "return_indices"))
    results.push_back(getTensorType(op, *indexType, shape));
  return success();
}

} // namespace espresso::rules
