//===- Conversions.cpp - Conversions of weights on the way ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSource.h"
#include "espresso/Base/Half.h"
#include "espresso/Weights/WeightSources.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Elements converted at a time: the buffers stay in the first-level cache.
static constexpr int64_t kChunk = 1024;

template <typename T>
static T loadElement(const uint8_t *bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
static void storeElement(uint8_t *bytes, int64_t index, T value) {
  std::memcpy(bytes + index * sizeof(T), &value, sizeof(T));
}

/// The elements of a type as wide as fp32 at most, which holds them exactly.
static void decodeElements(DataType type, const uint8_t *in, int64_t count,
                           float *out) {
  if (type == DataType::Float32)
    std::memcpy(out, in, count * sizeof(float));
  else if (type == DataType::Float16)
    for (int64_t i = 0; i < count; ++i)
      out[i] = halfToFloat(loadElement<uint16_t>(in, i));
  else if (type == DataType::BFloat16)
    for (int64_t i = 0; i < count; ++i)
      out[i] = bfloatToFloat(loadElement<uint16_t>(in, i));
  else
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<float>(decodeFloat(type, in[i]));
}

static void encodeElements(DataType type, const float *in, int64_t count,
                           uint8_t *out) {
  if (type == DataType::Float32)
    std::memcpy(out, in, count * sizeof(float));
  else if (type == DataType::Float16)
    for (int64_t i = 0; i < count; ++i)
      storeElement(out, i, floatToHalf(in[i]));
  else if (type == DataType::BFloat16)
    for (int64_t i = 0; i < count; ++i)
      storeElement(out, i, floatToBFloat(in[i]));
  else if (type == DataType::Float64)
    for (int64_t i = 0; i < count; ++i)
      storeElement(out, i, static_cast<double>(in[i]));
  else
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<uint8_t>(encodeFloat(type, in[i]));
}

/// From fp64, in one rounding.
static void encodeDoubles(DataType type, const uint8_t *in, int64_t count,
                          uint8_t *out) {
  int64_t width = getBitWidth(type) / 8;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = encodeFloat(type, loadElement<double>(in, i));
    std::memcpy(out + i * width, &bits, width);
  }
}

namespace {

/// The elements of another source, rounded to another float type.
class ConvertedSource final : public RangeSource {
public:
  ConvertedSource(WeightSourceRef inner, DataType type)
      : RangeSource(type, inner->getNumElements()), inner(std::move(inner)) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override {
    return inner->getKey() + "|" + std::string(getName(getElementType()));
  }

private:
  WeightSourceRef inner;
};

} // namespace

LogicalResult ConvertedSource::readRange(int64_t first, int64_t count,
                                         llvm::MutableArrayRef<uint8_t> out,
                                         DiagnosticEngine &diagnostics) const {
  DataType from = inner->getElementType(), to = getElementType();
  uint8_t input[kChunk * sizeof(double)];
  float values[kChunk];
  uint64_t toWidth = getBitWidth(to) / 8;
  assert(out.size() == count * toWidth && "wrong buffer size");
  for (int64_t done = 0; done < count; done += kChunk) {
    int64_t taken = std::min(kChunk, count - done);
    llvm::MutableArrayRef<uint8_t> piece(input, taken * getBitWidth(from) / 8);
    if (failed(inner->readRange(first + done, taken, piece, diagnostics)))
      return failure();
    uint8_t *place = out.data() + done * toWidth;
    if (from == DataType::Float64) {
      encodeDoubles(to, input, taken, place);
      continue;
    }
    decodeElements(from, input, taken, values);
    encodeElements(to, values, taken, place);
  }
  return success();
}

WeightSourceRef convertTo(WeightSourceRef source, DataType type) {
  if (source->getElementType() == type)
    return source;
  assert(isFloat(source->getElementType()) && isFloat(type) &&
         "only floats convert to each other");
  return std::make_shared<ConvertedSource>(std::move(source), type);
}

//===----------------------------------------------------------------------===//
// Rotary order
//===----------------------------------------------------------------------===//

namespace {

/// The rows of another source in another order, head by head.
class RotarySource final : public RangeSource {
public:
  RotarySource(WeightSourceRef inner, int64_t heads, int64_t headSize,
               int64_t rotarySize, RotaryOrder target)
      : RangeSource(inner->getElementType(), inner->getNumElements()),
        inner(std::move(inner)), headSize(headSize), rotarySize(rotarySize),
        rowLength(getNumElements() / (heads * headSize)), target(target) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override {
    return inner->getKey() +
           (target == RotaryOrder::HalfSplit ? "|half-split:"
                                             : "|interleaved:") +
           std::to_string(headSize) +
           (rotarySize == headSize ? "" : "/" + std::to_string(rotarySize));
  }

private:
  int64_t getSourceRow(int64_t row) const;

  WeightSourceRef inner;
  int64_t headSize;
  int64_t rotarySize;
  int64_t rowLength;
  RotaryOrder target;
};

} // namespace

/// The row of `inner` that becomes `row`. Member p of pair i stands at 2i + p
/// interleaved, at p·r/2 + i half-split.
int64_t RotarySource::getSourceRow(int64_t row) const {
  int64_t head = row / headSize, place = row % headSize;
  int64_t half = rotarySize / 2;
  if (place >= rotarySize)
    return row;
  if (target == RotaryOrder::HalfSplit)
    return head * headSize + 2 * (place % half) + place / half;
  return head * headSize + place % 2 * half + place / 2;
}

LogicalResult RotarySource::readRange(int64_t first, int64_t count,
                                      llvm::MutableArrayRef<uint8_t> out,
                                      DiagnosticEngine &diagnostics) const {
  int64_t width = getBitWidth(getElementType()) / 8;
  assert(out.size() == static_cast<uint64_t>(count * width) &&
         "wrong buffer size");
  for (int64_t done = 0; done < count;) {
    int64_t row = (first + done) / rowLength,
            column = (first + done) % rowLength;
    int64_t taken = std::min(rowLength - column, count - done);
    if (failed(inner->readRange(getSourceRow(row) * rowLength + column, taken,
                                out.slice(done * width, taken * width),
                                diagnostics)))
      return failure();
    done += taken;
  }
  return success();
}

WeightSourceRef permuteRotaryRows(WeightSourceRef source, int64_t heads,
                                  int64_t headSize, int64_t rotarySize,
                                  RotaryOrder target) {
  assert(heads > 0 && rotarySize > 0 && rotarySize <= headSize &&
         rotarySize % 2 == 0 &&
         source->getNumElements() % (heads * headSize) == 0 &&
         "not a matrix of whole heads");
  assert(getBitWidth(source->getElementType()) % 8 == 0 &&
         "rows may begin within a byte");
  return std::make_shared<RotarySource>(std::move(source), heads, headSize,
                                        rotarySize, target);
}

} // namespace espresso
