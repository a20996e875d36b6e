//===- GgufParser.cpp - Reading the GGUF container ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   file   = magic version:u32 tensors:u64 values:u64 { value } { tensor }
//            padding data
//   value  = key:string type:u32 content
//   tensor = name:string rank:u32 { extent:u64 } type:u32 offset:u64
//   string = length:u64 bytes
//   array  = type:u32 count:u64 { content }
//
// The magic is "GGUF", or "FUGG" in some big-endian files. Extents go from the
// fastest to the slowest; offsets count from the start of the data, which is at
// the next multiple of `general.alignment`.
//
//===----------------------------------------------------------------------===//

#include "GgufFile.h"
#include "espresso/Base/CheckedMath.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

namespace espresso {

static constexpr uint64_t kDefaultAlignment = 32;
static constexpr uint64_t kMaxAlignment = 1 << 20;
static constexpr uint32_t kMaxRank = 4;
static constexpr unsigned kMaxArrayDepth = 4;
static constexpr uint64_t kMaxTensors = 1 << 19; // far above every model

// The fewest bytes that an item can take, to bound counts before they are
// believed.
static constexpr uint64_t kMinValueSize = 8 + 4 + 1;
static constexpr uint64_t kMinTensorSize = 8 + 4 + 4 + 8;
static constexpr uint64_t kMinStringSize = 8;
static constexpr uint64_t kMinArraySize = 4 + 8;

/// Fills a GgufFile from front to back.
class GgufParser {
public:
  GgufParser(GgufFile &result, DiagnosticEngine &diagnostics)
      : result(result), reader(*result.file, diagnostics) {}

  LogicalResult parse();

private:
  LogicalResult parseHeader();
  FailureOr<uint64_t> parseCount(uint64_t minItemSize, llvm::StringRef what,
                                 uint64_t limit = ~uint64_t{0});
  FailureOr<llvm::StringRef> parseString(llvm::StringRef what);
  FailureOr<GgufType> parseType(llvm::StringRef what);
  LogicalResult parseValues();
  LogicalResult parseValue(GgufValue &value);
  LogicalResult parseArray(GgufValue &value, unsigned depth);
  LogicalResult parseTensors();
  LogicalResult parseTensor(GgufTensor &tensor);
  LogicalResult parseShape(GgufTensor &tensor);
  LogicalResult parseAlignment();
  LogicalResult placeTensors();
  LogicalResult checkOverlap();

  GgufFile &result;
  ByteReader reader;
  uint64_t numTensors = 0;
  uint64_t numValues = 0;
  uint64_t alignment = kDefaultAlignment;
};

FailureOr<GgufFile> GgufFile::read(std::shared_ptr<const MappedFile> file,
                                   DiagnosticEngine &diagnostics) {
  GgufFile result;
  result.file = std::move(file);
  if (failed(GgufParser(result, diagnostics).parse()))
    return failure();
  return result;
}

LogicalResult GgufParser::parse() {
  if (failed(parseHeader()) || failed(parseValues()) ||
      failed(parseAlignment()) || failed(parseTensors()) ||
      failed(placeTensors()))
    return failure();
  return checkOverlap();
}

//===----------------------------------------------------------------------===//
// Header and primitives
//===----------------------------------------------------------------------===//

LogicalResult GgufParser::parseHeader() {
  FailureOr<llvm::StringRef> magic = reader.readBytes(4, "'GGUF'");
  if (failed(magic))
    return failure();
  if (*magic != "GGUF" && *magic != "FUGG")
    return reader.emitError(0)
           << "expected 'GGUF', found " << quoteUntrusted(*magic);
  FailureOr<uint32_t> version = reader.read<uint32_t>("the GGUF version");
  if (failed(version))
    return failure();
  // Either order has a byte of zeros where the other has the version.
  if (*version != 0 && (*version & 0xffff) == 0) {
    result.order = ByteOrder::Big;
    reader.setByteOrder(ByteOrder::Big);
    *version = llvm::byteswap(*version);
  }
  if (*version != 2 && *version != 3)
    return reader.emitError(4)
           << "expected GGUF version 2 or 3, found " << *version;
  result.version = *version;
  FailureOr<uint64_t> tensorCount =
      parseCount(kMinTensorSize, "the number of tensors", kMaxTensors);
  if (failed(tensorCount))
    return failure();
  FailureOr<uint64_t> valueCount =
      parseCount(kMinValueSize, "the number of metadata values");
  if (failed(valueCount))
    return failure();
  numTensors = *tensorCount;
  numValues = *valueCount;
  return success();
}

/// A count of items, each of at least `minItemSize` bytes of the rest of the
/// file, so that its size bounds what is allocated for them.
FailureOr<uint64_t> GgufParser::parseCount(uint64_t minItemSize,
                                           llvm::StringRef what,
                                           uint64_t limit) {
  uint64_t position = reader.getPosition();
  FailureOr<uint64_t> count = reader.read<uint64_t>(what);
  if (failed(count))
    return failure();
  uint64_t most = std::min(limit, reader.getRemaining() / minItemSize);
  if (*count > most)
    return reader.emitError(position)
           << "expected " << what << " to be at most " << most
           << ", for which there is room; found " << *count;
  return count;
}

FailureOr<llvm::StringRef> GgufParser::parseString(llvm::StringRef what) {
  FailureOr<uint64_t> length = parseCount(1, what);
  if (failed(length))
    return failure();
  return reader.readBytes(*length, what);
}

FailureOr<GgufType> GgufParser::parseType(llvm::StringRef what) {
  uint64_t position = reader.getPosition();
  FailureOr<uint32_t> code = reader.read<uint32_t>(what);
  if (failed(code))
    return failure();
  if (*code > static_cast<uint32_t>(GgufType::Float64))
    return reader.emitError(position)
           << "expected " << what << " from 0 to 12, found " << *code;
  return static_cast<GgufType>(*code);
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

LogicalResult GgufParser::parseValues() {
  for (uint64_t i = 0; i < numValues; ++i) {
    uint64_t position = reader.getPosition();
    FailureOr<llvm::StringRef> key = parseString("the length of a key");
    if (failed(key))
      return failure();
    if (key->empty() || key->contains('\0'))
      return reader.emitError(position)
             << "expected a key, found " << quoteUntrusted(*key);
    auto [entry, isNew] = result.values.try_emplace(*key);
    if (!isNew)
      return reader.emitError(position)
             << "key " << quoteUntrusted(*key) << " occurs twice";
    if (failed(parseValue(entry->second)))
      return failure();
  }
  return success();
}

LogicalResult GgufParser::parseValue(GgufValue &value) {
  FailureOr<GgufType> type = parseType("the type of a value");
  if (failed(type))
    return failure();
  value.type = *type;
  value.position = reader.getPosition();
  if (*type == GgufType::Array)
    return parseArray(value, /*depth=*/0);
  FailureOr<llvm::StringRef> bytes =
      *type == GgufType::String ? parseString("the length of a string")
                                : reader.readBytes(getWidth(*type), "a value");
  if (failed(bytes))
    return failure();
  value.bytes = result.turn(*bytes, getWidth(*type));
  return success();
}

/// The type, the count and the elements of an array.
LogicalResult GgufParser::parseArray(GgufValue &value, unsigned depth) {
  uint64_t position = reader.getPosition();
  FailureOr<GgufType> type = parseType("the element type of an array");
  if (failed(type))
    return failure();
  value.elementType = *type;
  uint64_t width = getWidth(*type);
  if (width != 0) {
    FailureOr<uint64_t> count = parseCount(width, "the length of an array");
    if (failed(count))
      return failure();
    value.count = *count;
    FailureOr<llvm::StringRef> bytes =
        reader.readArray(*count, width, "the elements of an array");
    if (failed(bytes))
      return failure();
    value.bytes = result.turn(*bytes, width);
    return success();
  }
  bool isString = *type == GgufType::String;
  FailureOr<uint64_t> count = parseCount(
      isString ? kMinStringSize : kMinArraySize, "the length of an array");
  if (failed(count))
    return failure();
  value.count = *count;
  if (isString) {
    value.strings.reserve(*count);
    for (uint64_t i = 0; i < *count; ++i) {
      FailureOr<llvm::StringRef> text = parseString("the length of a string");
      if (failed(text))
        return failure();
      value.strings.push_back(*text);
    }
    return success();
  }
  if (depth == kMaxArrayDepth)
    return reader.emitError(position)
           << "arrays are nested more than " << kMaxArrayDepth << " deep";
  for (uint64_t i = 0; i < *count; ++i) {
    GgufValue skipped;
    if (failed(parseArray(skipped, depth + 1)))
      return failure();
  }
  return success();
}

LogicalResult GgufParser::parseAlignment() {
  const GgufValue *value = result.findValue("general.alignment");
  if (!value)
    return success();
  std::optional<uint64_t> found = getUnsigned(value->type, value->bytes);
  if (!found || !llvm::isPowerOf2_64(*found) || *found > kMaxAlignment)
    return reader.emitError(value->position)
           << "expected 'general.alignment' to be a power of two up to "
           << kMaxAlignment;
  alignment = *found;
  return success();
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

LogicalResult GgufParser::parseTensors() {
  result.tensors.resize(numTensors);
  for (size_t i = 0; i < numTensors; ++i) {
    GgufTensor &tensor = result.tensors[i];
    tensor.position = reader.getPosition();
    if (failed(parseTensor(tensor)))
      return failure();
    if (!result.tensorIndices.try_emplace(tensor.name, i).second)
      return reader.emitError(tensor.position)
             << "tensor " << quoteUntrusted(tensor.name) << " occurs twice";
  }
  return success();
}

LogicalResult GgufParser::parseTensor(GgufTensor &tensor) {
  FailureOr<llvm::StringRef> name =
      parseString("the length of a tensor's name");
  if (failed(name))
    return failure();
  tensor.name = *name;
  if (failed(parseShape(tensor)))
    return failure();

  uint64_t position = reader.getPosition();
  FailureOr<uint32_t> code = reader.read<uint32_t>("the type of a tensor");
  if (failed(code))
    return failure();
  tensor.type = findTensorType(*code);
  if (!tensor.type)
    return reader.emitError(position)
           << "tensor " << quoteUntrusted(tensor.name) << " is of type "
           << *code << ", which is not known; supported are "
           << GgufFile::getSupportedTypes();
  int64_t rowLength = tensor.shape.empty() ? 1 : tensor.shape.back();
  if (rowLength % tensor.type->blockLength != 0)
    return reader.emitError(position)
           << "tensor " << quoteUntrusted(tensor.name) << " is of type "
           << tensor.type->name << ": expected rows of a multiple of "
           << tensor.type->blockLength << " elements, found " << rowLength;
  std::optional<uint64_t> size =
      checkedMul(tensor.numElements / tensor.type->blockLength,
                 tensor.type->blockByteSize);
  if (!size)
    return reader.emitError(position)
           << "tensor " << quoteUntrusted(tensor.name) << " is too large";
  tensor.byteSize = *size;
  FailureOr<uint64_t> offset = reader.read<uint64_t>("the place of a tensor");
  if (failed(offset))
    return failure();
  tensor.dataOffset = *offset;
  return success();
}

LogicalResult GgufParser::parseShape(GgufTensor &tensor) {
  uint64_t position = reader.getPosition();
  FailureOr<uint32_t> rank = reader.read<uint32_t>("the rank of a tensor");
  if (failed(rank))
    return failure();
  if (*rank > kMaxRank)
    return reader.emitError(position)
           << "tensor " << quoteUntrusted(tensor.name) << ": expected at most "
           << kMaxRank << " dimensions, found " << *rank;
  uint64_t count = 1;
  for (uint32_t i = 0; i < *rank; ++i) {
    position = reader.getPosition();
    FailureOr<uint64_t> extent = reader.read<uint64_t>("an extent of a tensor");
    if (failed(extent))
      return failure();
    std::optional<uint64_t> product = checkedMul(count, *extent);
    if (*extent == 0 || !product ||
        *product > uint64_t(std::numeric_limits<int64_t>::max()))
      return reader.emitError(position)
             << "tensor " << quoteUntrusted(tensor.name)
             << ": expected extents from 1 on with a product below 2^63, found "
             << *extent;
    count = *product;
    tensor.shape.push_back(static_cast<int64_t>(*extent));
  }
  std::reverse(tensor.shape.begin(), tensor.shape.end());
  tensor.numElements = static_cast<int64_t>(count);
  return success();
}

/// Makes offsets absolute, and checks that all tensors lie in the file.
LogicalResult GgufParser::placeTensors() {
  uint64_t dataStart = alignUp(reader.getPosition(), alignment);
  for (GgufTensor &tensor : result.tensors) {
    if (tensor.dataOffset % alignment != 0)
      return reader.emitError(tensor.position)
             << "tensor " << quoteUntrusted(tensor.name)
             << ": expected an offset that is a multiple of " << alignment
             << ", found " << tensor.dataOffset;
    std::optional<uint64_t> absolute = checkedAdd(dataStart, tensor.dataOffset);
    if (!absolute ||
        !isInBounds(*absolute, tensor.byteSize, result.file->getSize()))
      return reader.emitError(tensor.position)
             << "tensor " << quoteUntrusted(tensor.name) << ": expected its "
             << tensor.byteSize << " bytes at offset " << tensor.dataOffset
             << " of the data, found a file of only " << result.file->getSize()
             << " bytes, with data from byte " << dataStart;
    tensor.dataOffset = *absolute;
  }
  return success();
}

LogicalResult GgufParser::checkOverlap() {
  std::vector<const GgufTensor *> byPlace;
  for (const GgufTensor &tensor : result.tensors)
    byPlace.push_back(&tensor);
  llvm::stable_sort(byPlace, [](const GgufTensor *a, const GgufTensor *b) {
    return a->dataOffset < b->dataOffset;
  });
  for (size_t i = 1; i < byPlace.size(); ++i) {
    const GgufTensor &before = *byPlace[i - 1], &after = *byPlace[i];
    if (before.dataOffset + before.byteSize > after.dataOffset)
      return reader.emitError(after.position)
             << "tensors " << quoteUntrusted(before.name) << " and "
             << quoteUntrusted(after.name) << " overlap";
  }
  return success();
}

} // namespace espresso
