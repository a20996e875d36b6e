//===- ValueImport.cpp - Types and values from messages -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueImport.h"

#include "ElementTypes.h"
#include "TensorValues.h"

#include "llvm/ADT/ScopeExit.h"

#include <limits>

namespace espresso {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

std::optional<int64_t>
ValueImporter::importDimension(const pb::Dimension &dimension) {
  if (dimension.has_unknown()) {
    if (!dimension.unknown().variadic())
      return kDynamic;
    emitError() << "an extent that stands for any number of extents is not "
                   "supported";
    return std::nullopt;
  }
  if (!dimension.has_constant()) {
    emitError() << "expected an extent, found none";
    return std::nullopt;
  }
  uint64_t size = dimension.constant().size();
  if (size <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return static_cast<int64_t>(size);
  emitError() << "an extent of " << size << " is beyond any tensor's";
  return std::nullopt;
}

Type ValueImporter::importTensorType(const pb::TensorType &type) {
  std::optional<DataType> element = fromProto(type.element());
  if (!element) {
    emitError() << "unknown element type " << static_cast<int>(type.element());
    return {};
  }
  if (type.rank() != type.dimensions_size()) {
    if (type.rank() == -1)
      emitError() << "a tensor of unknown rank is not supported";
    else
      emitError() << "expected " << type.rank()
                  << " dimensions, as the rank says, found "
                  << type.dimensions_size();
    return {};
  }
  if (type.dimensions_size() > kMaxRank) {
    emitError() << "more than " << kMaxRank << " dimensions";
    return {};
  }
  llvm::SmallVector<int64_t, 4> shape;
  int64_t bytes = std::max(1u, getStorageByteWidth(*element));
  for (const pb::Dimension &dimension : type.dimensions()) {
    std::optional<int64_t> extent = importDimension(dimension);
    if (!extent)
      return {};
    shape.push_back(*extent);
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(*extent, 1), &bytes)) {
      emitError() << "a tensor of 2^63 bytes or more";
      return {};
    }
  }
  return TensorType::get(context, *element, shape);
}

Type ValueImporter::importTupleType(const pb::TupleType &type) {
  llvm::SmallVector<Type, 4> elements;
  for (const pb::ValueType &element : type.elements()) {
    elements.push_back(importType(element));
    if (!elements.back())
      return {};
  }
  return TupleType::get(context, elements);
}

Type ValueImporter::importType(const pb::ValueType &type) {
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (depth > kMaxValueNesting) {
    emitError() << "types are nested deeper than " << kMaxValueNesting;
    return {};
  }
  switch (type.type_case()) {
  case pb::ValueType::kTensor:
    return importTensorType(type.tensor());
  case pb::ValueType::kList: {
    Type element = importType(type.list().element());
    std::optional<int64_t> length = element
                                        ? importDimension(type.list().length())
                                        : std::optional<int64_t>();
    return length ? ListType::get(context, element, *length) : Type();
  }
  case pb::ValueType::kTuple:
    return importTupleType(type.tuple());
  case pb::ValueType::kDict: {
    Type key = importType(type.dict().key());
    Type value = key ? importType(type.dict().value()) : Type();
    return value ? DictType::get(context, key, value) : Type();
  }
  case pb::ValueType::kState: {
    Type wrapped = importType(type.state().wrapped());
    return wrapped ? StateType::get(context, wrapped) : Type();
  }
  case pb::ValueType::TYPE_NOT_SET:
    break;
  }
  emitError() << "expected a type, found none";
  return {};
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Whether a value of type `inner` may be an element where the container says
/// `outer`: the same, but for extents that one of them leaves open.
static bool agree(Type outer, Type inner) {
  if (outer == inner)
    return true;
  auto a = outer.getAs<TensorType>(), b = inner.getAs<TensorType>();
  if (!a || !b || a.getElementType() != b.getElementType() ||
      a.getRank() != b.getRank())
    return false;
  for (int64_t axis = 0; axis < a.getRank(); ++axis)
    if (a.getDim(axis) != b.getDim(axis) && a.getDim(axis) != kDynamic)
      return false;
  return true;
}

/// Whether there is a type and nothing else.
static bool isEmpty(const Attribute &value) {
  return !value.getDense() && !value.getBlob() && !value.getList() &&
         !value.getDict();
}

Attribute ValueImporter::importNested(const pb::Value &value, Type type) {
  Attribute nested = importValue(value);
  // Inside of another value, text has no place for nothing.
  if (nested && isEmpty(nested)) {
    emitError() << "expected an element of type '" << type << "', found none";
    return {};
  }
  if (!nested || nested.getType() == type)
    return nested;
  if (!agree(type, nested.getType())) {
    emitError() << "expected an element of type '" << type << "', found '"
                << nested.getType() << "'";
    return {};
  }
  const DenseElements *dense = nested.getDense();
  return dense ? Attribute::dense(type.castTo<TensorType>(), *dense) : nested;
}

template <typename Values>
LogicalResult
ValueImporter::importElements(const Values &values,
                              llvm::function_ref<Type(int)> getType,
                              std::vector<Attribute> &elements) {
  for (int i = 0; i < values.size(); ++i) {
    elements.push_back(importNested(values[i], getType(i)));
    if (!elements.back())
      return failure();
  }
  return success();
}

Attribute ValueImporter::importList(const pb::ListValue &value, ListType type) {
  if (type.getLength() != kDynamic && type.getLength() != value.values_size()) {
    emitError() << "expected " << type.getLength()
                << " elements in the list, found " << value.values_size();
    return {};
  }
  std::vector<Attribute> elements;
  if (failed(importElements(
          value.values(), [&](int) { return type.getElementType(); },
          elements)))
    return {};
  return Attribute::list(type, std::move(elements));
}

Attribute ValueImporter::importTuple(const pb::TupleValue &value,
                                     TupleType type) {
  llvm::ArrayRef<Type> types = type.getElementTypes();
  if (types.size() != static_cast<size_t>(value.values_size())) {
    emitError() << "expected " << types.size()
                << " elements in the tuple, found " << value.values_size();
    return {};
  }
  std::vector<Attribute> elements;
  if (failed(importElements(
          value.values(), [&](int i) { return types[i]; }, elements)))
    return {};
  return Attribute::tuple(type, std::move(elements));
}

Attribute ValueImporter::importDict(const pb::DictValue &value, DictType type) {
  std::vector<std::pair<Attribute, Attribute>> entries;
  for (const pb::DictValue::Entry &entry : value.entries()) {
    Attribute key = importNested(entry.key(), type.getKeyType());
    Attribute mapped =
        key ? importNested(entry.value(), type.getValueType()) : Attribute();
    if (!mapped)
      return {};
    entries.emplace_back(std::move(key), std::move(mapped));
  }
  return Attribute::dict(type, std::move(entries));
}

Attribute ValueImporter::importImmediate(const pb::Value::Immediate &value,
                                         Type type) {
  switch (value.value_case()) {
  case pb::Value::Immediate::kTensor:
    if (auto tensor = type.getAs<TensorType>())
      return importTensorValue(tensor, value.tensor(), location,
                               context.getDiagnostics());
    break;
  case pb::Value::Immediate::kList:
    if (auto list = type.getAs<ListType>())
      return importList(value.list(), list);
    break;
  case pb::Value::Immediate::kTuple:
    if (auto tuple = type.getAs<TupleType>())
      return importTuple(value.tuple(), tuple);
    break;
  case pb::Value::Immediate::kDict:
    if (auto dict = type.getAs<DictType>())
      return importDict(value.dict(), dict);
    break;
  case pb::Value::Immediate::VALUE_NOT_SET:
    return Attribute::empty(type);
  }
  emitError() << "the value is not one of its type, '" << type << "'";
  return {};
}

Attribute ValueImporter::importValue(const pb::Value &value) {
  Type type = importType(value.type());
  if (!type)
    return {};
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (depth > kMaxValueNesting) {
    emitError() << "values are nested deeper than " << kMaxValueNesting;
    return {};
  }
  switch (value.value_case()) {
  case pb::Value::kImmediate:
    return importImmediate(value.immediate(), type);
  case pb::Value::kBlob: {
    auto tensor = type.getAs<TensorType>();
    if (tensor && tensor.getElementType() != DataType::String)
      return Attribute::blob(
          tensor, {value.blob().path(), value.blob().offset(), nullptr});
    emitError() << "a value of type '" << type
                << "' cannot be in a weight file";
    return {};
  }
  case pb::Value::VALUE_NOT_SET:
    break;
  }
  return Attribute::empty(type);
}

} // namespace espresso
