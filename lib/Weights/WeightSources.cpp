//===- WeightSources.cpp - Weights in files and memory --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/WeightSources.h"

#include "RangeSource.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/Half.h"
#include "espresso/Base/Sha256.h"

#include "llvm/Support/FormatVariadic.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace espresso {

static_assert(std::endian::native == std::endian::little,
              "weight files are little endian and are used in place");

std::string getFileKey(const MappedFile &file, uint64_t offset,
                       llvm::StringRef encoding, int64_t count) {
  return llvm::formatv("file:{0}:{1}@{2}:{3}[{4}]", file.getPath(),
                       file.getSize(), offset, encoding, count);
}

//===----------------------------------------------------------------------===//
// Plain elements
//===----------------------------------------------------------------------===//

namespace {

/// Packed elements in a mapped file. The base class slices them.
class FileSource final : public WeightSource {
public:
  FileSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
             DataType type, int64_t count)
      : file(std::move(file)), offset(offset), type(type), count(count) {}

  int64_t getNumElements() const override { return count; }
  DataType getElementType() const override { return type; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &diagnostics) const override {
    return readRange(0, count, out, diagnostics);
  }
  llvm::ArrayRef<uint8_t> getBytesInPlace() const override {
    return {file->getBytes().data() + offset, *getPackedByteSize(type, count)};
  }
  void releaseMemory() const override {
    file->release(offset, *getPackedByteSize(type, count));
  }
  std::string getKey() const override {
    return getFileKey(*file, offset, getName(type), count);
  }

private:
  std::shared_ptr<const MappedFile> file;
  uint64_t offset;
  DataType type;
  int64_t count;
};

/// Packed elements in memory.
class MemorySource final : public WeightSource {
public:
  MemorySource(DataType type, int64_t count, std::vector<uint8_t> content)
      : type(type), count(count), bytes(std::move(content)),
        digest(sha256Hex(std::span<const uint8_t>(bytes))) {}

  int64_t getNumElements() const override { return count; }
  DataType getElementType() const override { return type; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &diagnostics) const override {
    return readRange(0, count, out, diagnostics);
  }
  llvm::ArrayRef<uint8_t> getBytesInPlace() const override { return bytes; }
  std::string getKey() const override {
    return llvm::formatv("memory:{0}:{1}[{2}]", digest,
                         llvm::StringRef(getName(type)), count);
  }

private:
  DataType type;
  int64_t count;
  std::vector<uint8_t> bytes;
  std::string digest;
};

} // namespace

WeightSourceRef makeFileSource(std::shared_ptr<const MappedFile> file,
                               uint64_t offset, DataType type, int64_t count) {
  [[maybe_unused]] std::optional<uint64_t> size =
      getPackedByteSize(type, count);
  assert(size && isInBounds(offset, *size, file->getSize()) &&
         "elements beyond the file");
  return std::make_shared<FileSource>(std::move(file), offset, type, count);
}

WeightSourceRef makeMemorySource(DataType type, int64_t count,
                                 std::vector<uint8_t> bytes) {
  assert(bytes.size() == getPackedByteSize(type, count) &&
         "wrong number of bytes");
  return std::make_shared<MemorySource>(type, count, std::move(bytes));
}

} // namespace espresso
