//===- BlobFile.cpp - MILBlob v2 weight files -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/BlobFile.h"

#include "espresso/Base/CheckedMath.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace espresso {

//===----------------------------------------------------------------------===//
// The format
//===----------------------------------------------------------------------===//

static constexpr uint32_t kVersion = 2;
static constexpr uint32_t kSentinel = 0xDEADBEEF;
static constexpr uint64_t kHeaderSize = 64;

namespace {

struct Header {
  uint32_t count = 0;
  uint32_t version = kVersion;
  uint8_t zeros[56] = {};
};
static_assert(sizeof(Header) == kHeaderSize);

struct Descriptor {
  uint32_t sentinel = kSentinel;
  uint32_t typeCode = 0;
  uint64_t byteSize = 0;
  uint64_t dataOffset = 0;
  /// Bits of the last byte that belong to no element. Old writers left garbage
  /// here for types of whole bytes.
  uint64_t paddingBits = 0;
  uint64_t reserved[4] = {};
};
static_assert(sizeof(Descriptor) == kBlobDescriptorSize);

} // namespace

/// The types of a weight file; code n is row n - 1.
static constexpr DataType kTypes[] = {
    DataType::Float16,      DataType::Float32,    DataType::UInt8,
    DataType::Int8,         DataType::BFloat16,   DataType::Int16,
    DataType::UInt16,       DataType::Int4,       DataType::UInt1,
    DataType::UInt2,        DataType::UInt4,      DataType::UInt3,
    DataType::UInt6,        DataType::Int32,      DataType::UInt32,
    DataType::Float8E4M3FN, DataType::Float8E5M2,
};

std::optional<uint32_t> getBlobTypeCode(DataType type) {
  const DataType *found = std::find(std::begin(kTypes), std::end(kTypes), type);
  if (found == std::end(kTypes))
    return std::nullopt;
  return static_cast<uint32_t>(found - std::begin(kTypes)) + 1;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static InFlightDiagnostic emitAt(const MappedFile &file, uint64_t offset,
                                 DiagnosticEngine &diagnostics) {
  return diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                               llvm::Twine(offset));
}

FailureOr<std::shared_ptr<const BlobFile>>
BlobFile::open(llvm::StringRef path, DiagnosticEngine &diagnostics) {
  auto opened = MappedFile::open(path.str());
  if (!opened.ok())
    return diagnostics.emitError(path)
           << llvm::StringRef(opened.status().message().data(),
                              opened.status().message().size());
  std::shared_ptr<const MappedFile> file = *std::move(opened);
  if (file->getSize() < kHeaderSize)
    return emitAt(*file, 0, diagnostics)
           << "expected a weight file header of " << kHeaderSize
           << " bytes, found a file of " << file->getSize();
  Header header;
  std::memcpy(&header, file->getBytes().data(), sizeof(header));
  if (header.version != kVersion)
    return emitAt(*file, 4, diagnostics)
           << "expected a weight file of version " << kVersion
           << ", found version " << header.version;
  return std::shared_ptr<const BlobFile>(
      new BlobFile(std::move(file), header.count));
}

/// The elements that a descriptor's size holds, or nothing if they do not come
/// out whole.
static std::optional<int64_t> countElements(const Descriptor &descriptor,
                                            DataType type) {
  unsigned width = getBitWidth(type);
  if (width % 8 == 0) {
    if (descriptor.byteSize % (width / 8) != 0)
      return std::nullopt;
    return static_cast<int64_t>(descriptor.byteSize / (width / 8));
  }
  std::optional<uint64_t> bits = checkedMul(descriptor.byteSize, 8);
  if (!bits || descriptor.paddingBits >= 8 || descriptor.paddingBits > *bits ||
      (*bits - descriptor.paddingBits) % width != 0)
    return std::nullopt;
  return static_cast<int64_t>((*bits - descriptor.paddingBits) / width);
}

FailureOr<BlobRecord>
BlobFile::readRecord(uint64_t offset, DiagnosticEngine &diagnostics) const {
  uint64_t total = file->getSize();
  if (offset % kBlobAlignment != 0 || offset < kFirstBlobOffset)
    return emitAt(*file, offset, diagnostics)
           << "expected a record at a multiple of " << kBlobAlignment
           << " after the header";
  if (!isInBounds(offset, sizeof(Descriptor), total))
    return emitAt(*file, offset, diagnostics)
           << "expected a record, found the end of the file at byte " << total;
  Descriptor descriptor;
  std::memcpy(&descriptor, file->getBytes().data() + offset,
              sizeof(descriptor));
  if (descriptor.sentinel != kSentinel)
    return emitAt(*file, offset, diagnostics)
           << "expected a record, which begins with "
           << llvm::formatv("{0:x}, found {1:x}", kSentinel,
                            descriptor.sentinel);
  if (descriptor.typeCode == 0 || descriptor.typeCode > std::size(kTypes))
    return emitAt(*file, offset + 4, diagnostics)
           << "expected an element type from 1 to " << std::size(kTypes)
           << ", found " << descriptor.typeCode;
  if (descriptor.dataOffset % kBlobAlignment != 0 ||
      !isInBounds(descriptor.dataOffset, descriptor.byteSize, total))
    return emitAt(*file, offset + 8, diagnostics)
           << "expected elements within the " << total
           << " bytes of the file, at a multiple of " << kBlobAlignment
           << "; found " << descriptor.byteSize << " bytes at "
           << descriptor.dataOffset;
  DataType type = kTypes[descriptor.typeCode - 1];
  std::optional<int64_t> count = countElements(descriptor, type);
  if (!count)
    return emitAt(*file, offset + 8, diagnostics)
           << "expected a whole number of " << llvm::StringRef(getName(type))
           << " elements, found " << descriptor.byteSize << " bytes less "
           << descriptor.paddingBits << " bits";
  return BlobRecord{type, descriptor.dataOffset, descriptor.byteSize, *count};
}

WeightSourceRef BlobFile::getSource(const BlobRecord &record) const {
  return makeFileSource(file, record.dataOffset, record.type,
                        record.numElements);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

template <typename T>
static llvm::StringRef bytesOf(const T &object) {
  return {reinterpret_cast<const char *>(&object), sizeof(T)};
}

BlobWriter::BlobWriter(llvm::raw_pwrite_stream &os) : os(os) {
  os << bytesOf(Header());
  position = kHeaderSize;
}

void BlobWriter::writeZeros(uint64_t count) {
  os.write_zeros(count);
  position += count;
}

/// What is written before the memory of what was read is given back.
static constexpr uint64_t kBytesBetweenReleases = uint64_t{16} << 20;

void BlobWriter::writeInPlace(const WeightSource &source,
                              llvm::ArrayRef<uint8_t> bytes) {
  while (!bytes.empty()) {
    llvm::ArrayRef<uint8_t> piece = bytes.take_front(
        std::min<uint64_t>(bytes.size(), kBytesBetweenReleases));
    os.write(reinterpret_cast<const char *>(piece.data()), piece.size());
    position += piece.size();
    bytes = bytes.drop_front(piece.size());
    source.releaseMemory();
  }
}

LogicalResult BlobWriter::writeElements(const WeightSource &source,
                                        DiagnosticEngine &diagnostics) {
  llvm::ArrayRef<uint8_t> inPlace = source.getBytesInPlace();
  if (!inPlace.empty()) {
    writeInPlace(source, inPlace);
    return success();
  }
  // A multiple of 8 elements, so that pieces begin on whole bytes.
  constexpr int64_t kPiece = 1 << 18;
  int64_t count = source.getNumElements();
  std::vector<uint8_t> buffer;
  uint64_t unreleased = 0;
  for (int64_t first = 0; first < count; first += kPiece) {
    int64_t taken = std::min(kPiece, count - first);
    buffer.resize(*getPackedByteSize(source.getElementType(), taken));
    if (failed(source.readRange(first, taken, buffer, diagnostics)))
      return failure();
    os.write(reinterpret_cast<const char *>(buffer.data()), buffer.size());
    position += buffer.size();
    unreleased += buffer.size();
    if (unreleased < kBytesBetweenReleases && first + taken != count)
      continue;
    source.releaseMemory();
    unreleased = 0;
  }
  return success();
}

FailureOr<uint64_t> BlobWriter::add(const WeightSource &source,
                                    DiagnosticEngine &diagnostics) {
  DataType type = source.getElementType();
  std::optional<uint32_t> code = getBlobTypeCode(type);
  std::optional<uint64_t> size =
      getPackedByteSize(type, source.getNumElements());
  if (!code || !size)
    return diagnostics.emitError("weight file")
           << "expected an element type that weight files can hold, found '"
           << llvm::StringRef(getName(type)) << "'";
  auto [entry, isNew] = offsets.try_emplace(source.getKey(), 0);
  if (!isNew)
    return entry->second;

  writeZeros(alignUp(position, kBlobAlignment) - position);
  uint64_t offset = position;
  entry->second = offset;
  Descriptor descriptor;
  descriptor.typeCode = *code;
  descriptor.byteSize = *size;
  descriptor.dataOffset = offset + kBlobDescriptorSize;
  descriptor.paddingBits =
      8 * *size -
      static_cast<uint64_t>(source.getNumElements()) * getBitWidth(type);
  os << bytesOf(descriptor);
  position += sizeof(descriptor);
  if (failed(writeElements(source, diagnostics)))
    return failure();
  ++numRecords;
  return offset;
}

void BlobWriter::finish() { os.pwrite(bytesOf(numRecords).data(), 4, 0); }

LogicalResult writeBlobFile(llvm::StringRef path, const WeightSource &source,
                            DiagnosticEngine &diagnostics) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (error)
    return diagnostics.emitError(path) << "cannot write: " << error.message();
  BlobWriter writer(os);
  bool complete = succeeded(writer.add(source, diagnostics));
  if (complete)
    writer.finish();
  os.close();
  if (os.has_error()) {
    if (complete)
      diagnostics.emitError(path) << "cannot write: " << os.error().message();
    complete = false;
    os.clear_error();
  }
  if (!complete)
    llvm::sys::fs::remove(path);
  return success(complete);
}

} // namespace espresso
