//===- Views.cpp - Parts and other orders of weights ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSource.h"
#include "espresso/Weights/WeightSources.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Byte order
//===----------------------------------------------------------------------===//

namespace {

/// The elements of another source with their bytes reversed.
class SwappedSource final : public RangeSource {
public:
  explicit SwappedSource(WeightSourceRef inner)
      : RangeSource(inner->getElementType(), inner->getNumElements()),
        inner(std::move(inner)) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override {
    if (failed(inner->readRange(first, count, out, diagnostics)))
      return failure();
    const size_t width = getBitWidth(getElementType()) / 8;
    for (size_t i = 0; i < out.size(); i += width)
      std::reverse(out.data() + i, out.data() + i + width);
    return success();
  }
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override { return inner->getKey() + "|swapped"; }

private:
  WeightSourceRef inner;
};

} // namespace

WeightSourceRef swapBytes(WeightSourceRef source) {
  const unsigned width = getBitWidth(source->getElementType());
  assert(width % 8 == 0 && "elements share bytes");
  if (width == 8)
    return source;
  return std::make_shared<SwappedSource>(std::move(source));
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

namespace {

/// Consecutive elements of another source.
class SliceSource final : public RangeSource {
public:
  SliceSource(WeightSourceRef inner, int64_t begin, int64_t count)
      : RangeSource(inner->getElementType(), count), inner(std::move(inner)),
        begin(begin) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override {
    return inner->readRange(begin + first, count, out, diagnostics);
  }
  llvm::ArrayRef<uint8_t> getBytesInPlace() const override {
    llvm::ArrayRef<uint8_t> all = inner->getBytesInPlace();
    const size_t width = getBitWidth(getElementType()) / 8;
    return all.empty() ? all
                       : all.slice(begin * width, getNumElements() * width);
  }
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override {
    return inner->getKey() + "|from:" + std::to_string(begin) + "[" +
           std::to_string(getNumElements()) + "]";
  }

private:
  WeightSourceRef inner;
  int64_t begin;
};

} // namespace

WeightSourceRef slice(WeightSourceRef source, int64_t begin, int64_t count) {
  assert(begin >= 0 && count > 0 && begin <= source->getNumElements() - count &&
         "elements beyond the source");
  assert(getBitWidth(source->getElementType()) % 8 == 0 &&
         "elements share bytes");
  if (count == source->getNumElements())
    return source;
  return std::make_shared<SliceSource>(std::move(source), begin, count);
}

//===----------------------------------------------------------------------===//
// Transposition
//===----------------------------------------------------------------------===//

namespace {

/// Another source, a matrix, with rows and columns exchanged.
class TransposedSource final : public RangeSource {
public:
  TransposedSource(WeightSourceRef inner, int64_t rows, int64_t columns)
      : RangeSource(inner->getElementType(), inner->getNumElements()),
        inner(std::move(inner)), rows(rows), columns(columns) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override {
    return inner->getKey() + "|transposed:" + std::to_string(columns);
  }

private:
  WeightSourceRef inner;
  /// Of the result.
  int64_t rows;
  int64_t columns;
};

} // namespace

/// Row r of the result is column r of `inner`: of each row of `inner`, the
/// elements that belong to the rows asked for are read together.
LogicalResult TransposedSource::readRange(int64_t first, int64_t count,
                                          llvm::MutableArrayRef<uint8_t> out,
                                          DiagnosticEngine &diagnostics) const {
  if (count == 0)
    return success();
  const size_t width = getBitWidth(getElementType()) / 8;
  if (llvm::ArrayRef<uint8_t> all = inner->getBytesInPlace(); !all.empty()) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = (first + i) / columns, column = (first + i) % columns;
      std::memcpy(out.data() + i * width,
                  all.data() + (column * rows + row) * width, width);
    }
    return success();
  }
  const int64_t firstRow = first / columns;
  const int64_t numRows = (first + count - 1) / columns - firstRow + 1;
  std::vector<uint8_t> piece(numRows * width);
  for (int64_t column = 0; column < columns; ++column) {
    if (failed(inner->readRange(column * rows + firstRow, numRows, piece,
                                diagnostics)))
      return failure();
    for (int64_t row = 0; row < numRows; ++row) {
      const int64_t place = (firstRow + row) * columns + column - first;
      if (place >= 0 && place < count)
        std::memcpy(out.data() + place * width, piece.data() + row * width,
                    width);
    }
  }
  return success();
}

WeightSourceRef transpose(WeightSourceRef source, int64_t rows,
                          int64_t columns) {
  assert(source->getNumElements() == rows * columns && "not such a matrix");
  assert(getBitWidth(source->getElementType()) % 8 == 0 &&
         "elements share bytes");
  return std::make_shared<TransposedSource>(std::move(source), rows, columns);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

namespace {

/// Another source as fp32, plus a constant.
class OffsetSource final : public RangeSource {
public:
  OffsetSource(WeightSourceRef source, float offset)
      : RangeSource(DataType::Float32, source->getNumElements()),
        inner(convertTo(std::move(source), DataType::Float32)), offset(offset) {
  }

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override {
    if (failed(inner->readRange(first, count, out, diagnostics)))
      return failure();
    for (size_t i = 0; i < out.size(); i += sizeof(float)) {
      float value;
      std::memcpy(&value, out.data() + i, sizeof(value));
      value += offset;
      std::memcpy(out.data() + i, &value, sizeof(value));
    }
    return success();
  }
  void releaseMemory() const override { inner->releaseMemory(); }
  std::string getKey() const override {
    return inner->getKey() + "|plus:" + std::to_string(offset);
  }

private:
  WeightSourceRef inner;
  float offset;
};

/// Another source, a matrix, as fp32, each tile multiplied with its scale.
class ScaledSource final : public RangeSource {
public:
  ScaledSource(WeightSourceRef source, const TileScales &tiles)
      : RangeSource(DataType::Float32, source->getNumElements()),
        inner(convertTo(std::move(source), DataType::Float32)),
        scales(convertTo(tiles.scales, DataType::Float32)), tiles(tiles) {}

  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  void releaseMemory() const override {
    inner->releaseMemory();
    scales->releaseMemory();
  }
  std::string getKey() const override {
    return inner->getKey() + "|times:" + scales->getKey() + ":" +
           std::to_string(tiles.tileRows) + "x" +
           std::to_string(tiles.tileColumns);
  }

private:
  WeightSourceRef inner;
  WeightSourceRef scales;
  TileScales tiles;
};

} // namespace

LogicalResult ScaledSource::readRange(int64_t first, int64_t count,
                                      llvm::MutableArrayRef<uint8_t> out,
                                      DiagnosticEngine &diagnostics) const {
  if (failed(inner->readRange(first, count, out, diagnostics)))
    return failure();
  const int64_t perRow =
      (tiles.columns + tiles.tileColumns - 1) / tiles.tileColumns;
  std::vector<float> rowScales(perRow);
  int64_t loaded = -1;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = (first + i) / tiles.columns;
    const int64_t column = (first + i) % tiles.columns;
    if (int64_t tileRow = row / tiles.tileRows; tileRow != loaded) {
      llvm::MutableArrayRef<uint8_t> bytes(
          reinterpret_cast<uint8_t *>(rowScales.data()),
          perRow * sizeof(float));
      if (failed(
              scales->readRange(tileRow * perRow, perRow, bytes, diagnostics)))
        return failure();
      loaded = tileRow;
    }
    float value;
    std::memcpy(&value, out.data() + i * sizeof(float), sizeof(value));
    value *= rowScales[column / tiles.tileColumns];
    std::memcpy(out.data() + i * sizeof(float), &value, sizeof(value));
  }
  return success();
}

WeightSourceRef addOffset(WeightSourceRef source, float offset) {
  return std::make_shared<OffsetSource>(std::move(source), offset);
}

WeightSourceRef multiplyTiles(WeightSourceRef source, const TileScales &tiles) {
  assert(source->getNumElements() % tiles.columns == 0 && tiles.tileRows > 0 &&
         tiles.tileColumns > 0 && "not such a matrix");
  return std::make_shared<ScaledSource>(std::move(source), tiles);
}

} // namespace espresso
