//===- UnicodeTest.cpp - Normal forms and properties ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Unicode.h"

#include "gtest/gtest.h"

#include <chrono>

using namespace espresso;

namespace {

TEST(Unicode, NormalForms) {
  // e with acute accent, one character or two; the ligature fi; a Hangul
  // syllable and its letters; an accent on an ASCII letter between others.
  EXPECT_EQ(normalizeUnicode(NormalForm::C, "xe\xCC\x81y"), "x\xC3\xA9y");
  EXPECT_EQ(normalizeUnicode(NormalForm::D, "x\xC3\xA9y"), "xe\xCC\x81y");
  EXPECT_EQ(normalizeUnicode(NormalForm::C, "\xEF\xAC\x81"), "\xEF\xAC\x81");
  EXPECT_EQ(normalizeUnicode(NormalForm::KC, "\xEF\xAC\x81"), "fi");
  EXPECT_EQ(normalizeUnicode(NormalForm::C, "\xE1\x84\x80\xE1\x85\xA1"),
            "\xEA\xB0\x80");
  EXPECT_EQ(normalizeUnicode(NormalForm::KD, "\xEF\xBC\xA1"), "A");
  // Marks are put in order: dot below before acute.
  EXPECT_EQ(normalizeUnicode(NormalForm::D, "a\xCC\x81\xCC\xA3"),
            "a\xCC\xA3\xCC\x81");
  EXPECT_EQ(normalizeUnicode(NormalForm::C, ""), "");
}

TEST(Unicode, ManyMarksTakeLittleTime) {
  // Ordering a megabyte of marks at once would take minutes.
  std::string text;
  for (int i = 0; i < 250'000; ++i)
    text += i % 2 ? "\xCC\xA3" : "\xCC\x81";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(normalizeUnicode(NormalForm::D, text).size(), text.size());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(1));
}

TEST(Unicode, Cases) {
  EXPECT_EQ(lowerUnicode("A\xC3\x84\xCE\xA9"), "a\xC3\xA4\xCF\x89");
  EXPECT_EQ(lowerUnicode("\xC4\xB0"), "i\xCC\x87"); // I with a dot
  EXPECT_EQ(upperUnicode("a\xC3\xA4"), "A\xC3\x84");
  EXPECT_EQ(stripMarks("e\xCC\x81"), "e");
}

TEST(Unicode, Properties) {
  for (char32_t c : {0x9, 0xD, 0x20, 0x85, 0xA0, 0x2003, 0x2028, 0x3000})
    EXPECT_TRUE(isWhiteSpace(c)) << uint32_t(c);
  for (char32_t c : {0x8, 0x180E, 0x200B, 0xFEFF, 0x41})
    EXPECT_FALSE(isWhiteSpace(c)) << uint32_t(c);
  EXPECT_TRUE(isWordCharacter('_') && isWordCharacter(0x663));
  EXPECT_FALSE(isWordCharacter('-') || isWordCharacter(' '));
  EXPECT_TRUE(isDigit(0x663) && isLetter(0x4E00));
  EXPECT_EQ(countLeadingSpace(" \t\xC2\xA0x "), 4u);
  EXPECT_EQ(countTrailingSpace(" x\xC2\xA0\n"), 3u);
  EXPECT_EQ(countTrailingSpace("x\xA0"), 0u); // no UTF-8
}

} // namespace
