//===- Utf8.h - Characters of UTF-8 -----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEXT_UTF8_H
#define ESPRESSO_TEXT_UTF8_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace espresso {

/// What text begins with.
struct Utf8Prefix {
  enum Kind : uint8_t {
    Character,  ///< a whole character
    Invalid,    ///< bytes that cannot begin one
    Unfinished, ///< the beginning of one, cut off by the end
  };
  Kind kind;
  /// Bytes of it; for Invalid, the longest part that might have begun a
  /// character (Unicode's "maximal subpart"), at least one.
  size_t length;
};

/// Looks at the beginning of `text`, which must not be empty. Strict: no
/// surrogates, no overlong forms, nothing above U+10FFFF.
[[nodiscard]] Utf8Prefix scanUtf8(std::string_view text);

/// Bytes from the start of `text` that are whole characters of UTF-8. Linear,
/// and fast where text is ASCII.
[[nodiscard]] size_t countValidUtf8(std::string_view text);

/// `text` with U+FFFD for what is no character (Unicode's "maximal subparts").
[[nodiscard]] std::string replaceInvalidUtf8(std::string_view text);

/// The number of the character that `text` begins with, which must be a whole
/// one.
[[nodiscard]] char32_t decodeUtf8(std::string_view text);

/// Appends a character, which must be a number Unicode has.
void appendUtf8(std::string &to, char32_t character);

/// Bytes of the character that begins with `first`, by that byte alone; 1 for
/// bytes that begin none.
[[nodiscard]] inline size_t getUtf8Length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

} // namespace espresso

#endif // ESPRESSO_TEXT_UTF8_H
