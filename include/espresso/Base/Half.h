//===- Half.h - Narrow floating-point formats -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions between binary32/binary64 and the narrow formats of MIL. All
// narrowing conversions round to nearest, ties to even, and keep subnormals.
// Formats: IEEE 754 binary16; bfloat16; FP8 E4M3FN and E5M2 as in "FP8 Formats
// for Deep Learning" (arXiv 2209.05433).
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_HALF_H
#define ESPRESSO_BASE_HALF_H

#include "espresso/Base/DataType.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace espresso {

[[nodiscard]] inline float halfToFloat(uint16_t bits) {
  // Shift the fields into place, then rescale the exponent by multiplication,
  // which normalises subnormals as well.
  uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fff) << 13;
  uint32_t scaled =
      std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  bool isSpecial = (bits & 0x7c00) == 0x7c00;
  uint32_t result = isSpecial ? magnitude | 0x7f800000u : scaled;
  return std::bit_cast<float>(result |
                              (static_cast<uint32_t>(bits & 0x8000) << 16));
}

[[nodiscard]] inline float bfloatToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// Rounds once, straight from binary64, so that no value is rounded twice.
[[nodiscard]] uint16_t doubleToHalf(double value);
[[nodiscard]] uint16_t doubleToBFloat(double value);

/// As doubleToHalf(), without branches: whole checkpoints pass through here.
[[nodiscard]] inline uint16_t floatToHalf(float value) {
  constexpr uint32_t kInfinity = 0x7f800000, kTooLarge = 0x47800000; // 2^16
  constexpr uint32_t kLeastNormal = 0x38800000;                      // 2^-14
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t magnitude = bits & 0x7fffffff;
  // Half of the bits dropped, less one if the last one kept is even. A carry
  // out of the mantissa raises the exponent, at the end to infinity.
  uint32_t normal =
      (magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
  // The last place of 0.5 is the least subnormal: the addition rounds.
  uint32_t subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) -
      0x3f000000u;
  uint32_t special = magnitude > kInfinity ? 0x7e00 : 0x7c00;
  uint32_t result = magnitude < kLeastNormal ? subnormal : normal;
  result = magnitude >= kTooLarge ? special : result;
  return static_cast<uint16_t>(result | (bits >> 16 & 0x8000));
}
[[nodiscard]] inline uint16_t floatToBFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  uint32_t nan = (bits >> 16 & 0x8000) | 0x7fc0;
  return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? nan
                                                                : rounded);
}

/// `value` rounded once to a half, to nearest even, without branches.
[[nodiscard]] inline double roundToHalf(double value) {
  constexpr double kLeastNormal = 0x1p-14, kLeastOverflow = 65520;
  // The last place of this double is the least subnormal half.
  constexpr double kSubnormalShift = 0x1.8p28;
  constexpr uint64_t kDropped = (uint64_t{1} << 42) - 1;
  double magnitude = std::fabs(value);
  auto bits = std::bit_cast<uint64_t>(magnitude);
  auto normal = std::bit_cast<double>(
      (bits + (kDropped >> 1) + (bits >> 42 & 1)) & ~kDropped);
  double subnormal = (magnitude + kSubnormalShift) - kSubnormalShift;
  double result = magnitude < kLeastNormal ? subnormal : normal;
  result = magnitude >= kLeastOverflow ? HUGE_VAL : result;
  return std::copysign(magnitude != magnitude ? magnitude : result, value);
}

/// `value` rounded once to a half, halves of its last place away from zero;
/// from 65,520 on infinite.
[[nodiscard]] double roundToHalfTiesAway(double value);

/// The value of the bits of a float type of at most 64 bits.
[[nodiscard]] double decodeFloat(DataType type, uint64_t bits);
/// The bits of `value` rounded to `type`. Overflow gives infinity where the
/// format has one and NaN in E4M3FN, which has none.
[[nodiscard]] uint64_t encodeFloat(DataType type, double value);
/// `value` rounded to `type`, as a double.
[[nodiscard]] inline double roundToType(DataType type, double value) {
  return decodeFloat(type, encodeFloat(type, value));
}

} // namespace espresso

#endif // ESPRESSO_BASE_HALF_H
