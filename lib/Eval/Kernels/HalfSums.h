//===- HalfSums.h - Sums as fp16 hardware carries them ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Accumulators for NumericsMode::Fp16Acc16 and AneQ16. What each is measured
// by, and by whom: docs/Evaluator.md. They have the interface of PlainSum.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_HALFSUMS_H
#define ESPRESSO_LIB_EVAL_KERNELS_HALFSUMS_H

#include "espresso/Base/Half.h"
#include "espresso/Eval/Numerics.h"

#include <algorithm>
#include <cmath>

namespace espresso {

/// `value` as a float that rounds to a half as `value` itself does, whichever
/// way ties go: what is cut off sets the last bit.
inline float roundToOdd(double value) {
  auto single = static_cast<float>(value);
  if (static_cast<double>(single) == value || !std::isfinite(single))
    return single;
  if (std::fabs(static_cast<double>(single)) > std::fabs(value))
    single = std::nextafterf(single, 0);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(single) | 1U);
}

/// A sum carried in binary16: each addition of a term, or of an exact product,
/// rounds to nearest even.
class HalfSum {
public:
  using Product = HalfSum;
  static constexpr bool kStartsWithBias = false;
  static float prepare(float operand) { return operand; }

  void add(float term) { sum = roundToHalf(sum + static_cast<double>(term)); }
  void addProduct(float a, float b) {
    sum = roundToHalf(sum + static_cast<double>(a) * static_cast<double>(b));
  }
  float get() const { return static_cast<float>(sum); }

private:
  double sum = 0;
};

//===----------------------------------------------------------------------===//
// The engine
//===----------------------------------------------------------------------===//

/// An operand as the multipliers of the engine read it: a half whose exponent
/// field of 31 is an ordinary one, so that infinity is 65,536.
inline float readEngineOperand(float operand) {
  constexpr uint32_t kSpecial = 0x7f800000, kExponent16 = 0x47800000;
  auto bits = std::bit_cast<uint32_t>(operand);
  if ((bits & kSpecial) != kSpecial)
    bits = std::bit_cast<uint32_t>(
        static_cast<float>(roundToHalfTiesAway(operand)));
  if ((bits & kSpecial) != kSpecial)
    return std::bit_cast<float>(bits);
  return std::bit_cast<float>((bits & ~kSpecial) | kExponent16);
}

/// A sum of products in fixed point with 16 fraction bits and 32 in all. Each
/// product is rounded to the grid, ties away from zero, unless it is so small
/// that it is dropped. A sum that reaches 2^15 is infinite and stays so. The
/// bias is where the sum starts.
template <AneArithmetic::SmallProducts smallProducts>
class GridSum {
public:
  static constexpr bool kStartsWithBias = true;
  static float prepare(float operand) { return readEngineOperand(operand); }

  void addProduct(float a, float b) {
    // Exact: 22 bits at most.
    float product = a * b * kScale;
    bool isDropped = false;
    if constexpr (smallProducts == AneArithmetic::SmallProducts::ByExponent)
      isDropped = getExponent(a) + getExponent(b) < -16;
    else if constexpr (smallProducts ==
                       AneArithmetic::SmallProducts::BelowTwoUnits)
      isDropped = std::fabs(product) < 2;
    add(isDropped ? 0 : roundToUnits(product));
  }
  void addBias(float bias) { add(roundToUnits(bias * kScale)); }
  float get() const { return roundToOdd(units / kScale); }

private:
  static constexpr float kScale = 0x1p16F;
  static constexpr double kOverflow = 0x1p31;

  /// The exponent of a half; that of a subnormal is -14.
  static int getExponent(float half) {
    int field = static_cast<int>(std::bit_cast<uint32_t>(half) >> 23 & 0xff);
    return std::max(field - 127, -14);
  }
  static double roundToUnits(float value) {
    // The addition rounds to an integer, ties to even; those that went down
    // are put right.
    constexpr double kShift = 0x1.8p52;
    double magnitude = std::fabs(static_cast<double>(value));
    double nearest = (magnitude + kShift) - kShift;
    nearest += magnitude - nearest == 0.5 ? 1 : 0;
    return std::copysign(nearest, static_cast<double>(value));
  }
  /// Infinity takes no part in sums of opposite sign: terms are finite.
  void add(double term) {
    units += term;
    units =
        std::fabs(units) >= kOverflow ? std::copysign(HUGE_VAL, units) : units;
  }

  double units = 0;
};

/// Exact products of halves summed in binary32.
class SingleProductSum {
public:
  static constexpr bool kStartsWithBias = false;
  static float prepare(float operand) { return readEngineOperand(operand); }

  void addProduct(float a, float b) { sum += a * b; }
  float get() const { return sum; }

private:
  float sum = 0;
};

/// Exact products of halves, four at a time summed and rounded to binary16, and
/// these sums summed in binary32.
class Radix4Sum {
public:
  static constexpr bool kStartsWithBias = false;
  static float prepare(float operand) { return readEngineOperand(operand); }

  void addProduct(float a, float b) {
    group += static_cast<double>(a) * static_cast<double>(b);
    if (++count < 4)
      return;
    sum = get();
    group = 0;
    count = 0;
  }
  float get() const { return sum + static_cast<float>(roundToHalf(group)); }

private:
  float sum = 0;
  double group = 0;
  int count = 0;
};

/// A sum of terms as the element-wise part of the engine gives it: exact, or as
/// good as binary64, to be rounded once. `ProductSum` is for its matrix part.
template <typename ProductSum>
class EngineSum {
public:
  using Product = ProductSum;

  void add(float term) { sum += static_cast<double>(term); }
  void addProduct(float a, float b) {
    sum += static_cast<double>(a) * static_cast<double>(b);
  }
  float get() const { return roundToOdd(sum); }

private:
  double sum = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_HALFSUMS_H
