//===- Affine.cpp - Scale and shift of channels ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Affine.h"

#include "../Patterns/Weights.h"

#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <cstring>

namespace espresso {

/// Longer vectors are weights.
static constexpr int64_t kMaxChannels = int64_t{1} << 20;

bool Affine::hasScale() const {
  return llvm::any_of(scale, [](double s) { return s != 1; });
}

bool Affine::hasShift() const {
  return llvm::any_of(shift, [](double s) { return s != 0; });
}

std::optional<std::vector<double>> readElements(const Attribute &constant,
                                                int64_t maxCount,
                                                DiagnosticEngine &diagnostics) {
  TensorType type =
      constant ? constant.getType().getAs<TensorType>() : TensorType();
  if (!type || !isFloat(type.getElementType()))
    return std::nullopt;
  WeightSourceRef source = getSource(constant);
  if (!source || source->getNumElements() > maxCount ||
      source->getElementType() == DataType::Float64)
    return std::nullopt;
  source = convertTo(std::move(source), DataType::Float32);
  std::vector<float> floats(source->getNumElements());
  llvm::MutableArrayRef<uint8_t> bytes(
      reinterpret_cast<uint8_t *>(floats.data()),
      floats.size() * sizeof(float));
  if (failed(source->read(bytes, diagnostics)))
    return std::nullopt;
  return std::vector<double>(floats.begin(), floats.end());
}

Attribute makeVector(Context &context, DataType type,
                     llvm::ArrayRef<double> elements) {
  DenseElements dense;
  dense.shape = {static_cast<int64_t>(elements.size())};
  for (double element : elements) {
    uint64_t bits = encodeFloat(type, element);
    for (unsigned i = 0; i < getStorageByteWidth(type); ++i)
      dense.bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
  TensorType vector = TensorType::get(context, type, dense.shape);
  return Attribute::dense(vector, std::move(dense));
}

std::optional<std::vector<double>> getAlongAxis(const Operation &op,
                                                llvm::StringRef input,
                                                llvm::ArrayRef<int64_t> shape,
                                                int64_t axis) {
  Attribute constant = op.getConstant(input);
  TensorType type =
      constant ? constant.getType().getAs<TensorType>() : TensorType();
  if (!type || type.getRank() > static_cast<int64_t>(shape.size()))
    return std::nullopt;
  int64_t offset = static_cast<int64_t>(shape.size()) - type.getRank();
  for (int64_t i = 0; i < type.getRank(); ++i) {
    int64_t expected = offset + i == axis ? shape[axis] : 1;
    if (type.getDim(i) != 1 && type.getDim(i) != expected)
      return std::nullopt;
  }
  std::optional<std::vector<double>> elements = readElements(
      constant, kMaxChannels, op.getFunction()->getContext().getDiagnostics());
  if (elements && elements->size() == 1)
    elements->resize(shape[axis], elements->front());
  return elements;
}

/// `gamma · (x - mean) / √(variance + epsilon) + beta`.
static std::optional<Affine> getBatchNorm(Operation &op, int64_t axis) {
  if (axis != 1 || !op.getOperand("x"))
    return std::nullopt;
  DiagnosticEngine &diagnostics =
      op.getFunction()->getContext().getDiagnostics();
  auto read = [&](llvm::StringRef input) {
    return readElements(op.getConstant(input), kMaxChannels, diagnostics);
  };
  std::optional<std::vector<double>> mean = read("mean");
  std::optional<std::vector<double>> variance = read("variance");
  Attribute epsilon = getConstantOrDefault(op, "epsilon");
  if (!mean || !variance || !epsilon.getDense())
    return std::nullopt;
  size_t count = mean->size();
  std::vector<double> gamma(count, 1), beta(count, 0);
  for (auto [input, values] :
       {std::pair("gamma", &gamma), std::pair("beta", &beta)}) {
    if (!op.hasBinding(input))
      continue;
    std::optional<std::vector<double>> given = read(input);
    if (!given)
      return std::nullopt;
    *values = std::move(*given);
  }
  Affine affine{op.getOperand("x"), {}, {}};
  for (size_t i = 0; i < count; ++i) {
    double scale = gamma[i] / std::sqrt((*variance)[i] + epsilon.getReal());
    affine.scale.push_back(scale);
    affine.shift.push_back(beta[i] - (*mean)[i] * scale);
  }
  return affine;
}

std::optional<Affine> getAffine(Operation &op, int64_t axis) {
  if (op.is("batch_norm"))
    return getBatchNorm(op, axis);
  bool isSum = op.is("add") || op.is("sub");
  if (!isSum && !op.is("mul") && !op.is("real_div"))
    return std::nullopt;
  std::optional<ValueAndConstant> parts = splitConstant(op);
  if (!parts || !ifSameType(parts->value, op) || !hasStaticShape(*parts->value))
    return std::nullopt;
  bool isConstantFirst = parts->constantInput == "x";
  if (op.is("real_div") && isConstantFirst)
    return std::nullopt;
  llvm::ArrayRef<int64_t> shape = parts->value->getTensorType().getShape();
  std::optional<std::vector<double>> constant =
      getAlongAxis(op, parts->constantInput, shape, axis);
  if (!constant)
    return std::nullopt;
  Affine affine{parts->value, std::vector<double>(shape[axis], 1),
                std::vector<double>(shape[axis], 0)};
  for (int64_t i = 0; i < shape[axis]; ++i) {
    double number = (*constant)[i];
    if (op.is("mul"))
      affine.scale[i] = number;
    else if (op.is("real_div"))
      affine.scale[i] = 1 / number;
    else
      affine.shift[i] = op.is("sub") && !isConstantFirst ? -number : number;
    if (op.is("sub") && isConstantFirst)
      affine.scale[i] = -1;
    // What is infinite here need not be on the way through the product.
    if (!std::isfinite(affine.scale[i]) || !std::isfinite(affine.shift[i]))
      return std::nullopt;
  }
  return affine;
}

} // namespace espresso
