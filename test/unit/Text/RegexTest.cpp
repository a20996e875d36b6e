//===- RegexTest.cpp - Regular expressions over Unicode -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Regex.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

/// The matches in `text`, with '|' between them.
std::string match(std::string_view pattern, std::string_view text) {
  absl::StatusOr<Regex> regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  if (!regex.ok())
    return std::string(regex.status().message());
  RegexMatcher matcher(*regex);
  std::string found;
  for (size_t from = 0; from <= text.size();) {
    auto match = matcher.find(text, from);
    if (!match.ok() || !*match)
      return match.ok() ? found : std::string(match.status().message());
    found += std::string(text.substr((*match)->begin,
                                     (*match)->end - (*match)->begin)) +
             "|";
    from = std::max((*match)->end, from + 1);
  }
  return found;
}

TEST(Regex, KnowsUnicode) {
  EXPECT_EQ(match("\\p{L}+", "ab \xC3\xA4\xE4\xB8\xAD"
                             "1"),
            "ab|\xC3\xA4\xE4\xB8\xAD|");
  EXPECT_EQ(match("\\s+", "a\xE3\x80\x80\xC2\xA0"
                          "b\x0B"),
            "\xE3\x80\x80\xC2\xA0|\x0B|");
  EXPECT_EQ(match("\\d", "1\xD9\xA3"), "1|\xD9\xA3|");
  EXPECT_EQ(match("(?i:'s)", "'S"), "'S|");
  EXPECT_EQ(match("\\s+(?!\\S)", "a   b  "), "  |  |");
}

TEST(Regex, LinesEndAtLineFeeds) {
  EXPECT_EQ(match("\\s+$", "a \nb\r"), " |\r|");
  EXPECT_EQ(match("^.", "ab\ncd"), "a|c|");
}

TEST(Regex, RefusesWhatItWouldMisread) {
  for (const char *pattern : {"[\\p{L}&&[^\\p{Han}]]", "[a[bc]]", "(", "a{2,1}",
                              "\\C", "\xFF", "[z-a]"}) {
    absl::StatusOr<Regex> regex = Regex::compile(pattern);
    EXPECT_EQ(regex.status().code(), absl::StatusCode::kInvalidArgument)
        << pattern;
  }
  EXPECT_NE(Regex::compile("a[b&&c]").status().message().find("byte 3"),
            std::string::npos);
  // A bracket in a set is a character, quoted or not.
  EXPECT_EQ(match("[\\[\\]]+", "a[]b"), "[]|");
  EXPECT_EQ(match("[!-/:-@[-`]+", "[a"), "[|");
  EXPECT_EQ(match("[[:alpha:]]+", "ab1"), "ab|");
  EXPECT_FALSE(Regex::compile(std::string(1 << 20, 'a')).ok());
}

TEST(Regex, EndsSearchesThatTakeTooManySteps) {
  EXPECT_NE(match("(a+)+$", std::string(64, 'a') + "b").find("is too much"),
            std::string::npos);
}

TEST(Regex, LongMatchesNeedNoStack) {
  const std::string text(1 << 20, 'a');
  EXPECT_EQ(match("\\p{L}+", text).size(), text.size() + 1);
  EXPECT_EQ(match("(?:a|b)+", text).size(), text.size() + 1);
}

TEST(Regex, Quotes) {
  const std::string syntax = "a.b*c[d](e)\\^$ #|-";
  EXPECT_EQ(match(quoteRegex(syntax), "x" + syntax), syntax + "|");
}

} // namespace
