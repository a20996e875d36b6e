//===- TensorValues.cpp - Elements of immediate tensors -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorValues.h"

#include "espresso/Base/CheckedMath.h"

#include <bit>
#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

std::vector<uint8_t> packElements(const Attribute &value) {
  const DenseElements &dense = *value.getDense();
  DataType type = value.getType().castTo<TensorType>().getElementType();
  if (!isSubByte(type))
    return dense.bytes;
  unsigned width = getBitWidth(type);
  std::vector<uint8_t> packed(*getPackedByteSize(type, dense.bytes.size()));
  uint64_t bit = 0;
  for (uint8_t element : dense.bytes)
    for (unsigned i = 0; i < width; ++i, ++bit)
      packed[bit / 8] |= static_cast<uint8_t>((element >> i & 1) << (bit % 8));
  return packed;
}

/// One byte an element, sign-extended.
static std::vector<uint8_t> unpackElements(llvm::StringRef packed,
                                           DataType type, uint64_t count) {
  unsigned width = getBitWidth(type);
  std::vector<uint8_t> elements(count);
  uint64_t bit = 0;
  for (uint8_t &element : elements) {
    for (unsigned i = 0; i < width; ++i, ++bit)
      element |= static_cast<uint8_t>(
          (static_cast<uint8_t>(packed[bit / 8]) >> (bit % 8) & 1) << i);
    if (isSignedInteger(type) && element >> (width - 1))
      element |= static_cast<uint8_t>(0xFF << width);
  }
  return elements;
}

//===----------------------------------------------------------------------===//
// Import
//===----------------------------------------------------------------------===//

namespace {

/// Reads one tensor.
class TensorImporter {
public:
  TensorImporter(TensorType type, Location location,
                 DiagnosticEngine &diagnostics)
      : type(type), element(type.getElementType()), location(location),
        diagnostics(diagnostics) {}

  Attribute run(const pb::TensorValue &value);

private:
  LogicalResult readElements(const pb::TensorValue &value);
  LogicalResult readBytes(llvm::StringRef bytes);
  template <typename Values>
  LogicalResult readIntegers(const Values &values);
  template <typename Values>
  LogicalResult readWhole(const Values &values, DataType expected,
                          llvm::StringRef field);
  /// Sets the shape for `count` elements.
  LogicalResult fitShape(uint64_t count);
  /// As many elements as a static shape has.
  std::optional<uint64_t> countStatic() const;
  InFlightDiagnostic emitError() { return diagnostics.emitError(location); }

  TensorType type;
  DataType element;
  Location location;
  DiagnosticEngine &diagnostics;
  DenseElements dense;
};

} // namespace

std::optional<uint64_t> TensorImporter::countStatic() const {
  std::optional<int64_t> count = type.getNumElements();
  return count ? std::optional<uint64_t>(*count) : std::nullopt;
}

LogicalResult TensorImporter::fitShape(uint64_t count) {
  std::optional<uint64_t> known = 1;
  unsigned numUnknown = 0;
  for (int64_t extent : type.getShape()) {
    if (extent == kDynamic)
      ++numUnknown;
    else if (known)
      known = checkedMul(*known, static_cast<uint64_t>(extent));
  }
  uint64_t unknown = 0;
  bool fits = known.has_value();
  if (fits && numUnknown == 0)
    fits = *known == count;
  else if (fits && count != 0)
    fits = numUnknown == 1 && *known != 0 && count % *known == 0;
  if (!fits)
    return emitError() << count << " elements do not make up a '" << type
                       << "'";
  if (count != 0 && numUnknown == 1)
    unknown = count / *known;
  for (int64_t extent : type.getShape())
    dense.shape.push_back(extent == kDynamic ? static_cast<int64_t>(unknown)
                                             : extent);
  return success();
}

LogicalResult TensorImporter::readBytes(llvm::StringRef bytes) {
  if (element == DataType::String)
    return emitError() << "strings cannot be given as bytes";
  unsigned width = getBitWidth(element);
  if (!isSubByte(element)) {
    if (bytes.size() % (width / 8) != 0)
      return emitError() << bytes.size() << " bytes do not make up a '" << type
                         << "'";
    dense.bytes.assign(bytes.begin(), bytes.end());
    return fitShape(bytes.size() / (width / 8));
  }
  // The last byte may be filled up, so that only the type knows the number.
  std::optional<uint64_t> count = countStatic();
  if (!count)
    return emitError() << "packed elements need a static type, found '" << type
                       << "'";
  if (getPackedByteSize(element, *count) != bytes.size())
    return emitError() << bytes.size() << " bytes do not make up a '" << type
                       << "'";
  dense.bytes = unpackElements(bytes, element, *count);
  return fitShape(*count);
}

template <typename Values>
LogicalResult TensorImporter::readIntegers(const Values &values) {
  if (!isInteger(element))
    return emitError() << "integers cannot be elements of a '" << type << "'";
  unsigned width = getStorageByteWidth(element);
  dense.bytes.reserve(static_cast<size_t>(values.size()) * width);
  for (int64_t value : values) {
    // Unsigned 64-bit integers are written as signed ones.
    bool inRange =
        element == DataType::UInt64 ||
        (value >= getMinValue(element) && value <= getMaxValue(element));
    if (!inRange)
      return emitError() << value << " is out of range of a '" << type << "'";
    for (unsigned i = 0; i < width; ++i)
      dense.bytes.push_back(
          static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
  }
  return fitShape(static_cast<uint64_t>(values.size()));
}

/// Elements whose bytes are those of the type, one for one.
template <typename Values>
LogicalResult TensorImporter::readWhole(const Values &values, DataType expected,
                                        llvm::StringRef field) {
  if (element != expected)
    return emitError() << field << " cannot be elements of a '" << type << "'";
  size_t byteSize = values.size() * sizeof(values[0]);
  dense.bytes.resize(byteSize);
  if (byteSize != 0)
    std::memcpy(dense.bytes.data(), values.data(), byteSize);
  return fitShape(static_cast<uint64_t>(values.size()));
}

LogicalResult TensorImporter::readElements(const pb::TensorValue &value) {
  switch (value.value_case()) {
  case pb::TensorValue::kFloats:
    return readWhole(value.floats().values(), DataType::Float32, "floats");
  case pb::TensorValue::kDoubles:
    return readWhole(value.doubles().values(), DataType::Float64, "doubles");
  case pb::TensorValue::kBools:
    return readWhole(value.bools().values(), DataType::Bool, "bools");
  case pb::TensorValue::kInts:
    return readIntegers(value.ints().values());
  case pb::TensorValue::kLongInts:
    return readIntegers(value.long_ints().values());
  case pb::TensorValue::kBytes:
    return readBytes(value.bytes().values());
  case pb::TensorValue::kStrings:
    if (element != DataType::String)
      return emitError() << "strings cannot be elements of a '" << type << "'";
    dense.strings.assign(value.strings().values().begin(),
                         value.strings().values().end());
    return fitShape(dense.strings.size());
  case pb::TensorValue::VALUE_NOT_SET:
    return fitShape(0);
  }
  return emitError() << "unknown kind of elements";
}

Attribute TensorImporter::run(const pb::TensorValue &value) {
  if (failed(readElements(value)))
    return {};
  return Attribute::dense(type, std::move(dense));
}

Attribute importTensorValue(TensorType type, const pb::TensorValue &value,
                            Location location, DiagnosticEngine &diagnostics) {
  return TensorImporter(type, location, diagnostics).run(value);
}

//===----------------------------------------------------------------------===//
// Export
//===----------------------------------------------------------------------===//

static_assert(std::endian::native == std::endian::little,
              "elements are copied as they are");

template <typename Values>
static void writeWhole(const DenseElements &dense, Values &values) {
  using Element = std::decay_t<decltype(values[0])>;
  values.Resize(static_cast<int>(dense.bytes.size() / sizeof(Element)), 0);
  if (!dense.bytes.empty())
    std::memcpy(values.mutable_data(), dense.bytes.data(), dense.bytes.size());
}

template <typename Values>
static void writeIntegers(const Attribute &value, Values &values) {
  int64_t count = value.getNumElements();
  values.Reserve(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i)
    values.Add(value.getInteger(i));
}

void exportTensorValue(const Attribute &value, pb::TensorValue &out) {
  const DenseElements &dense = *value.getDense();
  switch (value.getType().castTo<TensorType>().getElementType()) {
  case DataType::Float32:
    return writeWhole(dense, *out.mutable_floats()->mutable_values());
  case DataType::Float64:
    return writeWhole(dense, *out.mutable_doubles()->mutable_values());
  case DataType::Bool:
    return writeIntegers(value, *out.mutable_bools()->mutable_values());
  case DataType::Int16:
  case DataType::UInt16:
  case DataType::Int32:
    return writeIntegers(value, *out.mutable_ints()->mutable_values());
  case DataType::Int64:
  case DataType::UInt64:
    return writeIntegers(value, *out.mutable_long_ints()->mutable_values());
  case DataType::String:
    out.mutable_strings()->mutable_values()->Assign(dense.strings.begin(),
                                                    dense.strings.end());
    return;
  case DataType::Float16:
  case DataType::BFloat16:
  case DataType::Float8E4M3FN:
  case DataType::Float8E5M2:
  case DataType::Int4:
  case DataType::Int8:
  case DataType::UInt1:
  case DataType::UInt2:
  case DataType::UInt3:
  case DataType::UInt4:
  case DataType::UInt6:
  case DataType::UInt8:
  case DataType::UInt32:
    break;
  }
  std::vector<uint8_t> packed = packElements(value);
  out.mutable_bytes()->mutable_values()->assign(packed.begin(), packed.end());
}

} // namespace espresso
