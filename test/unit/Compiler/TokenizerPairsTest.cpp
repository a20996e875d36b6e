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

#include "../TestSupport.h"

#include "espresso/Export/TokenizerMessage.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Runtime/Tokenizer.h"

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

  static runtime::Tokenizer load(const FailureOr<TokenizerData> &data,
                                 const Messages &messages) {
    EXPECT_TRUE(succeeded(data)) << messages.str();
    const std::string bytes =
        serializeTokenizer(succeeded(data) ? *data : TokenizerData());
    auto tokenizer = runtime::Tokenizer::parse(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
        "tokenizer.pb");
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    return *std::move(tokenizer);
  }

  void checkPairs(const std::string &name) {
    Messages messages;
    const std::string path = (models / "vocab" / name).string();
    runtime::Tokenizer tokenizer =
        load(readGgufTokenizer(path, messages), messages);
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

} // namespace
