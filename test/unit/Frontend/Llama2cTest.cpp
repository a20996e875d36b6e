//===- Llama2cTest.cpp - Tests of the llama2.c frontend -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrontendTest.h"

#include <filesystem>

using namespace espresso;
using namespace espresso::test;

namespace {

/// A llama2.c model and its vocabulary in a directory.
class Llama2cTest : public ::testing::Test {
protected:
  std::string write(std::string_view model) {
    directory.write("tok5.bin", tiny.makeLlama2cTokenizer());
    return directory.write("m.bin", model);
  }

  TemporaryDirectory directory;
  TinyModel tiny;
};

} // namespace

TEST_F(Llama2cTest, ReadsConfiguration) {
  Messages messages;
  auto checkpoint =
      readCheckpoint(write(tiny.makeLlama2c(/*untied=*/false)), {}, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  const ModelConfig &config = checkpoint->config;
  EXPECT_EQ(config.name, "m");
  EXPECT_EQ(config.architecture, "llama");
  EXPECT_EQ(config.numLayers, 2);
  EXPECT_EQ(config.embeddingSize, 8);
  EXPECT_EQ(config.hiddenSize, 12);
  EXPECT_EQ(config.numHeads, 4);
  EXPECT_EQ(config.numKVHeads, 2);
  EXPECT_EQ(config.headSize, 2);
  EXPECT_EQ(config.vocabularySize, 5);
  EXPECT_EQ(config.contextLength, 6);
  EXPECT_EQ(config.ropeTheta, 10000);
  EXPECT_EQ(config.normEpsilon, 1e-5);
  EXPECT_TRUE(config.tiedHead);
  EXPECT_EQ(config.stopIds, (std::vector<uint32_t>{1, 2}));
  EXPECT_FALSE(checkpoint->findTensor("lm_head"));
}

TEST_F(Llama2cTest, TensorsStandInTheOrderOfTheFile) {
  Messages messages;
  auto checkpoint =
      readCheckpoint(write(tiny.makeLlama2c(/*untied=*/true)), {}, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  // The k-th float of the file is k / 4.
  auto getFirst = [&](const char *name) {
    return readFloats(*checkpoint, name)[0] * 4;
  };
  EXPECT_EQ(getFirst("embedding"), 0);
  EXPECT_EQ(getFirst("layers.0.rms_att"), 40);
  EXPECT_EQ(getFirst("layers.1.rms_att"), 48);
  EXPECT_EQ(getFirst("layers.0.wq"), 56);
  EXPECT_EQ(getFirst("layers.1.wq"), 120);
  EXPECT_EQ(getFirst("layers.0.wk"), 184);
  EXPECT_EQ(getFirst("layers.0.wv"), 248);
  EXPECT_EQ(getFirst("layers.0.wo"), 312);
  EXPECT_EQ(getFirst("layers.0.rms_ffn"), 440);
  EXPECT_EQ(getFirst("layers.0.w1"), 456);
  EXPECT_EQ(getFirst("layers.0.w2"), 648);
  EXPECT_EQ(getFirst("layers.1.w3"), 936);
  EXPECT_EQ(getFirst("rms_final"), 1032);
  // Between them: two tables of 6 positions and one angle each.
  EXPECT_EQ(getFirst("lm_head"), 1040 + 12);
}

TEST_F(Llama2cTest, LaterVersionsHaveTheirOwnOrder) {
  Messages messages;
  for (bool untied : {false, true}) {
    auto plain =
        readCheckpoint(write(tiny.makeLaterLlama2c(1, untied)), {}, messages);
    ASSERT_TRUE(succeeded(plain)) << messages.str();
    EXPECT_EQ(plain->format, "llama2.c version 1");
    EXPECT_EQ(plain->config.tiedHead, !untied);
    EXPECT_EQ(plain->tensors.size(), 2u + untied + 2 * 9);
    // The k-th number of the file is k mod 97, in quarters.
    auto getFirst = [&](const char *name) {
      return static_cast<int>(readFloats(*plain, name)[0] * 4);
    };
    EXPECT_EQ(getFirst("layers.1.rms_att"), 8);
    EXPECT_EQ(getFirst("layers.0.rms_ffn"), 16);
    EXPECT_EQ(getFirst("rms_final"), 32);
    EXPECT_EQ(getFirst("embedding"), 40);
    EXPECT_EQ(getFirst("layers.0.wq"), 80);
    EXPECT_EQ(getFirst("layers.0.wk"), (80 + 128) % 97);
    EXPECT_EQ(getFirst("layers.1.w2"), (80 + 384 + 3 * 96) % 97);
    // Version 2 is version 1 in int8.
    auto quantized = readCheckpoint(
        directory.write("q.bin", tiny.makeLaterLlama2c(2, untied)), {},
        messages);
    ASSERT_TRUE(succeeded(quantized)) << messages.str();
    EXPECT_EQ(quantized->format, "llama2.c version 2");
    for (const auto &[name, tensor] : plain->tensors)
      EXPECT_EQ(readFloats(*plain, name), readFloats(*quantized, name)) << name;
  }
}

TEST_F(Llama2cTest, BadHeadersOfLaterVersionsAreRefused) {
  auto readAfter = [&](size_t place, char value) {
    std::string model = tiny.makeLaterLlama2c(2, false);
    model[place] = value;
    return tryRead(write(model));
  };
  const std::tuple<size_t, char, const char *> cases[] = {
      {4, 3, "byte 4: expected llama2.c version 1 or 2 after '24ka', found 3"},
      {8, 9, "divides the sizes 9 and 12"},
      {20, 0, "heads that divides the embedding size 8, found 0"},
      {20, 3, "byte 20: expected a number of heads"},
      {19, '\x80', "expected 'layers' between 1 and 4096"},
      {36, 2, "expected 0 or 1, for a head of its own or the embedding"},
      {37, 5, "expected a length of groups that divides the sizes 8 and 12"},
      {37, 0, "expected a length of groups"},
      {40, '\x80', "expected a length of groups"},
      {37, 2, "bytes of llama2.c version 2 for 2 layers"},
  };
  for (const auto &[place, value, message] : cases) {
    std::string text = readAfter(place, value);
    EXPECT_NE(text.find(message), std::string::npos) << text;
  }
  std::string model = tiny.makeLaterLlama2c(2, true);
  std::string path = write(model);
  for (size_t size = 0; size < model.size(); size += 1 + size / 64) {
    write(model.substr(0, size));
    ASSERT_NE(tryRead(path), "") << size;
  }
}

TEST_F(Llama2cTest, ReadsVocabulary) {
  Messages messages;
  auto fromBin = readCheckpoint(write(tiny.makeLlama2c(false)), {}, messages);
  ASSERT_TRUE(succeeded(fromBin)) << messages.str();
  auto fromGguf = readCheckpoint(
      directory.write("m.gguf", tiny.makeGguf().write()), {}, messages);
  ASSERT_TRUE(succeeded(fromGguf)) << messages.str();
  EXPECT_EQ(fromBin->tokenizer.pieces, fromGguf->tokenizer.pieces);
  EXPECT_EQ(fromBin->tokenizer.stopIds, fromGguf->tokenizer.stopIds);
  EXPECT_EQ(fromBin->tokenizer.bosId, fromGguf->tokenizer.bosId);
  EXPECT_EQ(fromBin->tokenizer.unknownId, fromGguf->tokenizer.unknownId);
}

TEST_F(Llama2cTest, TheVocabularyIsLookedForInOrder) {
  std::string model = directory.write("m.bin", tiny.makeLlama2c(false));
  std::string text = tryRead(model);
  EXPECT_NE(text.find("looked for '" + directory.getPath("m.tokenizer.bin") +
                      "', '" + directory.getPath("tok5.bin") + "', '" +
                      directory.getPath("tokenizer.bin") + "'"),
            std::string::npos)
      << text;
  // Each is preferred to what the next name holds, which is broken.
  std::string good = tiny.makeLlama2cTokenizer();
  directory.write("tokenizer.bin", good);
  EXPECT_EQ(tryRead(model), "");
  directory.write("tokenizer.bin", "broken");
  EXPECT_NE(tryRead(model), "");
  directory.write("tok5.bin", good);
  EXPECT_EQ(tryRead(model), "");
  directory.write("tok5.bin", "broken");
  directory.write("m.tokenizer.bin", good);
  EXPECT_EQ(tryRead(model), "");
  directory.write("m.tokenizer.bin", "broken");
  EXPECT_EQ(tryRead(model, directory.write("other/t", good)), "");
  EXPECT_NE(tryRead(model, directory.getPath("absent")).find("absent"),
            std::string::npos);
}

TEST_F(Llama2cTest, TheSizeOfTheFileIsExact) {
  std::string model = tiny.makeLlama2c(false);
  std::string text = tryRead(write(model + "x"));
  EXPECT_NE(text.find("expected " + std::to_string(model.size()) +
                      " bytes of llama2.c version 0 for 2 layers"),
            std::string::npos)
      << text;
  // A claim whose size does not fit 64 bits.
  for (int i = 0; i < 2; ++i)
    for (int byte = 0; byte < 4; ++byte)
      model[4 * i + byte] = static_cast<char>((1 << 28) >> (8 * byte));
  model[9] = 0x0f; // layers
  EXPECT_NE(tryRead(write(model)).find("found"), std::string::npos);
}

TEST_F(Llama2cTest, HeadsMustDivideTheSize) {
  std::string model = tiny.makeLlama2c(false);
  model[12] = 3;
  std::string text = tryRead(write(model));
  EXPECT_NE(text.find("byte 12: expected a number of heads that divides the "
                      "embedding size 8, found 3"),
            std::string::npos)
      << text;
}

TEST_F(Llama2cTest, OtherFilesAreTold) {
  EXPECT_NE(tryRead(directory.write(
                        "a", std::string_view("PK\x03\x04\0\x00 a zip", 12)))
                .find("expected a model: GGUF, which begins with 'GGUF', "
                      "llama2.c, which begins with '24ka' or seven sizes, or a "
                      "folder with 'config.json'; found "
                      "50 4b 03 04 00 00 20 61\n"),
            std::string::npos);
  EXPECT_NE(tryRead(directory.write("b", "")).find("found an empty file"),
            std::string::npos);
  EXPECT_NE(tryRead(directory.getPath("absent")).find("No such file"),
            std::string::npos);
  EXPECT_NE(tryRead(directory.getPath()).find("config.json': No such file"),
            std::string::npos);
}

TEST_F(Llama2cTest, EveryTruncationIsReported) {
  std::string model = TinyModel{.layers = 1}.makeLlama2c(true);
  std::string path = write(model);
  for (size_t size = model.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    ASSERT_NE(tryRead(path), "") << size;
  }
  path = write(model);
  std::string tokens = tiny.makeLlama2cTokenizer();
  std::string vocabulary = directory.write("t", tokens + "x");
  EXPECT_NE(tryRead(path, vocabulary)
                .find("found 1 more bytes: a vocabulary of another model"),
            std::string::npos);
  std::filesystem::resize_file(vocabulary, tokens.size());
  EXPECT_EQ(tryRead(path, vocabulary), "");
  for (size_t size = tokens.size(); size-- > 0;) {
    std::filesystem::resize_file(vocabulary, size);
    ASSERT_NE(tryRead(path, vocabulary), "") << size;
  }
}

TEST_F(Llama2cTest, NoCorruptionDoesHarm) {
  std::string model = TinyModel{.layers = 1}.makeLlama2c(true);
  std::string path = write(model);
  std::string tokens = tiny.makeLlama2cTokenizer();
  std::string vocabulary = directory.write("t", tokens);
  auto corrupt = [&](const std::string &file, const std::string &bytes,
                     size_t count) {
    for (size_t place = 0; place < count; ++place) {
      for (char value : {'\x00', '\x7f', '\x80', '\xff'}) {
        writeByte(file, place, value);
        tryRead(path, vocabulary);
      }
      writeByte(file, place, bytes[place]);
    }
  };
  corrupt(path, model, 28);
  corrupt(vocabulary, tokens, tokens.size());
  EXPECT_EQ(tryRead(path, vocabulary), "");
}
