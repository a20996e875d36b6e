//===- Unicode.h - Normal forms and properties ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEXT_UNICODE_H
#define ESPRESSO_TEXT_UNICODE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace espresso {

enum class NormalForm : uint8_t { C, D, KC, KD };

// All take valid UTF-8. All are thread-safe.

/// `text` in a normal form (Unicode, UAX #15). Text that has no ASCII
/// character for 16 KiB is normalised in parts of that size, since the cost of
/// ordering marks is quadratic: a character at such a seam may stay as it was.
[[nodiscard]] std::string normalizeUnicode(NormalForm form,
                                           std::string_view text);

/// Each character's lower case, without regard to its neighbours.
[[nodiscard]] std::string lowerUnicode(std::string_view text);
/// The same for upper case, of characters that have one of one character.
[[nodiscard]] std::string upperUnicode(std::string_view text);

/// `text` without nonspacing marks (category Mn).
[[nodiscard]] std::string stripMarks(std::string_view text);

/// The property White_Space.
[[nodiscard]] bool isWhiteSpace(char32_t character);

/// A letter, mark, number or connecting punctuation: what \w matches.
[[nodiscard]] bool isWordCharacter(char32_t character);
[[nodiscard]] bool isUpper(char32_t character);
[[nodiscard]] bool isLower(char32_t character);
/// Decimal digits of any script (category Nd).
[[nodiscard]] bool isDigit(char32_t character);
/// Letters of any script (category L).
[[nodiscard]] bool isLetter(char32_t character);

/// Bytes of white space at the start of `text`, and at its end. Any bytes will
/// do; those that are not UTF-8 are no white space.
[[nodiscard]] size_t countLeadingSpace(std::string_view text);
[[nodiscard]] size_t countTrailingSpace(std::string_view text);

} // namespace espresso

#endif // ESPRESSO_TEXT_UNICODE_H
