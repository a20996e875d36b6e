//===- RandomTensors.cpp - Inputs made from a seed ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/RandomTensors.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numbers>

namespace espresso {

uint64_t RandomSource::next() {
  state += 0x9E3779B97F4A7C15U;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

double RandomSource::nextNormal() {
  // One minus, since the logarithm of zero is none.
  double radius = std::sqrt(-2 * std::log(1 - nextUnit()));
  return radius * std::cos(2 * std::numbers::pi * nextUnit());
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

std::optional<Distribution> Distribution::parse(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef, 3> parts;
  text.split(parts, ':');
  double numbers[2] = {0, 0};
  if (parts.size() > 3)
    return std::nullopt;
  for (size_t i = 1; i < parts.size(); ++i)
    if (parts[i].getAsDouble(numbers[i - 1]) || !std::isfinite(numbers[i - 1]))
      return std::nullopt;
  auto [first, second] = numbers;
  size_t count = parts.size() - 1;
  if (parts[0] == "standard" && count == 0)
    return Distribution{Kind::Standard};
  if (parts[0] == "corners" && count == 0)
    return Distribution{Kind::Corners};
  if (parts[0] == "uniform" && count == 2 && first < second)
    return Distribution{Kind::Uniform, first, second};
  if (parts[0] == "normal" && count == 2 && second >= 0)
    return Distribution{Kind::Normal, first, second};
  if (parts[0] == "constant" && count == 1)
    return Distribution{Kind::Constant, first};
  return std::nullopt;
}

/// A multiple of 1/4 in [-8, 8), or a zero of either sign.
static double makeCorner(RandomSource &random) {
  uint64_t bits = random.next() >> 32;
  if (bits / 64 % 8 == 0)
    return bits / 512 % 2 ? 0.0 : -0.0;
  return (static_cast<double>(bits % 64) - 32) / 4;
}

static double makeReal(RandomSource &random, const Distribution &from) {
  switch (from.kind) {
  case Distribution::Kind::Standard:
    return static_cast<double>(random.next() >> 53) / 1024 - 1;
  case Distribution::Kind::Corners:
    return makeCorner(random);
  case Distribution::Kind::Uniform:
    return from.first + (from.second - from.first) * random.nextUnit();
  case Distribution::Kind::Normal:
    return from.first + from.second * random.nextNormal();
  case Distribution::Kind::Constant:
    return from.first;
  }
  return 0;
}

/// As makeReal, among integers. What is out of range is wrapped later.
static int64_t makeInteger(RandomSource &random, const Distribution &from) {
  switch (from.kind) {
  case Distribution::Kind::Standard:
  case Distribution::Kind::Corners:
    return static_cast<int64_t>(random.next() >> 61);
  case Distribution::Kind::Uniform:
  case Distribution::Kind::Normal:
  case Distribution::Kind::Constant:
    break;
  }
  double real = makeReal(random, from);
  real = from.kind == Distribution::Kind::Uniform ? std::floor(real)
                                                  : std::nearbyint(real);
  return static_cast<int64_t>(std::clamp(real, -0x1p62, 0x1p62));
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Tensor makeRandomTensor(TensorType type, RandomSource &random,
                        const Distribution &distribution,
                        int64_t dynamicExtent) {
  DataType element = type.getElementType();
  Shape shape;
  for (int64_t dim : type.getShape())
    shape.push_back(dim == kDynamic ? dynamicExtent : dim);
  Tensor tensor(element, shape);
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        for (T &value : elements) {
          if constexpr (std::is_floating_point_v<T>)
            value = static_cast<T>(makeReal(random, distribution));
          else if constexpr (std::is_same_v<T, int64_t>)
            value = element == DataType::Bool
                        ? makeInteger(random, distribution) & 1
                        : makeInteger(random, distribution);
        }
      },
      tensor.getStorage());
  // Floats to what their type holds, integers to their width.
  tensor.round();
  return tensor;
}

void addRandomInputs(const Function &function, RandomSource &random,
                     const Distribution &distribution, NamedTensors &inputs,
                     int64_t dynamicExtent) {
  for (const auto &input : function.getBody().getInputs()) {
    TensorType type = input->getTensorType();
    bool isGiven = llvm::any_of(inputs, [&](const auto &entry) {
      return entry.first == input->getName();
    });
    if (type && !isGiven)
      inputs.emplace_back(
          input->getName().str(),
          makeRandomTensor(type, random, distribution, dynamicExtent));
  }
}

} // namespace espresso
