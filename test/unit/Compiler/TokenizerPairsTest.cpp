//===- TokenizerPairsTest.cpp - Texts and ids known elsewhere -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Vocabularies from outside of the project, through everything that handles
// them: the reader, tokenizer.pb, the runtime. Skipped where they are absent.
//
//===----------------------------------------------------------------------===//

#include "LoadTokenizer.h"

#include "gmock/gmock.h"

#include <sstream>

using namespace espresso;
using namespace espresso::test;

namespace {

class TokenizerPairsTest : public ::testing::Test {
protected:
  void SetUp() override {
    models = findSharedModels();
    if (models.empty() || !std::filesystem::exists(models / "vocab"))
      GTEST_SKIP() << "no shared models; set ESPRESSO_SHARED";
  }

  void checkPairs(const std::string &name) {
    const std::string path = (models / "vocab" / name).string();
    runtime::Tokenizer tokenizer = loadTokenizer(path);
    const std::string inputs = readFile(path + ".inp");
    std::istringstream outputs(readFile(path + ".out"));
    const std::string separator = "\n__ggml_vocab_test__\n";
    size_t cases = 0;
    for (size_t at = 0; at != std::string::npos; ++cases) {
      const size_t end = inputs.find(separator, at);
      const std::string text = inputs.substr(at, end - at);
      at = end == std::string::npos ? end : end + separator.size();
      std::string line;
      // Behind the last separator is the empty text, which has no line.
      ASSERT_TRUE(std::getline(outputs, line) ||
                  (text.empty() && at == std::string::npos));
      std::istringstream numbers(line);
      std::vector<int32_t> expected;
      for (int32_t id; numbers >> id;)
        expected.push_back(id);
      auto ids = tokenizer.encode(text, {.addSpecial = false});
      ASSERT_TRUE(ids.ok()) << ids.status();
      EXPECT_EQ(*ids, expected) << "case " << cases << ": '" << text << "'";
      EXPECT_EQ(tokenizer.decode(*ids), text) << cases;
    }
    EXPECT_EQ(cases, 47u);
  }

  std::filesystem::path models;
};

TEST_F(TokenizerPairsTest, Gpt2) { checkPairs("ggml-vocab-gpt-2.gguf"); }

TEST_F(TokenizerPairsTest, LlamaSentencePiece) {
  checkPairs("ggml-vocab-llama-spm.gguf");
}

/// A SentencePiece model and what llama2.c makes of it cut texts alike.
static void checkAlike(const std::filesystem::path &model,
                       const std::filesystem::path &compact) {
  if (!std::filesystem::exists(model))
    GTEST_SKIP() << "no shared models";
  runtime::Tokenizer a = loadTokenizer(model.string());
  runtime::Tokenizer b = loadTokenizer(compact.string());
  EXPECT_EQ(a.getVocabularySize(), b.getVocabularySize());
  for (const char *text :
       {"Once upon a time", "one blank", "\xF0\x9F\x98\x80 smile\n", "a", "",
        "Lily and Tom were playing. \"Look!\"", "1234 \xC3\xA9\xFF"}) {
    EXPECT_EQ(*a.encode(text), *b.encode(text)) << text;
    EXPECT_EQ(a.decode(*a.encode(text)), text);
  }
}

TEST_F(TokenizerPairsTest, SentencePieceModels) {
  checkAlike(models / "stories260K/tok512.model",
             models / "stories260K/tok512.bin");
  checkAlike(models / "stories260K/hf/tokenizer.model",
             models / "stories260K/tok512.bin");
  // The model asks for one blank of several; the compact file cannot say so.
  runtime::Tokenizer model =
      loadTokenizer((models / "stories260K/tok512.model").string());
  EXPECT_THAT(*model.encode(" two  blanks"),
              testing::ElementsAre(1, 259, 424, 414, 268, 421, 303, 433, 419));
}

TEST_F(TokenizerPairsTest, SentencePieceModelOfCharacters) {
  runtime::Tokenizer a =
      loadTokenizer((models / "babyllama105/tok105.model").string());
  runtime::Tokenizer b =
      loadTokenizer((models / "babyllama105/tok105.bin").string());
  for (const char *text : {"Once upon a time", "a", "12 \"x\"!\n"})
    EXPECT_EQ(*a.encode(text), *b.encode(text)) << text;
}

} // namespace
