//===- Utf8Test.cpp - Characters of UTF-8 ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Utf8.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

std::string encode(uint32_t c) {
  auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  auto rest = [&](int shift, uint32_t value) {
    return byte(0x80 | ((value >> shift) & 0x3F));
  };
  if (c < 0x80)
    return {byte(c)};
  if (c < 0x800)
    return {byte(0xC0 | c >> 6), rest(0, c)};
  if (c < 0x10000)
    return {byte(0xE0 | c >> 12), rest(6, c), rest(0, c)};
  return {byte(0xF0 | c >> 18), rest(12, c), rest(6, c), rest(0, c)};
}

TEST(Utf8, EveryCodePointAndItsBeginnings) {
  for (uint32_t c = 0; c < 0x140000; ++c) {
    const bool isCharacter = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
    const std::string text = encode(c);
    const Utf8Prefix whole = scanUtf8(text + "x");
    ASSERT_EQ(whole.kind == Utf8Prefix::Character, isCharacter) << c;
    ASSERT_EQ(whole.length, isCharacter ? text.size() : 1) << c;
    for (size_t cut = 1; isCharacter && cut < text.size(); ++cut) {
      const Utf8Prefix part = scanUtf8(std::string_view(text).substr(0, cut));
      ASSERT_EQ(part.kind, Utf8Prefix::Unfinished) << c;
      ASSERT_EQ(part.length, cut) << c;
    }
  }
}

TEST(Utf8, OverlongFormsAreInvalid) {
  for (const char *text : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80",
                           "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\x80", "\xFF"})
    EXPECT_EQ(scanUtf8(text).kind, Utf8Prefix::Invalid) << text;
}

TEST(Utf8, DecodesWhatItEncodes) {
  for (uint32_t c = 0; c < 0x110000; c += 7) {
    if (c >= 0xD800 && c <= 0xDFFF)
      continue;
    std::string text;
    appendUtf8(text, c);
    ASSERT_EQ(text, encode(c));
    ASSERT_EQ(decodeUtf8(text + "x"), c);
    ASSERT_EQ(getUtf8Length(text[0]), text.size());
  }
}

TEST(Utf8, CountsWhatIsValid) {
  const std::string text = "abcdefgh\xE2\x82\xAC"
                           "ijklmnopq";
  EXPECT_EQ(countValidUtf8(text), text.size());
  for (size_t cut = 0; cut < text.size(); ++cut) {
    const bool isInside = cut == 9 || cut == 10;
    EXPECT_EQ(countValidUtf8(text.substr(0, cut)), isInside ? 8 : cut);
    std::string broken = text;
    broken[cut] = '\xFF';
    EXPECT_EQ(countValidUtf8(broken), cut >= 8 && cut <= 10 ? 8 : cut);
  }
}

} // namespace
