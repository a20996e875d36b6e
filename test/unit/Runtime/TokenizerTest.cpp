//===- TokenizerTest.cpp - Encoding and streaming -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Tokenizer.h"

#include "espresso/Plan/tokenizer.pb.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstring>
#include <fstream>
#include <iterator>

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;
using Piece = plan::Tokenizer;

namespace {

const std::string kBlank = "\xE2\x96\x81";

/// A vocabulary: <unk>, <s>, </s>, the 256 bytes from id 3 on, then `pieces`.
plan::Tokenizer makeVocabulary(
    const std::vector<std::tuple<std::string, float, Piece::PieceType>> &pieces,
    bool withBytes = true) {
  plan::Tokenizer message;
  message.set_model(Piece::SENTENCEPIECE_BPE);
  auto add = [&](const std::string &text, float score, Piece::PieceType type) {
    auto &piece = *message.add_pieces();
    piece.set_text(text);
    piece.set_score(score);
    piece.set_type(type);
  };
  add("<unk>", 0, Piece::UNKNOWN);
  add("<s>", 0, Piece::CONTROL);
  add("</s>", 0, Piece::CONTROL);
  for (int byte = 0; withBytes && byte < 256; ++byte) {
    char text[8];
    snprintf(text, sizeof(text), "<0x%02X>", byte);
    add(text, 0, Piece::BYTE);
  }
  for (const auto &[text, score, type] : pieces)
    add(text, score, type);
  message.set_bos(1);
  message.set_unknown(0);
  message.add_stop(2);
  return message;
}

absl::StatusOr<Tokenizer> parse(const plan::Tokenizer &message) {
  const std::string bytes = message.SerializeAsString();
  return Tokenizer::parse(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, "t.pb");
}

Tokenizer make(const plan::Tokenizer &message) {
  auto tokenizer = parse(message);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

std::vector<int32_t> encode(const Tokenizer &tokenizer, std::string_view text) {
  auto ids = tokenizer.encode(text);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return ids.ok() ? *ids : std::vector<int32_t>();
}

constexpr int32_t kByte0 = 3, kFirst = 259;

TEST(Tokenizer, JoinsTheBestScoreFirstAndTheLeftmostOfEquals) {
  Tokenizer t = make(makeVocabulary({{"a", -9, Piece::NORMAL},
                                     {"b", -9, Piece::NORMAL},
                                     {"c", -9, Piece::NORMAL},
                                     {"ab", -2, Piece::NORMAL},
                                     {"bc", -1, Piece::NORMAL},
                                     {"aa", -3, Piece::NORMAL}}));
  EXPECT_THAT(encode(t, "abc"), ElementsAre(kFirst, kFirst + 4)); // a bc
  EXPECT_THAT(encode(t, "aab"), ElementsAre(kFirst, kFirst + 3)); // a ab
  EXPECT_THAT(encode(t, "aaa"), ElementsAre(kFirst + 5, kFirst)); // aa a
  EXPECT_THAT(encode(t, "aaaa"), ElementsAre(kFirst + 5, kFirst + 5));
  EXPECT_THAT(encode(t, ""), ElementsAre());
}

TEST(Tokenizer, BosAndSpacePrefix) {
  plan::Tokenizer message = makeVocabulary({{kBlank, -1, Piece::NORMAL},
                                            {"a", -2, Piece::NORMAL},
                                            {kBlank + "a", -1, Piece::NORMAL}});
  message.set_add_bos(true);
  message.set_add_space_prefix(true);
  Tokenizer t = make(message);
  EXPECT_THAT(encode(t, "a"), ElementsAre(1, kFirst + 2));
  EXPECT_THAT(encode(t, " a"), ElementsAre(1, kFirst, kFirst + 2));
  EXPECT_THAT(encode(t, ""), ElementsAre(1));
  EXPECT_EQ(t.decode(encode(t, "a a")), "a a");
  EXPECT_EQ(t.decode(encode(t, " a")), " a");
  EXPECT_TRUE(t.isStop(2));
  EXPECT_FALSE(t.isStop(1));
}

TEST(Tokenizer, UnknownCharactersBecomeBytes) {
  Tokenizer t = make(makeVocabulary({{"a", -1, Piece::NORMAL}}));
  EXPECT_THAT(encode(t, "a\xC3\xA9"),
              ElementsAre(kFirst, kByte0 + 0xC3, kByte0 + 0xA9));
  Tokenizer u = make(makeVocabulary({{"a", -1, Piece::NORMAL}}, false));
  EXPECT_THAT(encode(u, "a\xC3\xA9!"), ElementsAre(3, 0, 0));
  plan::Tokenizer none = makeVocabulary({{"a", -1, Piece::NORMAL}}, false);
  none.clear_unknown();
  EXPECT_EQ(make(none).encode("b").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Tokenizer, AnyBytesComeBack) {
  Tokenizer t = make(
      makeVocabulary({{"a", -1, Piece::NORMAL}, {kBlank, -2, Piece::NORMAL}}));
  uint64_t seed = 1;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < round; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      // The blank's own spelling is the one text that does not come back.
      text += static_cast<char>(seed >> 56);
    }
    EXPECT_EQ(t.decode(encode(t, text)), text);
  }
}

TEST(Tokenizer, ControlPiecesNeverComeFromText) {
  Tokenizer t = make(makeVocabulary({{"s", -1, Piece::NORMAL}}));
  for (int32_t id : encode(t, "<s></s><unk><0x41>"))
    EXPECT_GE(id, kByte0);
  EXPECT_EQ(t.decode(encode(t, "<0x41>")), "<0x41>");
  EXPECT_EQ(t.decode(1), "");
  EXPECT_EQ(t.decode(-1), "");
  EXPECT_EQ(t.decode(1 << 30), "");
}

TEST(Tokenizer, UserDefinedPiecesComeFirstAndStayWhole) {
  Tokenizer t = make(makeVocabulary({{"a", -5, Piece::NORMAL},
                                     {"b", -5, Piece::NORMAL},
                                     {"ab", 0, Piece::USER_DEFINED},
                                     {"abab", 0, Piece::USER_DEFINED},
                                     {"aba", 10, Piece::NORMAL}}));
  EXPECT_THAT(encode(t, "abab"), ElementsAre(kFirst + 3));
  EXPECT_THAT(encode(t, "aba"), ElementsAre(kFirst + 2, kFirst));
  EXPECT_THAT(encode(t, "bab"), ElementsAre(kFirst + 1, kFirst + 2));
}

TEST(Tokenizer, UnusedPiecesFallApartAgain) {
  Tokenizer t = make(makeVocabulary({{"a", -5, Piece::NORMAL},
                                     {"b", -5, Piece::NORMAL},
                                     {"c", -5, Piece::NORMAL},
                                     {"ab", -1, Piece::UNUSED},
                                     {"abc", -2, Piece::NORMAL}}));
  EXPECT_THAT(encode(t, "ab"), ElementsAre(kFirst, kFirst + 1));
  EXPECT_THAT(encode(t, "abc"), ElementsAre(kFirst + 4));
}

TEST(Tokenizer, LongTextsTakeLittleTime) {
  // Quadratic joining would take minutes.
  plan::Tokenizer message = makeVocabulary({{"a", -9, Piece::NORMAL}});
  std::string text = "a";
  for (int i = 0; i < 12; ++i) {
    text += text;
    auto &piece = *message.add_pieces();
    piece.set_text(text);
    piece.set_score(static_cast<float>(-i));
    piece.set_type(Piece::NORMAL);
  }
  EXPECT_EQ(encode(make(message), std::string(1 << 18, 'a')).size(), 64u);
}

TEST(Tokenizer, RefusesBrokenVocabularies) {
  const std::vector<std::tuple<std::string, float, Piece::PieceType>> one = {
      {"a", -1, Piece::NORMAL}};
  auto expectInvalid = [](const plan::Tokenizer &message) {
    EXPECT_EQ(parse(message).status().code(),
              absl::StatusCode::kInvalidArgument);
  };
  plan::Tokenizer message;
  expectInvalid(message);
  message.set_model(Piece::SENTENCEPIECE_BPE);
  expectInvalid(message); // empty
  message = makeVocabulary(one);
  message.set_bos(9999);
  expectInvalid(message);
  message = makeVocabulary(one);
  message.add_stop(9999);
  expectInvalid(message);
  message = makeVocabulary({{"<0xZZ>", 0, Piece::BYTE}});
  expectInvalid(message);
  message = makeVocabulary({{"", 0, Piece::USER_DEFINED}});
  expectInvalid(message);
  message = makeVocabulary({{"a", std::nanf(""), Piece::NORMAL}});
  expectInvalid(message);
  message = makeVocabulary(one);
  message.clear_bos();
  message.set_add_bos(true);
  expectInvalid(message);
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

TEST(TextStream, HoldsUnfinishedCharactersBack) {
  Tokenizer t = make(makeVocabulary({{"a", -1, Piece::NORMAL}}));
  TextStream stream(t, true);
  EXPECT_EQ(stream.push(kByte0 + 0xE2), "");
  EXPECT_EQ(stream.push(kByte0 + 0x82), "");
  EXPECT_EQ(stream.push(kByte0 + 0xAC), "\xE2\x82\xAC");
  EXPECT_EQ(stream.push(kByte0 + 0xE2), "");
  EXPECT_EQ(stream.push(kFirst), "\xEF\xBF\xBD"
                                 "a");
  EXPECT_EQ(stream.push(kByte0 + 0x80), "\xEF\xBF\xBD");
  EXPECT_EQ(stream.push(1), "");
  EXPECT_EQ(stream.push(kByte0 + 0xF0), "");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(stream.finish(), "");
}

TEST(TextStream, RefusesWhatIsNoCharacter) {
  Tokenizer t = make(makeVocabulary({}));
  TextStream stream(t, true);
  // Surrogate, overlong, beyond U+10FFFF: each byte that cannot begin or go on.
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(stream.pushBytes("\xED\xA0\x80"), bad + bad + bad);
  EXPECT_EQ(stream.pushBytes("\xC0\xAF"), bad + bad);
  EXPECT_EQ(stream.pushBytes("\xF4\x90\x80\x80"), bad + bad + bad + bad);
  // A cut-off character is one replacement (Unicode, "maximal subpart").
  EXPECT_EQ(stream.pushBytes("\xF0\x9F\x98x"), bad + "x");
  EXPECT_EQ(stream.pushBytes("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(TextStream, DropsTheAddedBlankAtTheStartOnly) {
  plan::Tokenizer message = makeVocabulary(
      {{kBlank + "a", -1, Piece::NORMAL}, {kBlank, -1, Piece::NORMAL}});
  message.set_add_space_prefix(true);
  Tokenizer t = make(message);
  TextStream start(t, true);
  EXPECT_EQ(start.push(1), "");
  EXPECT_EQ(start.push(kFirst), "a");
  EXPECT_EQ(start.push(kFirst), " a");
  TextStream blank(t, true);
  EXPECT_EQ(blank.push(kFirst + 1), "");
  EXPECT_EQ(blank.push(kFirst), " a");
  TextStream later(t, false);
  EXPECT_EQ(later.push(kFirst), " a");
}

//===----------------------------------------------------------------------===//
// A real vocabulary, where the models are at hand
//===----------------------------------------------------------------------===//

/// llama2.c's format: int32 longest piece, then float score, int32 length and
/// bytes of each piece. Ids 0 to 2 are <unk>, <s>, </s>; 3 to 258 are bytes.
plan::Tokenizer readLlama2c(std::istream &file) {
  plan::Tokenizer message;
  message.set_model(Piece::SENTENCEPIECE_BPE);
  message.set_bos(1);
  message.set_add_bos(true);
  message.set_add_space_prefix(true);
  int32_t number;
  file.read(reinterpret_cast<char *>(&number), sizeof(number));
  float score;
  for (int id = 0; file.read(reinterpret_cast<char *>(&score), sizeof(score));
       ++id) {
    file.read(reinterpret_cast<char *>(&number), sizeof(number));
    std::string text(number, '\0');
    file.read(text.data(), number);
    for (size_t at; id > 2 && (at = text.find(' ')) != std::string::npos;)
      text.replace(at, 1, kBlank);
    auto &piece = *message.add_pieces();
    piece.set_text(text);
    piece.set_score(score);
    piece.set_type(id == 0    ? Piece::UNKNOWN
                   : id <= 2  ? Piece::CONTROL
                   : id < 259 ? Piece::BYTE
                              : Piece::NORMAL);
  }
  return message;
}

TEST(Tokenizer, Stories260K) {
  std::ifstream file(ESPRESSO_SHARED_MODELS "/stories260K/tok512.bin",
                     std::ios::binary);
  if (!file)
    GTEST_SKIP() << "the shared models are not here";
  Tokenizer t = make(readLlama2c(file));
  EXPECT_EQ(t.getVocabularySize(), 512);
  EXPECT_THAT(encode(t, "Once upon a time"),
              ElementsAre(1, 403, 407, 261, 378));
  for (const char *text :
       {"Lily and Tom", " two  blanks", "\xF0\x9F\x98\x80 smile", "\n\n"})
    EXPECT_EQ(t.decode(encode(t, text)), text);
}

} // namespace
