//===- TokenizerFilesTest.cpp - Vocabularies of Hugging Face folders ------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoadTokenizer.h"

#include "gmock/gmock.h"

using namespace espresso;
using namespace espresso::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// Byte-level BPE with everything around it.
const char *kByteLevel = R"({
  "added_tokens": [
    {"id": 9, "content": "<|s|>", "special": true},
    {"id": 10, "content": "<|s|><|t|>", "special": true},
    {"id": 12, "content": "[x]", "special": false, "lstrip": true,
     "single_word": true}],
  "normalizer": {"type": "NFC"},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": "\\p{N}"}, "behavior": "Isolated"},
    {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|s|>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}}],
    "special_tokens": {"<|s|>": {"id": "<|s|>", "ids": [9]}}},
  "decoder": {"type": "ByteLevel"},
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4,
    "Ã": 5, "©": 6, "1": 7, "Ã©": 8},
    "merges": ["a b", ["Ġ", "ab"], "Ã ©"]}})";

class TokenizerFilesTest : public ::testing::Test {
protected:
  runtime::Tokenizer load(std::string_view name, std::string_view text) {
    return loadTokenizer(directory.write(name, text));
  }
  std::string getError(std::string_view name, std::string_view text) {
    Messages messages;
    EXPECT_TRUE(
        failed(readTokenizerFile(directory.write(name, text), messages)));
    return messages.str();
  }
  TemporaryDirectory directory;
};

std::string replace(std::string text, const std::string &what,
                    const std::string &by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

} // namespace

TEST_F(TokenizerFilesTest, ByteLevelBpe) {
  directory.write("tokenizer_config.json",
                  R"({"bos_token": {"content": "<|s|>"}, "eos_token": "<|s|>",
                      "chat_template": "{{ bos_token }}"})");
  runtime::Tokenizer t = load("tokenizer.json", kByteLevel);
  EXPECT_EQ(t.getVocabularySize(), 13); // 11 is an id that nothing has
  EXPECT_EQ(t.getBos(), 9);
  EXPECT_TRUE(t.addsBos() && t.isStop(9));
  EXPECT_EQ(t.getChatTemplate(), "{{ bos_token }}");
  EXPECT_THAT(*t.encode("ab ab11"), ElementsAre(9, 3, 4, 7, 7));
  // Normalised: e and an accent are one character, here two bytes, one piece.
  EXPECT_THAT(*t.encode("\xC3\xA9"), ElementsAre(9, 8));
  EXPECT_EQ(t.decode(*t.encode("ab \xC3\xA9")), "ab \xC3\xA9");
}

TEST_F(TokenizerFilesTest, SpecialTokensAreFoundOnlyIfAskedFor) {
  runtime::Tokenizer t =
      load("tokenizer.json",
           replace(kByteLevel, R"("1": 7,)",
                   R"("1": 7, "<": 13, "|": 14, "s": 15, ">": 16, "t": 17,)"));
  const runtime::EncodeOptions parse{.addSpecial = false, .parseSpecial = true};
  EXPECT_THAT(*t.encode("a<|s|>b", parse), ElementsAre(0, 9, 1));
  // The longest of those that begin at a place.
  EXPECT_THAT(*t.encode("<|s|><|t|>", parse), ElementsAre(10));
  EXPECT_THAT(*t.encode("<|s|><|s|>", parse), ElementsAre(9, 9));
  EXPECT_THAT(*t.encode("<|s|>", {.addSpecial = false}),
              ElementsAre(13, 14, 15, 14, 16));
  EXPECT_EQ(t.decode(std::vector<int32_t>{0, 9, 1, 11, 99}), "ab");
  // One that is not special always is, takes the blanks before it, and stands
  // for itself in words only.
  EXPECT_THAT(*t.encode("a  [x]", {.addSpecial = false}), ElementsAre(0, 12));
  EXPECT_EQ(t.decode(12), "[x]");
}

TEST_F(TokenizerFilesTest, WithoutAPieceThereIsAnError) {
  runtime::Tokenizer t = load("tokenizer.json", kByteLevel);
  EXPECT_THAT(std::string(t.encode("abz").status().message()),
              HasSubstr("no piece for the 1 bytes 'z'"));
}

TEST_F(TokenizerFilesTest, CharacterBpeWithByteFallback) {
  // As the tokenizer.json of Llama 2: blanks are U+2581, one comes first.
  std::string vocabulary = R"("<unk>": 0, "▁": 1, "a": 2, "b": 3, "▁a": 4)";
  char entry[32];
  for (int byte = 0; byte < 256; ++byte) {
    std::snprintf(entry, sizeof(entry), ", \"<0x%02X>\": %d", byte, 5 + byte);
    vocabulary += entry;
  }
  runtime::Tokenizer t = load("tokenizer.json", R"({
    "normalizer": {"type": "Sequence", "normalizers": [
      {"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "decoder": {"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
      {"type": "ByteFallback"}, {"type": "Fuse"},
      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
      "byte_fallback": true, "vocab": {)" + vocabulary +
                                                    R"(},
      "merges": ["▁ a"]}})");
  EXPECT_THAT(*t.encode("a a"), ElementsAre(4, 4));
  EXPECT_THAT(*t.encode("b\xC3\xA9"), ElementsAre(1, 3, 5 + 0xC3, 5 + 0xA9));
  EXPECT_EQ(t.decode(*t.encode("b \xC3\xA9")), "b \xC3\xA9");
}

TEST_F(TokenizerFilesTest, Unigram) {
  runtime::Tokenizer t = load("tokenizer.json", R"({
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
                      "prepend_scheme": "always"},
    "post_processor": {"type": "TemplateProcessing", "single": [
        {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}],
      "special_tokens": {"</s>": {"ids": [1]}}},
    "added_tokens": [{"id": 1, "content": "</s>", "special": true}],
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [
      ["<unk>", 0], ["</s>", 0], ["▁", -3], ["a", -3], ["b", -3],
      ["▁a", -4], ["ab", -4], ["▁ab", -9]]}})");
  // -3 - 4 is better than -4 - 3 by being first, and than -9: "▁" "ab".
  EXPECT_THAT(*t.encode("ab"), ElementsAre(2, 6, 1));
  // Unknown characters in a row are one piece.
  EXPECT_THAT(*t.encode("azzb"), ElementsAre(5, 0, 4, 1));
  EXPECT_EQ(t.decode(*t.encode("ab a")), "ab a");
}

TEST_F(TokenizerFilesTest, VocabularyAndMerges) {
  directory.write("merges.txt", "#version: 0.2\na b\n\xC4\xA0 ab\n");
  const char *vocabulary =
      R"({"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4, "<|endoftext|>": 5})";
  runtime::Tokenizer t = load("vocab.json", vocabulary);
  EXPECT_THAT(*t.encode("ab ab"), ElementsAre(3, 4));
  EXPECT_TRUE(t.isStop(5));
  directory.write("merges.txt", "a c\n");
  EXPECT_THAT(getError("vocab.json", vocabulary),
              HasSubstr("merges.txt:1: expected merges of pieces to pieces, "
                        "found 'c', which is none"));
}

TEST_F(TokenizerFilesTest, WhatIsWrongHasAPlace) {
  auto check = [&](const std::string &what, const std::string &by,
                   const std::string &message) {
    EXPECT_THAT(getError("tokenizer.json", replace(kByteLevel, what, by)),
                HasSubstr(message));
  };
  check(R"("type": "BPE")", R"("type": "WordPiece")",
        "the model 'WordPiece' is not supported; known are: BPE, Unigram");
  check(R"("NFC")", R"("BertNormalizer")",
        "normalizer: the normaliser 'BertNormalizer' is not supported");
  check(R"("type": "Split")", R"("type": "BertPreTokenizer")",
        "pre_tokenizer.pretokenizers[0]: the pre-tokeniser");
  check(R"(\\p{N})", R"([a&&b])", "set operations (&&) are not supported");
  check(R"("a b",)", R"("a c",)", "model.merges[0]: expected merges of pieces");
  check(R"("b": 1)", R"("b": -1)", "expected an id for 'b'");
  check(R"("b": 1)", R"("b": 99999999)", "expected ids below 65");
  check(R"("b": 1)", R"("b": 0)", "id 0 is both");
  check(R"("ids": [9])", R"("ids": [99])", "expected ids of pieces");
  check(R"("Isolated")", R"("Sometimes")", "the behaviour 'Sometimes'");
  check(R"("merges": [)", R"("end_of_word_suffix": "</w>", "merges": [)",
        "model.end_of_word_suffix: not supported yet");
  EXPECT_THAT(getError("tokenizer.json", "{"), HasSubstr("expected JSON"));
  EXPECT_THAT(getError("tokenizer.json", "{}"), HasSubstr("model: expected"));
  EXPECT_THAT(getError("tokenizer.json", std::string(100000, '[')),
              HasSubstr("nested more than"));
  EXPECT_THAT(getError("vocabulary.txt", ""),
              HasSubstr("expected a vocabulary:"));
}

TEST_F(TokenizerFilesTest, ATemplateThatCannotBeRenderedIsAWarning) {
  directory.write("chat_template.jinja", "{% include 'x' %}");
  Messages messages;
  auto data = readTokenizerFile(directory.write("tokenizer.json", kByteLevel),
                                messages);
  EXPECT_TRUE(succeeded(data));
  EXPECT_THAT(messages.str(),
              HasSubstr("chat template:1:4: the statement 'include' is not"));
}
