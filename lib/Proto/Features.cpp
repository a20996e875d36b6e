//===- Features.cpp - Descriptions of single ports ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Features.h"

#include "Wire.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static constexpr std::pair<DataType, pb::ArrayElement> kElements[] = {
    {DataType::Float16, pb::ARRAY_FLOAT16},
    {DataType::Float32, pb::ARRAY_FLOAT32},
    {DataType::Float64, pb::ARRAY_DOUBLE},
    {DataType::Int8, pb::ARRAY_INT8},
    {DataType::Int32, pb::ARRAY_INT32},
};

/// Those that every version of the format that we write has for ML programs.
static constexpr DataType kWrittenElements[] = {
    DataType::Float16, DataType::Float32, DataType::Int32};

static pb::ArrayElement getArrayElement(DataType type) {
  for (const auto &[ours, theirs] : kElements)
    if (ours == type)
      return theirs;
  return pb::ARRAY_NONE;
}

static bool fitsArray(const pb::ArrayFeature &feature, TensorType type) {
  if (!type || feature.element() != getArrayElement(type.getElementType()))
    return false;
  // Outputs need not say their shape.
  if (feature.shape_size() == 0)
    return true;
  if (feature.shape_size() != type.getRank())
    return false;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.getDim(axis) != kDynamic &&
        type.getDim(axis) != feature.shape(static_cast<int>(axis)))
      return false;
  return true;
}

static bool isScalarOf(Type type, DataType element) {
  auto tensor = type.getAs<TensorType>();
  return tensor && tensor.isScalar() && tensor.getElementType() == element;
}

static bool fitsDict(const pb::DictFeature &feature, Type type) {
  auto dict = type.getAs<DictType>();
  if (!dict)
    return false;
  DataType key = feature.has_int64_key() ? DataType::Int64 : DataType::String;
  return isScalarOf(dict.getKeyType(), key);
}

bool fitsType(const pb::Feature &feature, Type type) {
  const pb::FeatureType &described = feature.type();
  switch (described.type_case()) {
  case pb::FeatureType::kArrayType:
    return fitsArray(described.array_type(), type.getAs<TensorType>());
  case pb::FeatureType::kStateType: {
    auto state = type.getAs<StateType>();
    return state && fitsArray(described.state_type().array_type(),
                              state.getWrappedType().getAs<TensorType>());
  }
  case pb::FeatureType::kDictType:
    return fitsDict(described.dict_type(), type);
  case pb::FeatureType::kStringType:
    return isScalarOf(type, DataType::String);
  case pb::FeatureType::kInt64Type:
    return isScalarOf(type, DataType::Int64);
  case pb::FeatureType::kImageType:
    return type.is<TensorType>();
  case pb::FeatureType::kDoubleType:
  case pb::FeatureType::kSequenceType:
    return true;
  case pb::FeatureType::TYPE_NOT_SET:
    break;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Export
//===----------------------------------------------------------------------===//

namespace {

/// Describes one port.
class FeatureExporter {
public:
  FeatureExporter(const Value &value, const pb::Feature *original,
                  DiagnosticEngine &diagnostics, pb::Feature &out)
      : value(value), original(original), diagnostics(diagnostics), out(out) {}

  LogicalResult exportInput(const FlexibleShape *shape);
  LogicalResult exportOutput();
  LogicalResult exportState();

private:
  /// Keeps the name and what is said about it.
  void begin();
  LogicalResult exportArray(TensorType type, llvm::StringRef what,
                            pb::ArrayFeature &array);
  bool exportMapOrScalar();
  InFlightDiagnostic emitError() {
    return diagnostics.emitError(value.getLocation());
  }

  const Value &value;
  const pb::Feature *original;
  DiagnosticEngine &diagnostics;
  pb::Feature &out;
};

} // namespace

void FeatureExporter::begin() {
  out.Clear();
  out.set_name(value.getName().str());
  if (!original)
    return;
  copyUnknownFields(*original, out);
  if (original->has_short_description())
    out.set_short_description(original->short_description());
  if (original->type().is_optional())
    out.mutable_type()->set_is_optional(true);
}

LogicalResult FeatureExporter::exportArray(TensorType type,
                                           llvm::StringRef what,
                                           pb::ArrayFeature &array) {
  if (!type || !llvm::is_contained(kWrittenElements, type.getElementType()))
    return emitError().addHelp("cast it inside of the function")
           << "expected fp16, fp32 or int32 for " << what << " '"
           << value.getName() << "' of a model, found '" << value.getType()
           << "'";
  if (type.isScalar())
    return emitError().addHelp("give it the shape [1]")
           << "expected at least one dimension for " << what << " '"
           << value.getName() << "' of a model, found a scalar";
  array.set_element(getArrayElement(type.getElementType()));
  if (type.hasStaticShape())
    array.mutable_shape()->Assign(type.getShape().begin(),
                                  type.getShape().end());
  return success();
}

/// Whether the shapes that the description allows are still the same.
static bool fitsShape(const pb::Feature &feature, TensorType type,
                      const FlexibleShape *shape) {
  if (!feature.type().has_array_type())
    return true;
  const pb::ArrayFeature &array = feature.type().array_type();
  if (!isFlexible(array) || !type)
    return !shape;
  std::optional<FlexibleShape> described =
      importFlexibleShape(array, type.getRank());
  return shape && described && *described == *shape;
}

LogicalResult FeatureExporter::exportInput(const FlexibleShape *shape) {
  TensorType type = value.getTensorType();
  if (original && fitsType(*original, value.getType()) &&
      fitsShape(*original, type, shape)) {
    out = *original;
    return success();
  }
  begin();
  pb::ArrayFeature &array = *out.mutable_type()->mutable_array_type();
  if (failed(exportArray(type, "input", array)))
    return failure();
  if (!shape && type.hasStaticShape())
    return success();
  if (!shape)
    return emitError() << "the extents of input '" << value.getName()
                       << "' are unknown; a model needs them in the "
                          "function's FlexibleShapeInformation";
  exportFlexibleShape(*shape, array);
  if (importFlexibleShape(array, type.getRank()) != *shape ||
      !isFlexible(array) || !fitsArray(array, type))
    return emitError() << "the FlexibleShapeInformation of input '"
                       << value.getName() << "' does not fit its type, '"
                       << value.getType() << "'";
  return success();
}

/// What a classifier gives: a label, or probabilities by label.
bool FeatureExporter::exportMapOrScalar() {
  pb::FeatureType &type = *out.mutable_type();
  if (isScalarOf(value.getType(), DataType::String)) {
    type.mutable_string_type();
    return true;
  }
  if (isScalarOf(value.getType(), DataType::Int64)) {
    type.mutable_int64_type();
    return true;
  }
  auto dict = value.getType().getAs<DictType>();
  if (!dict)
    return false;
  if (isScalarOf(dict.getKeyType(), DataType::String))
    type.mutable_dict_type()->mutable_string_key();
  else if (isScalarOf(dict.getKeyType(), DataType::Int64))
    type.mutable_dict_type()->mutable_int64_key();
  return type.has_dict_type();
}

LogicalResult FeatureExporter::exportOutput() {
  if (original && fitsType(*original, value.getType())) {
    out = *original;
    return success();
  }
  begin();
  if (exportMapOrScalar())
    return success();
  return exportArray(value.getTensorType(), "output",
                     *out.mutable_type()->mutable_array_type());
}

LogicalResult FeatureExporter::exportState() {
  if (original && fitsType(*original, value.getType())) {
    out = *original;
    return success();
  }
  begin();
  auto type =
      value.getType().castTo<StateType>().getWrappedType().getAs<TensorType>();
  if (!type || type.getElementType() != DataType::Float16 ||
      !type.hasStaticShape())
    return emitError() << "expected a static shape of fp16 for state '"
                       << value.getName() << "' of a model, found '"
                       << value.getType() << "'";
  return exportArray(
      type, "state",
      *out.mutable_type()->mutable_state_type()->mutable_array_type());
}

LogicalResult exportInput(const Value &value, const FlexibleShape *shape,
                          const pb::Feature *original,
                          DiagnosticEngine &diagnostics, pb::Feature &out) {
  return FeatureExporter(value, original, diagnostics, out).exportInput(shape);
}

LogicalResult exportOutput(const Value &value, const pb::Feature *original,
                           DiagnosticEngine &diagnostics, pb::Feature &out) {
  return FeatureExporter(value, original, diagnostics, out).exportOutput();
}

LogicalResult exportState(const Value &value, const pb::Feature *original,
                          DiagnosticEngine &diagnostics, pb::Feature &out) {
  return FeatureExporter(value, original, diagnostics, out).exportState();
}

} // namespace espresso
