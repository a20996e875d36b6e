//===- TensorAttribute.cpp - Constants as tensors and back ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Half.h"
#include "espresso/Eval/Tensor.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// From attributes
//===----------------------------------------------------------------------===//

/// The `index`-th of packed elements of `width` bits, element after element
/// from the least significant bit of the first byte.
static uint64_t readBits(llvm::ArrayRef<uint8_t> bytes, uint64_t index,
                         unsigned width) {
  uint64_t value = 0;
  if (width % 8 == 0) {
    unsigned byteWidth = width / 8;
    for (unsigned i = 0; i < byteWidth; ++i)
      value |= static_cast<uint64_t>(bytes[index * byteWidth + i]) << (8 * i);
    return value;
  }
  for (unsigned i = 0; i < width; ++i) {
    uint64_t bit = index * width + i;
    value |= static_cast<uint64_t>(bytes[bit / 8] >> (bit % 8) & 1) << i;
  }
  return value;
}

/// The number that `width` bits mean as an integer or bool of `type`.
static int64_t decodeInteger(DataType type, uint64_t bits, unsigned width) {
  if (!isSignedInteger(type))
    return static_cast<int64_t>(bits);
  unsigned unused = 64 - width;
  return static_cast<int64_t>(bits << unused) >> unused;
}

/// Elements of `type` that take `width` bits each.
static Tensor decode(DataType type, llvm::ArrayRef<int64_t> shape,
                     llvm::ArrayRef<uint8_t> bytes, unsigned width,
                     Numerics numerics) {
  Tensor result(numerics.getEffectiveType(type), shape);
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        for (size_t i = 0; i < elements.size(); ++i) {
          uint64_t bits = readBits(bytes, i, width);
          if constexpr (std::is_same_v<T, int64_t>)
            elements[i] = decodeInteger(type, bits, width);
          else if constexpr (std::is_floating_point_v<T>)
            elements[i] =
                static_cast<T>(type == DataType::Float16
                                   ? halfToFloat(static_cast<uint16_t>(bits))
                                   : decodeFloat(type, bits));
        }
      },
      result.getStorage());
  return result;
}

static FailureOr<Tensor> fromBlob(TensorType type, const WeightSource &source,
                                  Numerics numerics,
                                  DiagnosticEngine &diagnostics) {
  assert(type.hasStaticShape() && "a blob has a static shape");
  DataType element = type.getElementType();
  llvm::ArrayRef<uint8_t> bytes = source.getBytesInPlace();
  std::vector<uint8_t> copy;
  if (bytes.empty()) {
    copy.resize(
        getPackedByteSize(element, source.getNumElements()).value_or(0));
    if (failed(source.read(copy, diagnostics)))
      return failure();
    bytes = copy;
  }
  return decode(element, type.getShape(), bytes, getBitWidth(element),
                numerics);
}

FailureOr<Tensor> tensorFromAttribute(const Attribute &attribute,
                                      Numerics numerics,
                                      DiagnosticEngine &diagnostics) {
  auto type = attribute.getType().castTo<TensorType>();
  DataType element = type.getElementType();
  if (const BlobReference *blob = attribute.getBlob()) {
    assert(blob->source && "the blob was not resolved");
    return fromBlob(type, *blob->source, numerics, diagnostics);
  }
  const DenseElements *dense = attribute.getDense();
  if (!dense)
    return Tensor(numerics.getEffectiveType(element), Shape{0});
  if (element == DataType::String)
    return Tensor::fromElements(element, dense->shape, dense->strings);
  return decode(element, dense->shape, dense->bytes,
                8 * getStorageByteWidth(element), numerics);
}

//===----------------------------------------------------------------------===//
// To attributes
//===----------------------------------------------------------------------===//

Attribute tensorToAttribute(Context &context, const Tensor &tensor) {
  DataType element = tensor.getElementType();
  DenseElements dense;
  dense.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  auto type = TensorType::get(context, element, tensor.getShape());
  if (element == DataType::String) {
    dense.strings = tensor.get<std::string>();
    return Attribute::dense(type, std::move(dense));
  }
  unsigned width = getStorageByteWidth(element);
  dense.bytes.reserve(width * tensor.getNumElements());
  visitNumbers(tensor, [&](const auto &elements) {
    for (auto value : elements) {
      uint64_t bits;
      if constexpr (std::is_floating_point_v<decltype(value)>)
        bits = encodeFloat(element, value);
      else
        bits = static_cast<uint64_t>(value);
      for (unsigned i = 0; i < width; ++i)
        dense.bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
    }
  });
  return Attribute::dense(type, std::move(dense));
}

} // namespace espresso
