//===- CheckedMath.h - Arithmetic on sizes that came from files -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_CHECKEDMATH_H
#define ESPRESSO_BASE_CHECKEDMATH_H

#include <cstdint>
#include <optional>

namespace espresso {

/// `a * b`, or nothing on overflow.
[[nodiscard]] inline std::optional<uint64_t> checkedMul(uint64_t a,
                                                        uint64_t b) {
  uint64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

/// `a + b`, or nothing on overflow.
[[nodiscard]] inline std::optional<uint64_t> checkedAdd(uint64_t a,
                                                        uint64_t b) {
  uint64_t result;
  if (__builtin_add_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

/// True if the `size` bytes at `offset` lie within `total` bytes.
[[nodiscard]] inline bool isInBounds(uint64_t offset, uint64_t size,
                                     uint64_t total) {
  return offset <= total && size <= total - offset;
}

/// The smallest multiple of `alignment` (a power of two) not below `value`.
[[nodiscard]] constexpr uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

} // namespace espresso

#endif // ESPRESSO_BASE_CHECKEDMATH_H
