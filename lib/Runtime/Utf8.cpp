//===- Utf8.cpp - One character of UTF-8 ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Utf8.h"

namespace espresso::runtime {

namespace {
/// What may follow a first byte: how many bytes, and the range of the first of
/// them (the Unicode standard, table 3-7).
struct Continuation {
  size_t count;
  uint8_t low, high;
};
} // namespace

static Continuation getContinuation(uint8_t first) {
  if (first < 0x80)
    return {0, 0, 0};
  if (first >= 0xC2 && first <= 0xDF)
    return {1, 0x80, 0xBF};
  if (first == 0xE0)
    return {2, 0xA0, 0xBF};
  if (first == 0xED)
    return {2, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF)
    return {2, 0x80, 0xBF};
  if (first == 0xF0)
    return {3, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3)
    return {3, 0x80, 0xBF};
  if (first == 0xF4)
    return {3, 0x80, 0x8F};
  return {0, 1, 0}; // no character begins so
}

Utf8Prefix scanUtf8(std::string_view text) {
  const Continuation next = getContinuation(static_cast<uint8_t>(text[0]));
  if (next.low > next.high)
    return {Utf8Prefix::Invalid, 1};
  for (size_t i = 1; i <= next.count; ++i) {
    if (i == text.size())
      return {Utf8Prefix::Unfinished, i};
    const uint8_t byte = static_cast<uint8_t>(text[i]);
    const uint8_t low = i == 1 ? next.low : 0x80;
    const uint8_t high = i == 1 ? next.high : 0xBF;
    if (byte < low || byte > high)
      return {Utf8Prefix::Invalid, i};
  }
  return {Utf8Prefix::Character, next.count + 1};
}

} // namespace espresso::runtime
