//===- PreTokenizerTest.cpp - How families of models cut text -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/PreTokenizer.h"
#include "Frontend/PreTokenizers.h"

#include "llvm/ADT/SmallVector.h"

#include "gtest/gtest.h"

#include <set>

using namespace espresso;

namespace {

runtime::PreTokenizer make(llvm::StringRef name) {
  const PreTokenizer *known = findPreTokenizer(name);
  EXPECT_TRUE(known) << name.str();
  plan::Tokenizer message;
  for (const TokenizerData::Split &split : makeSplits(
           known ? known->patterns : llvm::ArrayRef<llvm::StringLiteral>()))
    message.add_splits()->set_pattern(split.pattern);
  auto made = runtime::PreTokenizer::create(message);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

/// The words, with '|' between them.
std::string cut(llvm::StringRef name, std::string_view text) {
  auto words = make(name).split(text);
  EXPECT_TRUE(words.ok()) << words.status();
  std::string joined;
  for (std::string_view word : *words)
    joined.append(joined.empty() ? "" : "|").append(word);
  return joined;
}

// All expectations are worked out by hand from the published patterns.

TEST(PreTokenizer, Gpt2) {
  EXPECT_EQ(cut("gpt-2", "Hello world's 123  foo\n\n bar!!"),
            "Hello| world|'s| 123| | foo|\n\n| bar|!!");
  // Contractions in lower case only; digits of any script and fractions.
  EXPECT_EQ(cut("gpt-2", "I'LL \xC3\xA9\xD9\xA3\xC2\xBD x"),
            "I|'|LL| \xC3\xA9|\xD9\xA3\xC2\xBD| x");
  // White space that is no blank does not join the word behind it.
  EXPECT_EQ(cut("mpt", "a\xC2\xA0\xE3\x80\x80"
                       "b"),
            "a|\xC2\xA0|\xE3\x80\x80|b");
  EXPECT_EQ(cut("gpt-2", ""), "");
  EXPECT_EQ(cut("gpt-2", "   "), "   ");
}

TEST(PreTokenizer, Llama3) {
  EXPECT_EQ(cut("llama-bpe", "I'LL pay 12345 \xE2\x82\xAC!\r\n  x"),
            "I|'LL| pay| |123|45| \xE2\x82\xAC!\r\n| | x");
  // One character that is no letter goes with the word behind it.
  EXPECT_EQ(cut("llama-bpe", "(abc) \tx\n \ny"), "(abc|)| |\tx|\n \n|y");
}

TEST(PreTokenizer, Digits) {
  EXPECT_EQ(cut("qwen2", "a1b22"), "a|1|b|2|2");
  EXPECT_EQ(cut("starcoder", "x 12"), "x| |1|2");
  EXPECT_EQ(cut("falcon", "a+b 1234"), "a|+|b| |123|4");
  EXPECT_EQ(cut("superbpe", "1234567"), "1|234|567");
  EXPECT_EQ(cut("afmoe", "1234567"), "1|234|567");
  EXPECT_EQ(cut("tekken", "aB 12"), "a|B| |1|2");
}

TEST(PreTokenizer, DeepSeek) {
  EXPECT_EQ(cut("deepseek-llm", "Ab \xE4\xBD\xA0\xE5\xA5\xBD 12\n"),
            "Ab| |\xE4\xBD\xA0\xE5\xA5\xBD| |12|\n");
  EXPECT_EQ(cut("deepseek-llm", "x  \t"), "x|  \t");
  EXPECT_EQ(cut("deepseek-coder", "f(x) 12"), "f|(|x|)| |1|2");
  EXPECT_EQ(cut("deepseek-v3", "x1234 \xE4\xBD\xA0\xE5\xA5\xBD!"),
            "x|123|4| |\xE4\xBD\xA0\xE5\xA5\xBD|!");
  EXPECT_EQ(cut("deepseek-v3", "a.b /c"), "a|.b| /|c");
}

TEST(PreTokenizer, CasesAndScripts) {
  EXPECT_EQ(cut("gpt-4o", "HelloWORLD isn't a/b\n"),
            "Hello|WORLD| isn't| a|/b|\n");
  EXPECT_EQ(cut("kimi-k2", "\xE4\xBD\xA0\xE5\xA5\xBD"
                           "abcDef"),
            "\xE4\xBD\xA0\xE5\xA5\xBD|abc|Def");
  EXPECT_EQ(cut("qwen35", "e\xCC\x81t\xCC\x81"), "e\xCC\x81t\xCC\x81");
}

TEST(PreTokenizer, BytesThatAreNotUtf8AreWords) {
  EXPECT_EQ(cut("gpt-2", "ab\xFF\xFE cd\xC3"), "ab|\xFF\xFE| cd|\xC3");
}

TEST(PreTokenizer, LongTextsTakeLittleTime) {
  // Anything quadratic would take minutes, or end with an error.
  constexpr size_t kSize = size_t{1} << 19;
  std::string emoji;
  while (emoji.size() < kSize)
    emoji += "\xF0\x9F\x99\x82";
  const std::string texts[] = {std::string(kSize, 'a'), std::string(kSize, 'A'),
                               std::string(kSize, ' ') + "x",
                               std::string(kSize, '\n'), emoji};
  const std::string known = listPreTokenizers();
  llvm::SmallVector<llvm::StringRef, 64> names;
  llvm::StringRef(known).split(names, ", ");
  ASSERT_GT(names.size(), 60u);
  std::set<const PreTokenizer *> seen;
  for (llvm::StringRef name : names) {
    if (!seen.insert(findPreTokenizer(name)).second)
      continue;
    const runtime::PreTokenizer preTokenizer = make(name);
    for (const std::string &text : texts) {
      auto words = preTokenizer.split(text);
      ASSERT_TRUE(words.ok()) << name.str() << ": " << words.status();
      size_t size = 0;
      for (std::string_view word : *words)
        size += word.size();
      EXPECT_EQ(size, text.size()) << name.str();
    }
  }
}

TEST(PreTokenizer, Behaviours) {
  using Split = plan::Tokenizer::Split;
  auto split = [](Split::Behavior behavior, bool invert) {
    plan::Tokenizer message;
    Split &step = *message.add_splits();
    step.set_pattern("-");
    step.set_behavior(behavior);
    step.set_invert(invert);
    auto words =
        runtime::PreTokenizer::create(message)->split("the-final--end");
    std::string joined;
    for (std::string_view word : *words)
      joined.append(joined.empty() ? "" : "|").append(word);
    return joined;
  };
  EXPECT_EQ(split(Split::ISOLATED, false), "the|-|final|-|-|end");
  EXPECT_EQ(split(Split::REMOVED, false), "the|final|end");
  EXPECT_EQ(split(Split::REMOVED, true), "-|-|-");
  EXPECT_EQ(split(Split::MERGED_WITH_PREVIOUS, false), "the-|final-|-|end");
  EXPECT_EQ(split(Split::MERGED_WITH_NEXT, false), "the|-final|-|-end");
  EXPECT_EQ(split(Split::CONTIGUOUS, false), "the|-|final|--|end");
}

} // namespace
