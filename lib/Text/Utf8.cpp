//===- Utf8.cpp - Characters of UTF-8 -------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Utf8.h"

#include <cstring>

namespace espresso {

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

size_t countValidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    constexpr uint64_t kHighBits = 0x8080808080808080;
    uint64_t word = 0;
    if (text.size() - at >= sizeof(word)) {
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & kHighBits) == 0) {
        at += sizeof(word);
        continue;
      }
    }
    const Utf8Prefix prefix = scanUtf8(text.substr(at));
    if (prefix.kind != Utf8Prefix::Character)
      break;
    at += prefix.length;
  }
  return at;
}

std::string replaceInvalidUtf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t valid = countValidUtf8(text);
    result.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty())
      break;
    result.append("\xEF\xBF\xBD");
    text.remove_prefix(scanUtf8(text).length);
  }
  return result;
}

char32_t decodeUtf8(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80)
    return first;
  const size_t length = getUtf8Length(text[0]);
  char32_t character = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i)
    character = (character << 6) | (static_cast<uint8_t>(text[i]) & 0x3F);
  return character;
}

void appendUtf8(std::string &to, char32_t character) {
  auto append = [&](char32_t byte) { to += static_cast<char>(byte); };
  if (character < 0x80) {
    append(character);
  } else if (character < 0x800) {
    append(0xC0 | (character >> 6));
    append(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    append(0xE0 | (character >> 12));
    append(0x80 | ((character >> 6) & 0x3F));
    append(0x80 | (character & 0x3F));
  } else {
    append(0xF0 | (character >> 18));
    append(0x80 | ((character >> 12) & 0x3F));
    append(0x80 | ((character >> 6) & 0x3F));
    append(0x80 | (character & 0x3F));
  }
}

} // namespace espresso
