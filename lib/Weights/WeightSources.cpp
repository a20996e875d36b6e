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

/// Tells a file from others. A path is not enough: the file there may have been
/// replaced by another between two compilations in one process.
static std::string getFileKey(const MappedFile &file, uint64_t offset,
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

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

namespace {

/// One row for each block encoding, in the order of the enumeration.
struct BlockFormat {
  BlockEncoding encoding;
  llvm::StringRef name;
  int64_t length;
  uint64_t byteSize;
  void (*decode)(const uint8_t *block, float *out);
};

} // namespace

/// No encoding has longer blocks.
static constexpr int64_t kMaxBlockLength = 256;

static void decodeQ8_0(const uint8_t *block, float *out) {
  uint16_t scaleBits;
  std::memcpy(&scaleBits, block, sizeof(scaleBits));
  float scale = halfToFloat(scaleBits);
  for (int i = 0; i < 32; ++i)
    out[i] = scale * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

static const BlockFormat &getFormat(BlockEncoding encoding) {
  static constexpr BlockFormat kFormats[] = {
      {BlockEncoding::Q8_0, "q8_0", 32, 34, decodeQ8_0},
  };
  const BlockFormat &format = kFormats[static_cast<unsigned>(encoding)];
  assert(format.encoding == encoding && "table out of order");
  return format;
}

namespace {

/// Block-quantised elements in a mapped file, decoded to fp32.
class BlockSource final : public RangeSource {
public:
  BlockSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
              BlockEncoding encoding, int64_t count)
      : RangeSource(DataType::Float32, count), file(std::move(file)),
        offset(offset), format(getFormat(encoding)) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override {
    file->release(offset, getNumElements() / format.length * format.byteSize);
  }
  std::string getKey() const override {
    return getFileKey(*file, offset, format.name, getNumElements());
  }

private:
  std::shared_ptr<const MappedFile> file;
  uint64_t offset;
  const BlockFormat &format;
};

} // namespace

LogicalResult BlockSource::readRange(int64_t first, int64_t count,
                                     llvm::MutableArrayRef<uint8_t> out,
                                     DiagnosticEngine &diagnostics) const {
  assert(out.size() == count * sizeof(float) && "wrong buffer size");
  const uint8_t *blocks = file->getBytes().data() + offset;
  float decoded[kMaxBlockLength];
  uint8_t *cursor = out.data();
  for (int64_t end = first + count; first < end;) {
    int64_t index = first / format.length, skip = first % format.length;
    int64_t taken = std::min(format.length - skip, end - first);
    format.decode(blocks + index * format.byteSize, decoded);
    std::memcpy(cursor, decoded + skip, taken * sizeof(float));
    cursor += taken * sizeof(float);
    first += taken;
  }
  return success();
}

int64_t getBlockLength(BlockEncoding encoding) {
  return getFormat(encoding).length;
}

uint64_t getBlockByteSize(BlockEncoding encoding) {
  return getFormat(encoding).byteSize;
}

WeightSourceRef makeBlockSource(std::shared_ptr<const MappedFile> file,
                                uint64_t offset, BlockEncoding encoding,
                                int64_t count) {
  assert(count % getBlockLength(encoding) == 0 && "a block is cut");
  assert(
      isInBounds(offset,
                 count / getBlockLength(encoding) * getBlockByteSize(encoding),
                 file->getSize()) &&
      "elements beyond the file");
  return std::make_shared<BlockSource>(std::move(file), offset, encoding,
                                       count);
}

} // namespace espresso
