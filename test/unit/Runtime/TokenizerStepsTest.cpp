//===- TokenizerStepsTest.cpp - Steps around a vocabulary's model ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/CharsMap.h"
#include "espresso/Plan/tokenizer.pb.h"
#include "espresso/Runtime/Tokenizer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <array>

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;
using testing::HasSubstr;
using Step = plan::Tokenizer::Normalizer;

namespace {

absl::StatusOr<Tokenizer> parse(const plan::Tokenizer &message) {
  const std::string bytes = message.SerializeAsString();
  return Tokenizer::parse(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, "t.pb");
}

/// All bytes as pieces, then `words`; no merges, so that words that are pieces
/// are seen whole and others byte by byte.
plan::Tokenizer makeBytes(std::initializer_list<const char *> words) {
  plan::Tokenizer message;
  message.set_model(plan::Tokenizer::BYTE_BPE);
  message.set_ignore_merges(true);
  for (int byte = 0; byte < 256; ++byte)
    message.add_pieces()->set_text(std::string(1, static_cast<char>(byte)));
  for (const char *word : words)
    message.add_pieces()->set_text(word);
  return message;
}

std::string normalise(Step::Kind kind, const std::string &text,
                      const std::string &what = "",
                      const std::string &by = "") {
  plan::Tokenizer message = makeBytes({});
  Step &step = *message.add_normalizers();
  step.set_kind(kind);
  step.set_text(what);
  step.set_content(by);
  auto tokenizer = parse(message);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  auto ids = tokenizer->encode(text);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return ids.ok() ? tokenizer->decode(*ids) : std::string();
}

//===----------------------------------------------------------------------===//
// Normalising
//===----------------------------------------------------------------------===//

TEST(Normalizer, Steps) {
  EXPECT_EQ(normalise(Step::NFC, "e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(normalise(Step::NFKC, "\xEF\xAC\x81"), "fi");
  EXPECT_EQ(normalise(Step::LOWERCASE, "\xC3\x84"
                                       "B"),
            "\xC3\xA4"
            "b");
  EXPECT_EQ(normalise(Step::STRIP_ACCENTS, "e\xCC\x81"), "e");
  EXPECT_EQ(normalise(Step::REPLACE, "a--b", "-", "+"), "a++b");
  EXPECT_EQ(normalise(Step::REPLACE_REGEX, "a   b c", " {2,}", "_"), "a_b c");
  EXPECT_EQ(normalise(Step::PREPEND, "a", "> "), "> a");
  EXPECT_EQ(normalise(Step::PREPEND, "", "> "), "");
  EXPECT_EQ(normalise(Step::STRIP_LEFT, " \n a "), "a ");
  EXPECT_EQ(normalise(Step::STRIP_RIGHT, " a\t "), " a");
  EXPECT_EQ(normalise(Step::COLLAPSE_BLANKS, "  a   b "), "a b");
  // Bytes that are not UTF-8 stay.
  EXPECT_EQ(normalise(Step::NFC, "\xFF"
                                 "e\xCC\x81\xC3"),
            "\xFF\xC3\xA9\xC3");
}

/// A map of "A" to "xyz". A unit has its label in the low byte, bit 8 for a
/// leaf, its offset from bit 10 on.
std::string makeCharsMap() {
  std::vector<uint32_t> units(512, 0);
  const uint32_t root = 256, node = root ^ 'A', leaf = node ^ 1;
  units[0] = root << 10;
  units[node] = 'A' | (1U << 8) | (1U << 10);
  units[leaf] = 0x80000000; // the text at 0
  const auto bytes = static_cast<uint32_t>(units.size() * 4);
  std::string map(reinterpret_cast<const char *>(&bytes), 4);
  map.append(reinterpret_cast<const char *>(units.data()), bytes);
  return map.append("xyz").append(1, '\0');
}

TEST(CharsMap, ReplacesTheLongestBeginning) {
  EXPECT_EQ(normalise(Step::CHARSMAP, "bAd\xFF", makeCharsMap()), "bxyzd\xFF");
}

TEST(CharsMap, TrustsNothing) {
  EXPECT_FALSE(CharsMap::parse("").ok());
  EXPECT_FALSE(CharsMap::parse(std::string(4, '\xFF')).ok());
  EXPECT_FALSE(CharsMap::parse(std::string(8, '\xFF')).ok());
  const std::string map = makeCharsMap();
  EXPECT_FALSE(CharsMap::parse(map.substr(0, 100)).ok());
  // A text that does not end, and units that lead outside.
  auto cut = CharsMap::parse(std::string_view(map).substr(0, map.size() - 1));
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->find("A").length, 0u);
  uint64_t seed = 1;
  for (int round = 0; round < 200; ++round) {
    std::string wild = map;
    for (size_t i = 4; i < wild.size(); ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      wild[i] = static_cast<char>(seed >> 56);
    }
    auto parsed = CharsMap::parse(wild);
    ASSERT_TRUE(parsed.ok());
    for (const char *text : {"A", "abc", "\xE2\x82\xAC"})
      EXPECT_LE(parsed->find(text).length, 3u);
  }
}

//===----------------------------------------------------------------------===//
// Vocabularies that ask for too much
//===----------------------------------------------------------------------===//

TEST(TokenizerLimits, TextsDoNotExplode) {
  plan::Tokenizer message = makeBytes({});
  for (int i = 0; i < 8; ++i) {
    Step &step = *message.add_normalizers();
    step.set_kind(Step::REPLACE);
    step.set_text("a");
    step.set_content(std::string(1 << 16, 'a'));
  }
  auto ids = parse(message)->encode("aaaa");
  EXPECT_EQ(ids.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(ids.status().message()), HasSubstr("normalising"));
}

TEST(TokenizerLimits, PatternsThatTakeTooLongAreAnError) {
  plan::Tokenizer message = makeBytes({});
  message.add_splits()->set_pattern("(a+)+$");
  auto ids = parse(message)->encode(std::string(64, 'a') + "b");
  EXPECT_EQ(ids.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(TokenizerLimits, BrokenStepsAreRefused) {
  auto expectInvalid = [](const auto &change) {
    plan::Tokenizer message = makeBytes({"ab"});
    change(message);
    EXPECT_EQ(parse(message).status().code(),
              absl::StatusCode::kInvalidArgument);
  };
  using Message = plan::Tokenizer;
  expectInvalid([](Message &m) { m.add_merges(1); });
  expectInvalid([](Message &m) { m.add_merges(1), m.add_merges(9999); });
  expectInvalid([](Message &m) { m.add_merges('b'), m.add_merges('a'); });
  expectInvalid([](Message &m) { m.add_splits()->set_pattern("("); });
  expectInvalid([](Message &m) {
    m.add_splits()->set_behavior(
        static_cast<plan::Tokenizer::Split::Behavior>(9));
  });
  expectInvalid([](Message &m) { m.add_normalizers(); });
  expectInvalid(
      [](Message &m) { m.add_normalizers()->set_kind(Step::REPLACE); });
  expectInvalid(
      [](Message &m) { m.add_normalizers()->set_kind(Step::CHARSMAP); });
  expectInvalid([](Message &m) { m.add_added()->set_id(999); });
  expectInvalid([](Message &m) { m.add_prefix(999); });
  expectInvalid([](Message &m) { m.set_add_eos(true); });
  expectInvalid(
      [](Message &m) { m.add_pieces()->set_text(std::string(5000, 'x')); });
}

//===----------------------------------------------------------------------===//
// Merges and long words
//===----------------------------------------------------------------------===//

/// Again and again the leftmost of the best pairs, by looking at all of them.
std::vector<int32_t>
joinSlowly(std::vector<int32_t> ids,
           const std::vector<std::array<int32_t, 3>> &merges) {
  for (;;) {
    size_t best = merges.size(), place = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i)
      for (size_t rank = 0; rank < best; ++rank)
        if (merges[rank][0] == ids[i] && merges[rank][1] == ids[i + 1]) {
          best = rank;
          place = i;
        }
    if (best == merges.size())
      return ids;
    ids[place] = merges[best][2];
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(MergeModel, WordsOfAnyLengthAreJoinedByRank) {
  const std::vector<std::array<int32_t, 3>> merges = {
      {'a', 'b', 256}, {'b', 'a', 258}, {'a', 'a', 259},
      {256, 256, 257}, {259, 'a', 260}, {258, 'b', 261}};
  plan::Tokenizer message = makeBytes({"ab", "abab", "ba", "aa", "aaa", "bab"});
  message.set_ignore_merges(false);
  for (const auto &[left, right, joined] : merges) {
    message.add_merges(static_cast<uint32_t>(left));
    message.add_merges(static_cast<uint32_t>(right));
  }
  auto tokenizer = parse(message);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT(*tokenizer->encode("ababa"), ElementsAre(257, 'a'));
  EXPECT_THAT(*tokenizer->encode("aab"), ElementsAre('a', 256));
  uint64_t seed = 1;
  for (int length = 0; length < 300; ++length) {
    std::string word;
    std::vector<int32_t> ids;
    for (int i = 0; i < length; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      word += "aab"[(seed >> 40) % 3];
      ids.push_back(word.back());
    }
    EXPECT_EQ(*tokenizer->encode(word), joinSlowly(ids, merges)) << word;
  }
  // A megabyte of one letter.
  EXPECT_EQ(tokenizer->encode(std::string(1 << 20, 'a'))->size(), 1u << 19);
}

TEST(Tokenizer, AContinuationHasNoBlankBeforeIt) {
  plan::Tokenizer message = makeBytes({" a"});
  message.set_add_space_prefix(true);
  auto tokenizer = parse(message);
  EXPECT_THAT(*tokenizer->encode("a"), ElementsAre(256));
  EXPECT_THAT(*tokenizer->encode("a", {.isContinuation = true}),
              ElementsAre('a'));
}

} // namespace
