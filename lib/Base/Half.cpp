//===- Half.cpp - Narrow floating-point formats ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Half.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace espresso {

namespace {

/// A binary format: one sign bit, `exponentBits`, `mantissaBits`.
struct Format {
  unsigned exponentBits;
  unsigned mantissaBits;
  /// E4M3FN spends the all-ones exponent on numbers; only mantissa all ones is
  /// NaN, and there is no infinity.
  bool hasInfinity;

  unsigned totalBits() const { return 1 + exponentBits + mantissaBits; }
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  uint64_t maxExponent() const { return (uint64_t{1} << exponentBits) - 1; }
  uint64_t mantissaMask() const { return (uint64_t{1} << mantissaBits) - 1; }
  uint64_t signBit() const { return uint64_t{1} << (totalBits() - 1); }
  uint64_t infinity() const { return maxExponent() << mantissaBits; }
  uint64_t nan() const {
    return hasInfinity ? infinity() | (uint64_t{1} << (mantissaBits - 1))
                       : infinity() | mantissaMask();
  }
};

} // namespace

static constexpr Format kHalf = {5, 10, true};
static constexpr Format kBFloat = {8, 7, true};
static constexpr Format kE4M3FN = {4, 3, false};
static constexpr Format kE5M2 = {5, 2, true};

static double decode(const Format &format, uint64_t bits) {
  bool negative = bits & format.signBit();
  uint64_t exponent = (bits >> format.mantissaBits) & format.maxExponent();
  uint64_t mantissa = bits & format.mantissaMask();
  double magnitude;
  if (exponent == format.maxExponent() && format.hasInfinity) {
    magnitude = mantissa ? std::nan("") : HUGE_VAL;
  } else if (!format.hasInfinity &&
             (bits & ~format.signBit()) == format.nan()) {
    magnitude = std::nan("");
  } else if (exponent == 0) {
    magnitude =
        std::ldexp(static_cast<double>(mantissa),
                   1 - format.bias() - static_cast<int>(format.mantissaBits));
  } else {
    uint64_t significand = mantissa | (uint64_t{1} << format.mantissaBits);
    magnitude = std::ldexp(static_cast<double>(significand),
                           static_cast<int>(exponent) - format.bias() -
                               static_cast<int>(format.mantissaBits));
  }
  return negative ? -magnitude : magnitude;
}

/// `value` divided by 2^shift, rounded to nearest even. Needs shift < 64.
static uint64_t shiftRightToNearestEven(uint64_t value, unsigned shift) {
  if (shift == 0)
    return value;
  uint64_t quotient = value >> shift;
  uint64_t rest = value & ((uint64_t{1} << shift) - 1);
  uint64_t half = uint64_t{1} << (shift - 1);
  if (rest > half || (rest == half && (quotient & 1)))
    ++quotient;
  return quotient;
}

static uint64_t encode(const Format &format, double value) {
  constexpr unsigned kDoubleMantissaBits = 52;
  constexpr int kDoubleBias = 1023;
  uint64_t bits = std::bit_cast<uint64_t>(value);
  uint64_t sign = bits >> 63 ? format.signBit() : 0;
  int exponent = static_cast<int>((bits >> kDoubleMantissaBits) & 0x7ff);
  uint64_t mantissa = bits & ((uint64_t{1} << kDoubleMantissaBits) - 1);
  uint64_t overflow = format.hasInfinity ? format.infinity() : format.nan();
  if (exponent == 0x7ff)
    return sign | (mantissa ? format.nan() : overflow);
  // Subnormal doubles are far below half the least subnormal of every format.
  if (exponent == 0)
    return sign;

  uint64_t significand = mantissa | (uint64_t{1} << kDoubleMantissaBits);
  int target = exponent - kDoubleBias + format.bias();
  unsigned shift = kDoubleMantissaBits - format.mantissaBits;
  if (target <= 0) {
    int extra = 1 - target;
    if (shift + extra >= 63)
      return sign;
    // A carry out of the mantissa gives the least normal number by itself.
    return sign | shiftRightToNearestEven(significand, shift + extra);
  }
  uint64_t rounded = shiftRightToNearestEven(significand, shift);
  // The implicit bit adds one to the exponent field; a carry adds another.
  uint64_t magnitude =
      (static_cast<uint64_t>(target - 1) << format.mantissaBits) + rounded;
  uint64_t firstOverflow =
      format.hasInfinity ? format.infinity() : format.nan();
  if (magnitude >= firstOverflow)
    return sign | overflow;
  return sign | magnitude;
}

uint16_t doubleToHalf(double value) {
  return static_cast<uint16_t>(encode(kHalf, value));
}

double roundToHalfTiesAway(double value) {
  constexpr int kLeastExponent = -14, kMantissaBits = 10;
  constexpr double kLeastOverflow = 65520;
  if (value == 0 || !std::isfinite(value))
    return value;
  if (std::fabs(value) >= kLeastOverflow)
    return std::copysign(HUGE_VAL, value);
  int exponent = std::max(std::ilogb(value), kLeastExponent);
  // Scaling by powers of two is exact, and std::round takes ties away.
  return std::ldexp(std::round(std::ldexp(value, kMantissaBits - exponent)),
                    exponent - kMantissaBits);
}

uint16_t doubleToBFloat(double value) {
  return static_cast<uint16_t>(encode(kBFloat, value));
}

static const Format *getNarrowFormat(DataType type) {
  switch (type) {
  case DataType::Float16:
    return &kHalf;
  case DataType::BFloat16:
    return &kBFloat;
  case DataType::Float8E4M3FN:
    return &kE4M3FN;
  case DataType::Float8E5M2:
    return &kE5M2;
  default:
    return nullptr;
  }
}

double decodeFloat(DataType type, uint64_t bits) {
  assert(isFloat(type) && "not a float type");
  if (const Format *format = getNarrowFormat(type))
    return decode(*format, bits);
  if (type == DataType::Float32)
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

uint64_t encodeFloat(DataType type, double value) {
  assert(isFloat(type) && "not a float type");
  if (const Format *format = getNarrowFormat(type))
    return encode(*format, value);
  if (type == DataType::Float32)
    return std::bit_cast<uint32_t>(static_cast<float>(value));
  return std::bit_cast<uint64_t>(value);
}

} // namespace espresso
