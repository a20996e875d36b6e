//===- Lists.cpp - Rules of lists -----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

/// The extents that `elem_shape` names, kDynamic for strings.
static FailureOr<Extents> getElementShape(const Operation &op) {
  Extents shape;
  for (const Attribute &scalar : getScalars(op, "elem_shape")) {
    bool isExtent =
        scalar && scalar.getType().castTo<TensorType>().getElementType() ==
                      DataType::Int32;
    shape.push_back(isExtent ? scalar.getInteger() : kDynamic);
    if (isExtent && shape.back() < 1)
      return valueError(op) << "'elem_shape' holds " << shape.back()
                            << ", expected at least 1";
  }
  return shape;
}

LogicalResult inferMakeList(const Operation &op, TypeList &results) {
  FailureOr<DataType> element = getDataType(
      op, "dtype",
      {DataType::Bool, DataType::Float16, DataType::Float32, DataType::Int32});
  if (failed(element))
    return failure();
  FailureOr<Extents> shape = getElementShape(op);
  if (failed(shape))
    return failure();
  std::optional<int64_t> length = getInteger(op, "init_length");
  if (length && *length < 0)
    return valueError(op) << "'init_length' is " << *length
                          << ", expected at least 0";
  bool isFixed = length && !getFlag(op, "dynamic_length");
  results.push_back(ListType::get(op.getFunction()->getContext(),
                                  getTensorType(op, *element, *shape),
                                  isFixed ? *length : kDynamic));
  return success();
}

static ListType getList(const Operation &op) {
  return op.getArgumentType("ls").castTo<ListType>();
}

/// Positions known at compile time must exist.
static LogicalResult checkPositions(const Operation &op,
                                    llvm::StringRef input) {
  int64_t length = getList(op).getLength();
  std::optional<Extents> positions = getIntegers(op, input);
  for (int64_t position : positions.value_or(Extents()))
    if (position < 0 || (length != kDynamic && position >= length)) {
      InFlightDiagnostic diagnostic = valueError(op);
      diagnostic << "'" << input << "' holds " << position;
      if (position < 0)
        diagnostic << ", expected at least 0";
      else
        diagnostic << ", but the list has " << length
                   << (length == 1 ? " element" : " elements");
      return diagnostic;
    }
  return success();
}

/// What is written is of the type of the elements.
static LogicalResult checkElement(const Operation &op, Type written) {
  Type element = getList(op).getElementType();
  if (agree(written, element))
    return success();
  return op.emitError().setRule("op-type")
         << "'" << op.getName() << "' writes " << written << " to a list of "
         << element;
}

LogicalResult inferListLength(const Operation &op, TypeList &results) {
  results.push_back(getTensorType(op, DataType::Int32, {}));
  return success();
}

LogicalResult inferListRead(const Operation &op, TypeList &results) {
  results.push_back(getList(op).getElementType());
  return checkPositions(op, "index");
}

LogicalResult inferListGather(const Operation &op, TypeList &results) {
  Type element = getList(op).getElementType();
  auto tensor = element.getAs<TensorType>();
  if (!tensor)
    return op.emitError().setRule("op-type")
           << "'ls' of '" << op.getName() << "' is a list of " << element
           << ", expected one of tensors";
  Extents shape{getTensor(op, "indices").getDim(0)};
  llvm::append_range(shape, tensor.getShape());
  results.push_back(getTensorType(op, tensor.getElementType(), shape));
  return checkPositions(op, "indices");
}

LogicalResult inferListWrite(const Operation &op, TypeList &results) {
  results.push_back(getList(op));
  if (failed(checkElement(op, getTensor(op, "value"))))
    return failure();
  return checkPositions(op, "index");
}

LogicalResult inferListScatter(const Operation &op, TypeList &results) {
  results.push_back(getList(op));
  if (failed(checkRank(op, "value", 1, kAnyRank)))
    return failure();
  TensorType value = getTensor(op, "value");
  int64_t numIndices = getTensor(op, "indices").getDim(0);
  if (!agree(value.getDim(0), numIndices))
    return shapeError(op) << "'value' has " << value.getDim(0) << " slices for "
                          << numIndices << " 'indices'";
  if (failed(checkElement(op, getTensorType(op, value.getElementType(),
                                            value.getShape().drop_front()))))
    return failure();
  return checkPositions(op, "indices");
}

} // namespace espresso::rules
