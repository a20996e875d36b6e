//===- Comparison.cpp - How far two tensors are apart ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Comparison.h"

#include "espresso/Base/Half.h"

#include "llvm/Support/Format.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espresso {

double getEpsilon(DataType type) {
  // The bits of numbers of one sign are in their order.
  return decodeFloat(type, encodeFloat(type, 1) + 1) - 1;
}

Tolerance Tolerance::units(double units, DataType type) {
  return {.ofLargest = units * getEpsilon(type)};
}

bool areComparable(const Tensor &expected, const Tensor &actual) {
  bool isText = expected.getElementType() == DataType::String;
  return expected.getShape() == actual.getShape() &&
         isText == (actual.getElementType() == DataType::String);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// The place of `value` among the numbers of `type`, zeros being one.
static int64_t getOrdinal(DataType type, double value) {
  auto magnitude = static_cast<int64_t>(encodeFloat(type, std::fabs(value)));
  return std::signbit(value) ? -magnitude : magnitude;
}

static uint64_t countUlps(DataType type, double a, double b) {
  int64_t first = getOrdinal(type, a), second = getOrdinal(type, b);
  return static_cast<uint64_t>(std::max(first, second)) -
         static_cast<uint64_t>(std::min(first, second));
}

static bool isSame(double a, double b, bool signedZeros) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  return a == b && (!signedZeros || std::signbit(a) == std::signbit(b));
}

namespace {

/// Goes through pairs of numbers and keeps what a TensorDifference says.
class Accumulator {
public:
  Accumulator(const Tensor &expected, const Tensor &actual,
              const Tolerance &tolerance)
      : expected(expected), actual(actual), tolerance(tolerance) {
    bothAreFloats = expected.isFloat() && actual.isFloat();
    ulpType = expected.getElementType();
    if (bothAreFloats && getBitWidth(actual.getElementType()) <
                             getBitWidth(expected.getElementType()))
      ulpType = actual.getElementType();
    result.numElements = expected.getNumElements();
  }

  TensorDifference run();

private:
  void visit(int64_t index, double wanted, double found);
  void visitFinite(int64_t index, double wanted, double found);
  void addBeyond(int64_t index) {
    if (result.numBeyond++ == 0)
      result.firstBeyond = index;
  }
  TensorDifference runOnText();
  void finish();

  const Tensor &expected;
  const Tensor &actual;
  Tolerance tolerance;
  bool bothAreFloats;
  DataType ulpType;
  double largest = 0;
  double squares = 0, dot = 0, expectedNorm = 0, actualNorm = 0;
  int64_t numFinite = 0;
  TensorDifference result;
};

} // namespace

void Accumulator::visitFinite(int64_t index, double wanted, double found) {
  ++numFinite;
  double difference = std::fabs(found - wanted);
  if (difference > result.maxAbsolute) {
    result.maxAbsolute = difference;
    result.worst = index;
  }
  if (wanted != 0)
    result.maxRelative =
        std::max(result.maxRelative, difference / std::fabs(wanted));
  squares += difference * difference;
  dot += wanted * found;
  expectedNorm += wanted * wanted;
  actualNorm += found * found;
}

void Accumulator::visit(int64_t index, double wanted, double found) {
  bool isFinite = std::isfinite(wanted) && std::isfinite(found);
  if (isFinite)
    visitFinite(index, wanted, found);
  if (bothAreFloats && !std::isnan(wanted) && !std::isnan(found))
    result.maxUlps =
        std::max(result.maxUlps, countUlps(ulpType, wanted, found));
  if (isSame(wanted, found, tolerance.signedZeros && bothAreFloats))
    return;
  if (!isFinite)
    ++result.numNonFinite;
  double allowed = tolerance.absolute + tolerance.relative * std::fabs(wanted) +
                   tolerance.ofLargest * largest;
  bool isBounded = isFinite && (bothAreFloats || tolerance.integers) &&
                   !(tolerance.signedZeros && wanted == found);
  if (!isBounded || !(std::fabs(found - wanted) <= allowed))
    addBeyond(index);
}

TensorDifference Accumulator::runOnText() {
  const auto &wanted = expected.get<std::string>();
  const auto &found = actual.get<std::string>();
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] != found[i])
      addBeyond(static_cast<int64_t>(i));
  return result;
}

void Accumulator::finish() {
  double norms = std::sqrt(expectedNorm) * std::sqrt(actualNorm);
  if (norms > 0)
    result.cosine = std::clamp(dot / norms, -1.0, 1.0);
  else
    result.cosine = expectedNorm == actualNorm ? 1 : 0;
  result.psnr = squares == 0
                    ? std::numeric_limits<double>::infinity()
                    : 20 * std::log10(largest / std::sqrt(squares / numFinite));
}

TensorDifference Accumulator::run() {
  if (expected.getElementType() == DataType::String)
    return runOnText();
  int64_t count = result.numElements;
  for (int64_t i = 0; i < count; ++i) {
    double wanted = std::fabs(expected.getReal(i));
    if (std::isfinite(wanted))
      largest = std::max(largest, wanted);
  }
  bool areIntegers = !expected.isFloat() && !actual.isFloat();
  for (int64_t i = 0; i < count; ++i) {
    // Integers beyond 2^53 are not doubles.
    if (areIntegers && !tolerance.integers &&
        expected.getInteger(i) != actual.getInteger(i)) {
      visitFinite(i, expected.getReal(i), actual.getReal(i));
      addBeyond(i);
      continue;
    }
    visit(i, expected.getReal(i), actual.getReal(i));
  }
  finish();
  return result;
}

TensorDifference compareTensors(const Tensor &expected, const Tensor &actual,
                                const Tolerance &tolerance) {
  assert(areComparable(expected, actual) && "tensors of two kinds");
  return Accumulator(expected, actual, tolerance).run();
}

//===----------------------------------------------------------------------===//
// For people
//===----------------------------------------------------------------------===//

std::string printShape(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::string printIndex(llvm::ArrayRef<int64_t> shape, int64_t index) {
  Shape places(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    int64_t extent = std::max<int64_t>(shape[i], 1);
    places[i] = index % extent;
    index /= extent;
  }
  return printShape(places);
}

std::string printNumber(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", number);
  return text;
}

std::string printElement(const Tensor &tensor, int64_t index) {
  if (tensor.getElementType() == DataType::String)
    return "\"" + tensor.get<std::string>()[index] + "\"";
  if (!tensor.isFloat())
    return std::to_string(tensor.getInteger(index));
  return printNumber(tensor.getReal(index));
}

} // namespace espresso
