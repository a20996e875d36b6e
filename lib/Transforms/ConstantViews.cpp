//===- ConstantViews.cpp - Constants made of constants --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantViews.h"

#include "espresso/Base/Half.h"
#include "espresso/IR/Context.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace espresso {

static TensorType getTensorType(const Attribute &value) {
  return value.getType().castTo<TensorType>();
}

static DataType getElement(const Attribute &value) {
  return getTensorType(value).getElementType();
}

static llvm::ArrayRef<int64_t> getShape(const Attribute &value) {
  const DenseElements *elements = value.getDense();
  return elements ? llvm::ArrayRef<int64_t>(elements->shape)
                  : getTensorType(value).getShape();
}

static Attribute makeBlob(Context &context, DataType element,
                          llvm::ArrayRef<int64_t> shape, WeightSourceRef source,
                          llvm::StringRef name) {
  return Attribute::blob(
      TensorType::get(context, element, shape),
      BlobReference{("@constant/" + name).str(), 0, std::move(source)});
}

/// A dense tensor whose element i has the bits that `getBits(i)` gives.
static Attribute makeDense(Context &context, DataType element,
                           llvm::ArrayRef<int64_t> shape,
                           llvm::function_ref<uint64_t(int64_t)> getBits) {
  TensorType type = TensorType::get(context, element, shape);
  DenseElements elements;
  elements.shape.assign(shape.begin(), shape.end());
  unsigned width = getStorageByteWidth(element);
  int64_t count = type.getNumElements().value();
  elements.bytes.reserve(count * width);
  for (int64_t index = 0; index < count; ++index) {
    uint64_t bits = getBits(index);
    for (unsigned i = 0; i < width; ++i)
      elements.bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
  return Attribute::dense(type, std::move(elements));
}

Attribute withShape(Context &context, const Attribute &value,
                    llvm::ArrayRef<int64_t> shape) {
  TensorType type = TensorType::get(context, getElement(value), shape);
  if (const BlobReference *blob = value.getBlob())
    return Attribute::blob(type, *blob);
  DenseElements elements = *value.getDense();
  elements.shape.assign(shape.begin(), shape.end());
  return Attribute::dense(type, std::move(elements));
}

/// One fp32 as a source.
static WeightSourceRef makeNumber(float value) {
  auto bits = static_cast<uint32_t>(encodeFloat(DataType::Float32, value));
  return makeMemorySource(
      DataType::Float32, 1,
      {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8),
       static_cast<uint8_t>(bits >> 16), static_cast<uint8_t>(bits >> 24)});
}

Attribute scaledBy(Context &context, const Attribute &value, int exponent,
                   llvm::StringRef name) {
  DataType element = getElement(value);
  if (const BlobReference *blob = value.getBlob()) {
    if (!blob->source)
      return {};
    int64_t count = blob->source->getNumElements();
    TileScales tile{makeNumber(std::ldexp(1.0F, exponent)), count, 1, count};
    return makeBlob(context, element, getShape(value),
                    convertTo(multiplyTiles(blob->source, tile), element),
                    name);
  }
  return makeDense(context, element, getShape(value), [&](int64_t index) {
    return encodeFloat(element, std::ldexp(value.getReal(index), exponent));
  });
}

Attribute transposed(Context &context, const Attribute &matrix,
                     llvm::StringRef name) {
  llvm::ArrayRef<int64_t> shape = getShape(matrix);
  assert(shape.size() == 2 && "not a matrix");
  int64_t rows = shape[0], columns = shape[1];
  if (const BlobReference *blob = matrix.getBlob()) {
    if (!blob->source)
      return {};
    return makeBlob(context, getElement(matrix), {columns, rows},
                    transpose(blob->source, columns, rows), name);
  }
  return makeDense(
      context, getElement(matrix), {columns, rows}, [&](int64_t index) {
        return matrix.getBits(index % rows * columns + index / rows);
      });
}

/// The rows and columns of the matrix that a permutation turns, axes of 1 left
/// out; nothing if it does more than that.
static std::optional<std::pair<int64_t, int64_t>>
getTurnedMatrix(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> perm) {
  llvm::SmallVector<int64_t, 4> order;
  for (int64_t axis : perm)
    if (shape[axis] != 1)
      order.push_back(axis);
  // Ascending, then from the first axis on, ascending.
  std::pair<int64_t, int64_t> extents = {1, 1};
  bool isWrapped = false;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i] < order[i - 1]) {
      if (isWrapped)
        return std::nullopt;
      isWrapped = true;
    }
    (isWrapped ? extents.first : extents.second) *= shape[order[i]];
  }
  if (isWrapped && order.back() > order.front())
    return std::nullopt;
  return isWrapped ? extents : std::pair<int64_t, int64_t>(1, extents.second);
}

Attribute permuted(Context &context, const Attribute &value,
                   llvm::ArrayRef<int64_t> perm, llvm::StringRef name) {
  llvm::ArrayRef<int64_t> shape = getShape(value);
  llvm::SmallVector<int64_t, 4> turned, strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  for (int64_t axis : perm)
    turned.push_back(shape[axis]);
  if (const BlobReference *blob = value.getBlob()) {
    auto matrix = getTurnedMatrix(shape, perm);
    if (!blob->source || !matrix || isSubByte(getElement(value)))
      return {};
    if (matrix->first == 1 || matrix->second == 1)
      return withShape(context, value, turned);
    // What is [rows, columns] becomes [columns, rows].
    return makeBlob(context, getElement(value), turned,
                    transpose(blob->source, matrix->second, matrix->first),
                    name);
  }
  return makeDense(context, getElement(value), turned, [&](int64_t index) {
    int64_t from = 0;
    for (size_t i = perm.size(); i-- > 0; index /= turned[i])
      from += index % turned[i] * strides[perm[i]];
    return value.getBits(from);
  });
}

Attribute repeated(Context &context, const Attribute &value,
                   llvm::ArrayRef<int64_t> shape) {
  if (!value.getDense())
    return {};
  llvm::ArrayRef<int64_t> before = getShape(value);
  return makeDense(context, getElement(value), shape, [&](int64_t index) {
    int64_t from = 0, stride = 1;
    for (size_t i = shape.size(); i-- > 0; index /= shape[i]) {
      from += index % shape[i] * before[i] / shape[i] * stride;
      stride *= before[i];
    }
    return value.getBits(from);
  });
}

Attribute sliceRows(Context &context, const Attribute &value, int64_t begin,
                    int64_t count, llvm::StringRef name) {
  llvm::SmallVector<int64_t, 4> shape(getShape(value));
  int64_t rowSize = 1;
  for (int64_t dim : llvm::drop_begin(shape))
    rowSize *= dim;
  shape[0] = count;
  if (const BlobReference *blob = value.getBlob()) {
    if (!blob->source)
      return {};
    return makeBlob(context, getElement(value), shape,
                    slice(blob->source, begin * rowSize, count * rowSize),
                    name);
  }
  return makeDense(context, getElement(value), shape, [&](int64_t index) {
    return value.getBits(begin * rowSize + index);
  });
}

Attribute convertedTo(Context &context, const Attribute &value, DataType type,
                      llvm::StringRef name) {
  if (const BlobReference *blob = value.getBlob()) {
    if (!blob->source)
      return {};
    return makeBlob(context, type, getShape(value),
                    convertTo(blob->source, type), name);
  }
  return makeDense(context, type, getShape(value), [&](int64_t index) {
    return encodeFloat(type, value.getReal(index));
  });
}

Attribute toBlob(Context &context, const Attribute &value,
                 llvm::StringRef name) {
  const DenseElements *elements = value.getDense();
  if (!elements)
    return value;
  return makeBlob(context, getElement(value), elements->shape,
                  makeMemorySource(getElement(value), value.getNumElements(),
                                   elements->bytes),
                  name);
}

} // namespace espresso
