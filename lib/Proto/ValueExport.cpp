//===- ValueExport.cpp - Types and values to messages ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueExport.h"

#include "ElementTypes.h"
#include "TensorValues.h"
#include "Wire.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static void exportDimension(int64_t extent, pb::Dimension &out) {
  if (extent == kDynamic) {
    out.mutable_unknown();
    return;
  }
  pb::Dimension::Constant &constant = *out.mutable_constant();
  if (extent != 0)
    constant.set_size(static_cast<uint64_t>(extent));
}

LogicalResult ValueExporter::exportTensorType(TensorType type,
                                              pb::TensorType &out) {
  out.set_element(toProto(type.getElementType()));
  if (!type.isScalar())
    out.set_rank(type.getRank());
  for (int64_t extent : type.getShape())
    exportDimension(extent, *out.add_dimensions());
  return success();
}

LogicalResult ValueExporter::exportType(Type type, pb::ValueType &out,
                                        const pb::ValueType *original) {
  if (original && importer.importType(*original) == type) {
    out = *original;
    return success();
  }
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (depth > kMaxValueNesting)
    return emitError() << "types are nested deeper than " << kMaxValueNesting;
  switch (type.getKind()) {
  case TypeKind::Tensor:
    return exportTensorType(type.castTo<TensorType>(), *out.mutable_tensor());
  case TypeKind::List: {
    auto list = type.castTo<ListType>();
    exportDimension(list.getLength(), *out.mutable_list()->mutable_length());
    return exportType(list.getElementType(),
                      *out.mutable_list()->mutable_element());
  }
  case TypeKind::Tuple:
    out.mutable_tuple();
    for (Type element : type.castTo<TupleType>().getElementTypes())
      if (failed(exportType(element, *out.mutable_tuple()->add_elements())))
        return failure();
    return success();
  case TypeKind::Dict: {
    auto dict = type.castTo<DictType>();
    return success(succeeded(exportType(dict.getKeyType(),
                                        *out.mutable_dict()->mutable_key())) &&
                   succeeded(exportType(dict.getValueType(),
                                        *out.mutable_dict()->mutable_value())));
  }
  case TypeKind::State:
    return exportType(type.castTo<StateType>().getWrappedType(),
                      *out.mutable_state()->mutable_wrapped());
  case TypeKind::TensorBuffer:
    break;
  }
  return emitError() << "the type '" << type
                     << "' exists in text only, not in a model";
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

FailureOr<Attribute> ValueExporter::place(const Attribute &value,
                                          WeightRole role) {
  if (!placer || (!value.getBlob() && !value.getDense()))
    return Attribute();
  FailureOr<std::optional<BlobPlace>> place =
      placer->place(value, role, location);
  if (failed(place))
    return failure();
  if (!*place)
    return Attribute();
  return Attribute::blob(value.getType().castTo<TensorType>(),
                         {(*place)->path, (*place)->offset, nullptr});
}

LogicalResult ValueExporter::exportBlob(const Attribute &value,
                                        pb::Value &out) {
  const BlobReference &blob = *value.getBlob();
  if (blob.path.empty())
    return emitError() << "the weight is in no weight file, and a model by "
                          "itself holds none";
  out.mutable_blob()->set_path(blob.path);
  if (blob.offset != 0)
    out.mutable_blob()->set_offset(blob.offset);
  return success();
}

/// A literal that nobody could read back: two extents from one number.
static bool isAmbiguous(const Attribute &value) {
  auto type = value.getType().getAs<TensorType>();
  return type && llvm::count(type.getShape(), kDynamic) > 1 &&
         value.getNumElements() != 0;
}

LogicalResult ValueExporter::exportList(const Attribute &value,
                                        pb::Value::Immediate &out) {
  bool isTuple = value.getType().is<TupleType>();
  // An empty one is still a value.
  auto &values = isTuple ? *out.mutable_tuple()->mutable_values()
                         : *out.mutable_list()->mutable_values();
  for (const Attribute &element : value.getList()->elements)
    if (failed(exportValue(element, *values.Add())))
      return failure();
  return success();
}

LogicalResult ValueExporter::exportImmediate(const Attribute &value,
                                             pb::Value::Immediate &out) {
  if (value.getDense()) {
    if (isAmbiguous(value))
      return emitError() << "a literal of type '" << value.getType()
                         << "' loses its shape in a model";
    DataType type = value.getType().castTo<TensorType>().getElementType();
    if (isSubByte(type) &&
        !value.getType().castTo<TensorType>().hasStaticShape())
      return emitError() << "packed elements need a static type, found '"
                         << value.getType() << "'";
    exportTensorValue(value, *out.mutable_tensor());
    return success();
  }
  if (const DictElements *dict = value.getDict()) {
    out.mutable_dict();
    for (const auto &[key, mapped] : dict->entries) {
      pb::DictValue::Entry &entry = *out.mutable_dict()->add_entries();
      if (failed(exportValue(key, *entry.mutable_key())) ||
          failed(exportValue(mapped, *entry.mutable_value())))
        return failure();
    }
    return success();
  }
  return exportList(value, out);
}

LogicalResult ValueExporter::exportValue(const Attribute &value, pb::Value &out,
                                         const pb::Value *original,
                                         WeightRole role) {
  FailureOr<Attribute> placed = place(value, role);
  if (failed(placed))
    return failure();
  const Attribute &final = *placed ? *placed : value;
  if (original && importer.importValue(*original) == final) {
    out = *original;
    return success();
  }
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (depth > kMaxValueNesting)
    return emitError() << "values are nested deeper than " << kMaxValueNesting;
  if (original) {
    copyUnknownFields(*original, out);
    if (original->has_doc_string())
      out.set_doc_string(original->doc_string());
  }
  if (failed(exportType(final.getType(), *out.mutable_type(),
                        original ? &original->type() : nullptr)))
    return failure();
  if (final.getBlob())
    return exportBlob(final, out);
  if (!final.getDense() && !final.getDict() && !final.getList())
    return success(); // `T()`: a type without a value.
  return exportImmediate(final, *out.mutable_immediate());
}

} // namespace espresso
