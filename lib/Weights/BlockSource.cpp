//===- BlockSource.cpp - Elements that share scales -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockFormats.h"
#include "RangeSource.h"
#include "espresso/Base/CheckedMath.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

namespace {

/// Block-quantised elements in a mapped file, decoded to fp32.
class BlockSource final : public RangeSource {
public:
  BlockSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
              BlockEncoding encoding, int64_t count, ByteOrder order)
      : RangeSource(DataType::Float32, count), file(std::move(file)),
        offset(offset), format(getBlockFormat(encoding)), order(order) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override {
    file->release(offset, getNumElements() / format.length * format.byteSize);
  }
  std::string getKey() const override {
    std::string key = getFileKey(*file, offset, format.name, getNumElements());
    return order == ByteOrder::Little ? key : key + "|big-endian";
  }

private:
  void decodeBlock(const uint8_t *block, float *decoded) const;

  std::shared_ptr<const MappedFile> file;
  uint64_t offset;
  const BlockFormat &format;
  ByteOrder order;
};

} // namespace

void BlockSource::decodeBlock(const uint8_t *block, float *decoded) const {
  if (order == ByteOrder::Little) {
    format.decode(block, decoded);
    return;
  }
  uint8_t swapped[kMaxBlockByteSize];
  std::memcpy(swapped, block, format.byteSize);
  for (const BlockWord &word : format.words)
    std::reverse(swapped + word.offset, swapped + word.offset + word.width);
  format.decode(swapped, decoded);
}

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
    decodeBlock(blocks + index * format.byteSize, decoded);
    std::memcpy(cursor, decoded + skip, taken * sizeof(float));
    cursor += taken * sizeof(float);
    first += taken;
  }
  return success();
}

WeightSourceRef makeBlockSource(std::shared_ptr<const MappedFile> file,
                                uint64_t offset, BlockEncoding encoding,
                                int64_t count, ByteOrder order) {
  assert(count % getBlockLength(encoding) == 0 && "a block is cut");
  assert(
      isInBounds(offset,
                 count / getBlockLength(encoding) * getBlockByteSize(encoding),
                 file->getSize()) &&
      "elements beyond the file");
  return std::make_shared<BlockSource>(std::move(file), offset, encoding, count,
                                       order);
}

//===----------------------------------------------------------------------===//
// Groups with their scales elsewhere
//===----------------------------------------------------------------------===//

namespace {

/// int8 elements followed by the fp32 scales of their groups.
class GroupSource final : public RangeSource {
public:
  GroupSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
              int64_t groupLength, int64_t count)
      : RangeSource(DataType::Float32, count), file(std::move(file)),
        offset(offset), groupLength(groupLength) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override {
    file->release(offset, getGroupsByteSize(getNumElements(), groupLength));
  }
  std::string getKey() const override {
    return getFileKey(*file, offset, "int8 by " + std::to_string(groupLength),
                      getNumElements());
  }

private:
  std::shared_ptr<const MappedFile> file;
  uint64_t offset;
  int64_t groupLength;
};

} // namespace

LogicalResult GroupSource::readRange(int64_t first, int64_t count,
                                     llvm::MutableArrayRef<uint8_t> out,
                                     DiagnosticEngine &diagnostics) const {
  assert(out.size() == count * sizeof(float) && "wrong buffer size");
  const uint8_t *integers = file->getBytes().data() + offset;
  const uint8_t *scales = integers + getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    float scale;
    std::memcpy(&scale, scales + (first + i) / groupLength * sizeof(float),
                sizeof(scale));
    const auto integer = static_cast<int8_t>(integers[first + i]);
    const float value = scale * static_cast<float>(integer);
    std::memcpy(out.data() + i * sizeof(float), &value, sizeof(value));
  }
  return success();
}

uint64_t getGroupsByteSize(int64_t count, int64_t groupLength) {
  return count + count / groupLength * sizeof(float);
}

WeightSourceRef makeGroupSource(std::shared_ptr<const MappedFile> file,
                                uint64_t offset, int64_t groupLength,
                                int64_t count) {
  assert(groupLength > 0 && count % groupLength == 0 && "a group is cut");
  assert(isInBounds(offset, getGroupsByteSize(count, groupLength),
                    file->getSize()) &&
         "elements beyond the file");
  return std::make_shared<GroupSource>(std::move(file), offset, groupLength,
                                       count);
}

} // namespace espresso
