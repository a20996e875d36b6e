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

#include <cstdint>

namespace espresso {

[[nodiscard]] float halfToFloat(uint16_t bits);
[[nodiscard]] float bfloatToFloat(uint16_t bits);

/// Rounds once, straight from binary64, so that no value is rounded twice.
[[nodiscard]] uint16_t doubleToHalf(double value);
[[nodiscard]] uint16_t doubleToBFloat(double value);
[[nodiscard]] inline uint16_t floatToHalf(float value) {
  return doubleToHalf(value);
}
[[nodiscard]] inline uint16_t floatToBFloat(float value) {
  return doubleToBFloat(value);
}

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
