//===- ConstantRange.cpp - Ranges of constants and tensors ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSupport.h"

#include "espresso/Ops/Registry.h"

#include <algorithm>
#include <cmath>

namespace espresso {

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool ValueRange::isBounded() const {
  return std::isfinite(low) && std::isfinite(high);
}

double ValueRange::getMagnitude() const {
  return std::max(std::fabs(low), std::fabs(high));
}

void ValueRange::include(const ValueRange &other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
  // As if both had as many elements, and the larger counted.
  if (rms && other.rms)
    rms = std::max(*rms, *other.rms);
  else
    rms.reset();
  accumulator = std::max(accumulator, other.accumulator);
}

ValueRange ValueRange::exactly(double value) {
  return {value, value, std::fabs(value), 0};
}

ValueRange getRange(const Tensor &tensor) {
  if (tensor.getNumElements() == 0 ||
      tensor.getElementType() == DataType::String)
    return {};
  ValueRange range{kInfinity, -kInfinity, std::nullopt, 0};
  double squares = 0;
  bool hasNaN = false;
  visitNumbers(tensor, [&](const auto &elements) {
    for (auto element : elements) {
      auto value = static_cast<double>(element);
      hasNaN |= std::isnan(value);
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
      squares += value * value;
    }
  });
  if (hasNaN)
    return {};
  if (std::isfinite(squares))
    range.rms =
        std::sqrt(squares / static_cast<double>(tensor.getNumElements()));
  return range;
}

std::optional<Tensor> readConstant(const Attribute &value) {
  if (!value || !value.getType().is<TensorType>())
    return std::nullopt;
  const BlobReference *blob = value.getBlob();
  if (!blob && !value.getDense())
    return std::nullopt;
  if (blob && !blob->source)
    return std::nullopt;
  // Whoever reads weights to compute with them says that they cannot be read.
  DiagnosticEngine silent;
  silent.setHandler([](const Diagnostic &) {});
  FailureOr<Tensor> tensor =
      tensorFromAttribute(value, {NumericsMode::Fp16}, silent);
  if (failed(tensor) || tensor->getElementType() == DataType::String)
    return std::nullopt;
  return std::move(*tensor);
}

ValueRange getRange(const Attribute &value) {
  std::optional<Tensor> tensor = readConstant(value);
  return tensor ? getRange(*tensor) : ValueRange();
}

const ValueRange *RangeMap::find(const Value &value) const {
  auto found = ranges.find(&value);
  return found == ranges.end() ? nullptr : &found->second;
}

/// What is left of `range` in a value of `type`: beyond fp16 there is infinity.
static ValueRange round(ValueRange range, Type type) {
  auto tensor = type.getAs<TensorType>();
  range.accumulator = 0;
  if (!tensor || tensor.getElementType() != DataType::Float16 ||
      range.getMagnitude() <= kHalfMaximum)
    return range;
  range.rms.reset();
  if (range.low < -kHalfMaximum)
    range.low = -kInfinity;
  if (range.high > kHalfMaximum)
    range.high = kInfinity;
  return range;
}

ValueRange RangeMap::getArgument(const Operation &op,
                                 llvm::StringRef input) const {
  if (Value *value = op.getOperand(input)) {
    const ValueRange *range = find(*value);
    return range ? round(*range, value->getType()) : ValueRange();
  }
  return getRange(getConstantOrDefault(op, input));
}

} // namespace espresso
