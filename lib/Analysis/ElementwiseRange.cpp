//===- ElementwiseRange.cpp - Ranges of element-wise operations -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSupport.h"

#include "espresso/Analysis/NormPattern.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <cmath>

namespace espresso {

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

/// 0 · ∞ is 0: a bound that is not known times nothing.
static double multiply(double a, double b) {
  return a == 0 || b == 0 ? 0 : a * b;
}

static ValueRange multiply(const ValueRange &x, const ValueRange &y) {
  double products[] = {multiply(x.low, y.low), multiply(x.low, y.high),
                       multiply(x.high, y.low), multiply(x.high, y.high)};
  ValueRange range = ValueRange::between(
      *std::min_element(std::begin(products), std::end(products)),
      *std::max_element(std::begin(products), std::end(products)));
  if (x.rms && y.rms)
    range.rms = *x.rms * *y.rms;
  return range;
}

static ValueRange square(const ValueRange &x) {
  double magnitude = x.getMagnitude();
  bool containsZero = x.low <= 0 && x.high >= 0;
  double least =
      containsZero ? 0 : std::min(std::fabs(x.low), std::fabs(x.high));
  return ValueRange::between(least * least, magnitude * magnitude);
}

static ValueRange rangeOfAdd(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  ValueRange range = ValueRange::between(x.low + y.low, x.high + y.high);
  if (x.rms && y.rms)
    range.rms = std::hypot(*x.rms, *y.rms);
  return range;
}

static ValueRange rangeOfSub(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  ValueRange range = ValueRange::between(x.low - y.high, x.high - y.low);
  if (x.rms && y.rms)
    range.rms = std::hypot(*x.rms, *y.rms);
  return range;
}

/// Of the norm of C elements the root mean square is at most 1, so no element
/// exceeds the root of C; interval arithmetic alone would lose that x occurs
/// twice.
static std::optional<ValueRange> rangeOfNorm(Operation &op) {
  std::optional<NormPattern> norm = matchNorm(op);
  if (!norm)
    return std::nullopt;
  double bound = 1 / std::sqrt(norm->factor);
  ValueRange range = ValueRange::between(-bound, bound);
  range.rms = bound / std::sqrt(static_cast<double>(norm->count));
  return range;
}

static ValueRange rangeOfMul(Operation &op, const RangeMap &ranges) {
  if (std::optional<ValueRange> norm = rangeOfNorm(op))
    return *norm;
  if (op.getOperand("x") && op.getOperand("x") == op.getOperand("y"))
    return square(ranges.getArgument(op, "x"));
  return multiply(ranges.getArgument(op, "x"), ranges.getArgument(op, "y"));
}

/// 1/x; not known if x may be 0.
static ValueRange invert(const ValueRange &x) {
  if (x.low <= 0 && x.high >= 0)
    return {};
  return ValueRange::between(1 / x.high, 1 / x.low);
}

static Operation *getProducer(Value *value, llvm::StringRef name) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  return op && op->is(name) ? op : nullptr;
}

/// x / max(max |x|, something), as safe norms have it.
static bool isDividedByLargest(Operation &op) {
  Operation *divisor = getProducer(op.getOperand("y"), "maximum");
  for (llvm::StringRef input : {"x", "y"}) {
    Operation *largest =
        divisor ? getProducer(divisor->getOperand(input), "reduce_max")
                : nullptr;
    Operation *magnitude =
        largest ? getProducer(largest->getOperand("x"), "abs") : nullptr;
    if (magnitude && magnitude->getOperand("x") &&
        magnitude->getOperand("x") == op.getOperand("x"))
      return true;
  }
  return false;
}

static ValueRange rangeOfDiv(Operation &op, const RangeMap &ranges) {
  if (std::optional<ValueRange> norm = rangeOfNorm(op))
    return *norm;
  if (isDividedByLargest(op))
    return ValueRange::between(-1, 1);
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  ValueRange inverse = invert(y);
  if (y.low == y.high && y.rms && *y.rms > 0)
    inverse.rms = 1 / *y.rms;
  return multiply(x, inverse);
}

static ValueRange rangeOfMaximum(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  return ValueRange::between(std::max(x.low, y.low), std::max(x.high, y.high));
}

static ValueRange rangeOfMinimum(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  return ValueRange::between(std::min(x.low, y.low), std::min(x.high, y.high));
}

static ValueRange rangeOfPow(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange y = ranges.getArgument(op, "y");
  if (y.low != y.high)
    return {};
  if (y.low == 2)
    return square(x);
  // Monotone for positive bases; others only for whole exponents.
  if (x.low < 0)
    return {};
  double atLow = std::pow(x.low, y.low), atHigh = std::pow(x.high, y.low);
  return ValueRange::between(std::min(atLow, atHigh), std::max(atLow, atHigh));
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

/// Applies a function that never falls.
template <double (*fn)(double)>
static ValueRange rangeOfMonotone(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  return ValueRange::between(fn(x.low), fn(x.high));
}

/// Whatever the operand is.
template <int low, int high>
static ValueRange rangeOfBounded(Operation &op, const RangeMap &) {
  return ValueRange::between(low, high);
}

static double relu(double x) { return std::max(x, 0.0); }
static double relu6(double x) { return std::clamp(x, 0.0, 6.0); }
static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
static double exponential(double x) { return std::exp(x); }
static double exponential2(double x) { return std::exp2(x); }
static double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
static double positiveRoot(double x) { return std::sqrt(std::max(x, 0.0)); }
static double hyperbolicTangent(double x) { return std::tanh(x); }
static double gaussError(double x) { return std::erf(x); }

/// Functions that dip below zero and follow x above: silu, gelu.
static ValueRange rangeOfDip(const ValueRange &x, double least) {
  return ValueRange::between(x.low >= 0 ? 0 : least, std::max(x.high, 0.0));
}
// The minima of x · sigmoid(x) and x · Φ(x), rounded outward.
static ValueRange rangeOfSilu(Operation &op, const RangeMap &ranges) {
  return rangeOfDip(ranges.getArgument(op, "x"), -0.2785);
}
static ValueRange rangeOfGelu(Operation &op, const RangeMap &ranges) {
  return rangeOfDip(ranges.getArgument(op, "x"), -0.1701);
}

static ValueRange rangeOfAbs(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  bool containsZero = x.low <= 0 && x.high >= 0;
  ValueRange range = ValueRange::between(
      containsZero ? 0 : std::min(std::fabs(x.low), std::fabs(x.high)),
      x.getMagnitude());
  range.rms = x.rms;
  return range;
}

static ValueRange rangeOfSquare(Operation &op, const RangeMap &ranges) {
  return square(ranges.getArgument(op, "x"));
}

static ValueRange rangeOfRsqrt(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  double epsilon = ranges.getArgument(op, "epsilon").high;
  if (x.low + epsilon <= 0)
    return ValueRange::between(0, kInfinity);
  return ValueRange::between(1 / std::sqrt(x.high + epsilon),
                             1 / std::sqrt(x.low + epsilon));
}

static ValueRange rangeOfInverse(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  ValueRange epsilon = ranges.getArgument(op, "epsilon");
  return invert(
      ValueRange::between(x.low + epsilon.low, x.high + epsilon.high));
}

static ValueRange rangeOfClip(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  double low = ranges.getArgument(op, "alpha").low;
  double high = ranges.getArgument(op, "beta").high;
  return ValueRange::between(std::clamp(x.low, low, std::max(low, high)),
                             std::clamp(x.high, low, std::max(low, high)));
}

static ValueRange rangeOfSelect(Operation &op, const RangeMap &ranges) {
  ValueRange range = ranges.getArgument(op, "a");
  range.include(ranges.getArgument(op, "b"));
  return range;
}

static constexpr struct {
  llvm::StringLiteral name;
  RangeFn fn;
} kRows[] = {
    {"abs", rangeOfAbs},
    {"add", rangeOfAdd},
    {"clip", rangeOfClip},
    {"cos", rangeOfBounded<-1, 1>},
    {"erf", rangeOfMonotone<gaussError>},
    {"exp", rangeOfMonotone<exponential>},
    {"exp2", rangeOfMonotone<exponential2>},
    {"gelu", rangeOfGelu},
    {"inverse", rangeOfInverse},
    {"maximum", rangeOfMaximum},
    {"minimum", rangeOfMinimum},
    {"mul", rangeOfMul},
    {"pow", rangeOfPow},
    {"real_div", rangeOfDiv},
    {"relu", rangeOfMonotone<relu>},
    {"relu6", rangeOfMonotone<relu6>},
    {"rsqrt", rangeOfRsqrt},
    {"select", rangeOfSelect},
    {"sigmoid", rangeOfMonotone<sigmoid>},
    {"sign", rangeOfBounded<-1, 1>},
    {"silu", rangeOfSilu},
    {"sin", rangeOfBounded<-1, 1>},
    {"softmax", rangeOfBounded<0, 1>},
    {"softplus", rangeOfMonotone<softplus>},
    {"softsign", rangeOfBounded<-1, 1>},
    {"sqrt", rangeOfMonotone<positiveRoot>},
    {"square", rangeOfSquare},
    {"sub", rangeOfSub},
    {"tanh", rangeOfMonotone<hyperbolicTangent>},
};

RangeFn findElementwiseRange(llvm::StringRef name) {
  for (const auto &row : kRows)
    if (row.name == name)
      return row.fn;
  return nullptr;
}

} // namespace espresso
