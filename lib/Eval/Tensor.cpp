//===- Tensor.cpp - Values at run time ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Tensor.h"

#include "espresso/Base/Half.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace espresso {

int64_t getNumElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

bool isTooLarge(llvm::ArrayRef<int64_t> shape) {
  if (llvm::is_contained(shape, 0))
    return false;
  int64_t count = 1;
  for (int64_t dim : shape) {
    if (dim > kMaxElements / count)
      return true;
    count *= dim;
  }
  return false;
}

static Tensor::Storage makeZeros(DataType type, int64_t count) {
  if (type == DataType::String)
    return std::vector<std::string>(count);
  if (type == DataType::Float64)
    return std::vector<double>(count);
  if (isFloat(type))
    return std::vector<float>(count);
  return std::vector<int64_t>(count);
}

Tensor::Tensor(DataType elementType, llvm::ArrayRef<int64_t> shape)
    : elementType(elementType), shape(shape.begin(), shape.end()),
      storage(makeZeros(elementType, espresso::getNumElements(shape))) {}

bool Tensor::isConsistent() const {
  if (storage.index() != makeZeros(elementType, 0).index())
    return false;
  auto count = static_cast<size_t>(getNumElements());
  return std::visit(
      [&](const auto &elements) { return elements.size() == count; }, storage);
}

double Tensor::getReal(int64_t index) const {
  double value = 0;
  visitNumbers(*this, [&](const auto &elements) {
    value = static_cast<double>(elements[index]);
  });
  return value;
}

int64_t Tensor::getInteger(int64_t index) const {
  int64_t value = 0;
  visitNumbers(*this, [&](const auto &elements) {
    value = static_cast<int64_t>(elements[index]);
  });
  return value;
}

Tensor Tensor::reshaped(llvm::ArrayRef<int64_t> newShape) const {
  Tensor result(elementType, newShape, storage);
  assert(result.isConsistent() && "another number of elements");
  return result;
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// The value of the low bits that an integer of `type` has, as that integer.
static int64_t wrapInteger(DataType type, int64_t value) {
  unsigned unused = 64 - getBitWidth(type);
  uint64_t shifted = static_cast<uint64_t>(value) << unused;
  if (isSignedInteger(type))
    return static_cast<int64_t>(shifted) >> unused;
  return static_cast<int64_t>(shifted >> unused);
}

static int64_t truncateToInteger(DataType type, double value) {
  if (std::isnan(value))
    return 0;
  // The bounds of 64-bit types are not doubles; comparing with the next double
  // outwards keeps the conversion below in range.
  if (value >= static_cast<double>(getMaxValue(type)))
    return getMaxValue(type);
  if (value <= static_cast<double>(getMinValue(type)))
    return getMinValue(type);
  return static_cast<int64_t>(value);
}

static int64_t convertToInteger(DataType type, double value) {
  if (type == DataType::Bool)
    return value != 0;
  return truncateToInteger(type, value);
}

static int64_t convertToInteger(DataType type, int64_t value) {
  if (type == DataType::Bool)
    return value != 0;
  return wrapInteger(type, value);
}

void Tensor::round() {
  if (elementType == DataType::Float32 || elementType == DataType::Float64)
    return;
  if (auto *singles = std::get_if<std::vector<float>>(&storage)) {
    for (float &value : *singles)
      value = elementType == DataType::Float16
                  ? halfToFloat(floatToHalf(value))
                  : static_cast<float>(roundToType(elementType, value));
  } else if (auto *integers = std::get_if<std::vector<int64_t>>(&storage)) {
    for (int64_t &value : *integers)
      value = convertToInteger(elementType, value);
  }
}

/// As the element-wise part of the engine leaves a result: a half, and never
/// NaN. The sign of the infinity that takes the place of NaN is not known.
static float roundAsEngine(float value, AneArithmetic ane) {
  if (std::isnan(value))
    return HUGE_VALF;
  return static_cast<float>(ane.rounding == AneArithmetic::Rounding::TiesAway
                                ? roundToHalfTiesAway(value)
                                : roundToHalf(value));
}

void Tensor::round(const Numerics &numerics) {
  auto *singles = std::get_if<std::vector<float>>(&storage);
  if (!singles || numerics.mode != NumericsMode::AneQ16)
    return round();
  for (float &value : *singles)
    value = roundAsEngine(value, numerics.ane);
}

Tensor Tensor::convertedTo(DataType newType) const {
  if (newType == elementType)
    return *this;
  Tensor result(newType, shape);
  visitNumbers(*this, [&](const auto &source) {
    std::visit(
        [&](auto &target) {
          using T = typename std::decay_t<decltype(target)>::value_type;
          for (size_t i = 0; i < source.size(); ++i) {
            if constexpr (std::is_same_v<T, int64_t>)
              target[i] = convertToInteger(newType, source[i]);
            else if constexpr (!std::is_same_v<T, std::string>)
              target[i] = static_cast<T>(
                  roundToType(newType, static_cast<double>(source[i])));
          }
        },
        result.storage);
  });
  return result;
}

} // namespace espresso
