//===- SafetensorsFile.cpp - The safetensors container --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   file   = length:u64 header data
//   header = a JSON object, `length` bytes: for each tensor its name and
//            {"dtype": …, "shape": […], "data_offsets": [begin, end]}, and
//            under
//            "__metadata__" an object of strings
//
// Offsets count from the start of the data, which the tensors fill without
// gaps. Everything is little endian.
//
//===----------------------------------------------------------------------===//

#include "SafetensorsFile.h"

#include "espresso/Base/CheckedMath.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

namespace espresso {

/// What the format's own library allows.
static constexpr uint64_t kMaxHeader = 100'000'000;
static constexpr size_t kMaxRank = 8;
/// Far above every model known; bounds the memory that a header takes.
static constexpr size_t kMaxTensors = 1 << 19;

namespace {

struct TypeRow {
  llvm::StringLiteral name;
  uint64_t width;
  std::optional<DataType> type;
};

} // namespace

static constexpr TypeRow kTypes[] = {
    {"F64", 8, DataType::Float64},
    {"F32", 4, DataType::Float32},
    {"F16", 2, DataType::Float16},
    {"BF16", 2, DataType::BFloat16},
    {"F8_E4M3", 1, DataType::Float8E4M3FN},
    {"F8_E5M2", 1, DataType::Float8E5M2},
    {"F8_E8M0", 1, std::nullopt},
    {"BOOL", 1, std::nullopt},
    {"U8", 1, std::nullopt},
    {"I8", 1, std::nullopt},
    {"U16", 2, std::nullopt},
    {"I16", 2, std::nullopt},
    {"U32", 4, std::nullopt},
    {"I32", 4, std::nullopt},
    {"U64", 8, std::nullopt},
    {"I64", 8, std::nullopt},
    {"C64", 8, std::nullopt},
};

/// Fills a SafetensorsFile.
class SafetensorsParser {
public:
  SafetensorsParser(SafetensorsFile &result, JsonCursor cursor,
                    uint64_t dataStart)
      : result(result), cursor(std::move(cursor)), dataStart(dataStart) {}

  LogicalResult parse();

private:
  LogicalResult parseEntry(const std::string &name);
  LogicalResult parseMember(const std::string &key, SafetensorsEntry &entry,
                            std::optional<uint64_t> (&offsets)[2]);
  LogicalResult checkEntry(SafetensorsEntry &entry,
                           std::optional<uint64_t> (&offsets)[2]);
  LogicalResult checkPlaces();

  SafetensorsFile &result;
  JsonCursor cursor;
  uint64_t dataStart;
  llvm::StringSet<> names;
};

FailureOr<SafetensorsFile>
SafetensorsFile::read(std::shared_ptr<const MappedFile> file,
                      DiagnosticEngine &diagnostics) {
  SafetensorsFile result;
  result.file = std::move(file);
  ByteReader reader(*result.file, diagnostics);
  FailureOr<uint64_t> length =
      reader.read<uint64_t>("the length of the safetensors header");
  if (failed(length))
    return failure();
  uint64_t most = std::min(kMaxHeader, reader.getRemaining());
  if (*length > most)
    return reader.emitError(0)
           << "expected the length of a safetensors header, at most " << most
           << ", found " << *length;
  uint64_t start = reader.getPosition();
  FailureOr<llvm::StringRef> header = reader.readBytes(*length, "the header");
  if (failed(header))
    return failure();
  JsonCursor cursor(*header, start, result.getPath(), diagnostics);
  if (failed(SafetensorsParser(result, cursor, start + *length).parse()))
    return failure();
  return result;
}

LogicalResult SafetensorsParser::parse() {
  auto parseMember = [&](const std::string &key) -> LogicalResult {
    if (names.size() == kMaxTensors)
      return cursor.emitError(cursor.getPosition())
             << "expected at most " << kMaxTensors << " tensors";
    if (!names.insert(key).second)
      return cursor.emitError(cursor.getPosition())
             << "tensor " << quoteUntrusted(key) << " occurs twice";
    if (key != "__metadata__")
      return parseEntry(key);
    return cursor.readObject("the metadata", [&](const std::string &) {
      return success(succeeded(cursor.readString("a text of the metadata")));
    });
  };
  if (failed(cursor.readObject("the header", parseMember)) ||
      failed(cursor.expectEnd()))
    return failure();
  return checkPlaces();
}

LogicalResult SafetensorsParser::parseEntry(const std::string &name) {
  SafetensorsEntry entry;
  entry.name = name;
  entry.position = cursor.getPosition();
  std::optional<uint64_t> offsets[2];
  if (failed(cursor.readObject("a tensor",
                               [&](const std::string &key) {
                                 return parseMember(key, entry, offsets);
                               })) ||
      failed(checkEntry(entry, offsets)))
    return failure();
  result.entries.push_back(std::move(entry));
  return success();
}

LogicalResult
SafetensorsParser::parseMember(const std::string &key, SafetensorsEntry &entry,
                               std::optional<uint64_t> (&offsets)[2]) {
  uint64_t position = cursor.getPosition();
  if (key == "dtype") {
    FailureOr<std::string> name = cursor.readString("a type");
    if (failed(name))
      return failure();
    const auto *row = llvm::find_if(
        kTypes, [&](const TypeRow &type) { return type.name == *name; });
    if (row == std::end(kTypes))
      return cursor.emitError(position)
             << "tensor " << quoteUntrusted(entry.name) << " is of type "
             << quoteUntrusted(*name) << ", which is not known; supported are "
             << SafetensorsFile::getSupportedTypes();
    entry.typeName = row->name;
    entry.type = row->type;
    return success();
  }
  if (key == "shape")
    return cursor.readList("a shape", [&]() -> LogicalResult {
      FailureOr<uint64_t> extent = cursor.readUnsigned("an extent");
      if (failed(extent))
        return failure();
      if (entry.shape.size() == kMaxRank ||
          *extent > uint64_t(std::numeric_limits<int64_t>::max()))
        return cursor.emitError(position)
               << "expected at most " << kMaxRank << " extents below 2^63";
      entry.shape.push_back(static_cast<int64_t>(*extent));
      return success();
    });
  if (key != "data_offsets")
    return cursor.emitError(position)
           << "expected 'dtype', 'shape' or 'data_offsets', found "
           << quoteUntrusted(key);
  size_t count = 0;
  if (failed(cursor.readList("offsets", [&]() -> LogicalResult {
        FailureOr<uint64_t> offset = cursor.readUnsigned("an offset");
        if (failed(offset))
          return failure();
        if (count < 2)
          offsets[count] = *offset;
        ++count;
        return success();
      })))
    return failure();
  if (count == 2)
    return success();
  return cursor.emitError(position) << "expected two offsets, found " << count;
}

LogicalResult
SafetensorsParser::checkEntry(SafetensorsEntry &entry,
                              std::optional<uint64_t> (&offsets)[2]) {
  auto emitError = [&]() {
    InFlightDiagnostic error = cursor.emitError(entry.position);
    error << "tensor " << quoteUntrusted(entry.name) << ": ";
    return error;
  };
  if (entry.typeName.empty() || !offsets[0] || !offsets[1])
    return emitError() << "expected a type and offsets, found none";
  std::optional<uint64_t> count = 1;
  for (int64_t extent : entry.shape)
    count = count ? checkedMul(*count, extent) : std::nullopt;
  uint64_t width = llvm::find_if(kTypes, [&](const TypeRow &type) {
                     return type.name == entry.typeName;
                   })->width;
  std::optional<uint64_t> size = count ? checkedMul(*count, width) : count;
  if (!size || *size > uint64_t(std::numeric_limits<int64_t>::max()))
    return emitError() << "expected a product of extents below 2^63";
  uint64_t available = result.file->getSize() - dataStart;
  if (*offsets[0] > *offsets[1] || *offsets[1] > available)
    return emitError() << "expected offsets in order up to " << available
                       << ", where the file ends, found " << *offsets[0]
                       << " and " << *offsets[1];
  if (*offsets[1] - *offsets[0] != *size)
    return emitError() << "expected " << *size << " bytes, found offsets "
                       << *offsets[0] << " and " << *offsets[1];
  entry.numElements = static_cast<int64_t>(*count);
  entry.offset = dataStart + *offsets[0];
  entry.byteSize = *size;
  return success();
}

/// The tensors fill the data, one after another.
LogicalResult SafetensorsParser::checkPlaces() {
  std::vector<const SafetensorsEntry *> byPlace;
  for (const SafetensorsEntry &entry : result.entries)
    byPlace.push_back(&entry);
  llvm::stable_sort(byPlace,
                    [](const SafetensorsEntry *a, const SafetensorsEntry *b) {
                      return std::pair(a->offset, a->byteSize) <
                             std::pair(b->offset, b->byteSize);
                    });
  uint64_t end = dataStart;
  for (const SafetensorsEntry *entry : byPlace) {
    if (entry->offset != end)
      return cursor.emitError(entry->position)
             << "tensor " << quoteUntrusted(entry->name)
             << ": expected data at offset " << end - dataStart
             << ", where the one before ends, found "
             << entry->offset - dataStart;
    end += entry->byteSize;
  }
  if (end == result.file->getSize())
    return success();
  return cursor.emitError(end)
         << "expected the end of the file after the last tensor, found "
         << result.file->getSize() - end << " more bytes";
}

WeightSourceRef
SafetensorsFile::getSource(const SafetensorsEntry &entry) const {
  if (!entry.type || entry.numElements == 0)
    return nullptr;
  return makeFileSource(file, entry.offset, *entry.type, entry.numElements);
}

std::string SafetensorsFile::getSupportedTypes() {
  std::string names;
  for (const TypeRow &row : kTypes)
    if (row.type)
      names += (names.empty() ? "" : ", ") + row.name.str();
  return names;
}

} // namespace espresso
