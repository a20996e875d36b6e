//===- Unicode.cpp - Normal forms and properties --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Unicode.h"

#include "espresso/Text/Utf8.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

namespace espresso {

static constexpr size_t kMaxPart = size_t{16} << 10;

static utf8proc_option_t getOptions(NormalForm form) {
  switch (form) {
  case NormalForm::C:
    return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  case NormalForm::D:
    return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  case NormalForm::KC:
    return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                          UTF8PROC_COMPAT);
  case NormalForm::KD:
    return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                          UTF8PROC_COMPAT);
  }
  return UTF8PROC_STABLE;
}

static bool isAscii(char byte) { return static_cast<uint8_t>(byte) < 0x80; }

static void appendNormalized(utf8proc_option_t options, std::string_view part,
                             std::string &to) {
  utf8proc_uint8_t *mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t *>(part.data()),
      static_cast<utf8proc_ssize_t>(part.size()), &mapped, options);
  // Only text that is not UTF-8, and a lack of memory, are errors.
  if (size < 0)
    to.append(part);
  else
    to.append(reinterpret_cast<const char *>(mapped),
              static_cast<size_t>(size));
  std::free(mapped); // NOLINT: utf8proc allocates with malloc
}

std::string normalizeUnicode(NormalForm form, std::string_view text) {
  const utf8proc_option_t options = getOptions(form);
  std::string result;
  result.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    while (next < text.size() && isAscii(text[next]))
      ++next;
    // A mark may join the last ASCII character; nothing joins one before it.
    if (next < text.size() && next > at)
      --next;
    result.append(text.substr(at, next - at));
    at = next;
    if (at == text.size())
      break;
    size_t end = at + 1;
    while (end < text.size() && !isAscii(text[end]))
      ++end;
    while (end - at > kMaxPart) {
      size_t seam = at + kMaxPart;
      while ((static_cast<uint8_t>(text[seam]) & 0xC0) == 0x80)
        --seam;
      appendNormalized(options, text.substr(at, seam - at), result);
      at = seam;
    }
    appendNormalized(options, text.substr(at, end - at), result);
    at = end;
  }
  return result;
}

/// Appends what `map` makes of each character.
template <typename Map>
static std::string mapCharacters(std::string_view text, const Map &map) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const size_t length = getUtf8Length(text[0]);
    map(decodeUtf8(text), text.substr(0, length), result);
    text.remove_prefix(length);
  }
  return result;
}

std::string lowerUnicode(std::string_view text) {
  return mapCharacters(
      text, [](char32_t c, std::string_view bytes, std::string &to) {
        constexpr char32_t kDottedI = 0x130; // the one with two characters
        if (c < 0x80)
          to += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        else if (c == kDottedI)
          to += "i\xCC\x87";
        else if (const auto lower =
                     utf8proc_tolower(static_cast<utf8proc_int32_t>(c));
                 static_cast<char32_t>(lower) != c)
          appendUtf8(to, static_cast<char32_t>(lower));
        else
          to.append(bytes);
      });
}

std::string upperUnicode(std::string_view text) {
  return mapCharacters(
      text, [](char32_t c, std::string_view bytes, std::string &to) {
        const auto upper = static_cast<char32_t>(
            utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
        if (upper != c)
          appendUtf8(to, upper);
        else
          to.append(bytes);
      });
}

static utf8proc_category_t getCategory(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

std::string stripMarks(std::string_view text) {
  return mapCharacters(text,
                       [](char32_t c, std::string_view bytes, std::string &to) {
                         if (getCategory(c) != UTF8PROC_CATEGORY_MN)
                           to.append(bytes);
                       });
}

bool isWhiteSpace(char32_t c) {
  if (c < 0x80)
    return c == ' ' || (c >= '\t' && c <= '\r');
  const utf8proc_category_t category = getCategory(c);
  return c == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
         category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

bool isLetter(char32_t c) {
  const utf8proc_category_t category = getCategory(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool isDigit(char32_t c) { return getCategory(c) == UTF8PROC_CATEGORY_ND; }

bool isWordCharacter(char32_t c) {
  const utf8proc_category_t category = getCategory(c);
  return (category >= UTF8PROC_CATEGORY_LU &&
          category <= UTF8PROC_CATEGORY_NO) ||
         category == UTF8PROC_CATEGORY_PC;
}

bool isUpper(char32_t c) {
  return utf8proc_isupper(static_cast<utf8proc_int32_t>(c)) != 0;
}

bool isLower(char32_t c) {
  return utf8proc_islower(static_cast<utf8proc_int32_t>(c)) != 0;
}

/// Bytes of the white space that `text` begins with: one character, or none.
static size_t getSpaceLength(std::string_view text) {
  const Utf8Prefix prefix = scanUtf8(text);
  return prefix.kind == Utf8Prefix::Character && isWhiteSpace(decodeUtf8(text))
             ? prefix.length
             : 0;
}

size_t countLeadingSpace(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = getSpaceLength(text.substr(at));
    if (length == 0)
      break;
    at += length;
  }
  return at;
}

size_t countTrailingSpace(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t start = end - 1;
    while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80)
      --start;
    if (getSpaceLength(text.substr(start, end - start)) != end - start)
      break;
    end = start;
  }
  return text.size() - end;
}

} // namespace espresso
