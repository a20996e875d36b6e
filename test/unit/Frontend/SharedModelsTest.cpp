//===- SharedModelsTest.cpp - Frontends on trained models -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Trained models from outside of the project. Where they are absent the tests
// are skipped, and say so.
//
//===----------------------------------------------------------------------===//

#include "FrontendTest.h"

#include <cmath>
#include <filesystem>

using namespace espresso;
using namespace espresso::test;

namespace {

class SharedModelsTest : public ::testing::Test {
protected:
  void SetUp() override {
    models = findSharedModels();
    if (models.empty() || !std::filesystem::exists(models / "stories260K"))
      GTEST_SKIP() << "no shared models; set ESPRESSO_SHARED";
  }

  Checkpoint read(const char *name) {
    Messages messages;
    auto checkpoint = readCheckpoint((models / name).string(), {}, messages);
    EXPECT_TRUE(succeeded(checkpoint)) << messages.str();
    return succeeded(checkpoint) ? *std::move(checkpoint) : Checkpoint();
  }

  std::filesystem::path models;
};

} // namespace

/// Of `b` from `a`, relative to `a`.
static double getDistance(const std::vector<float> &a,
                          const std::vector<float> &b) {
  EXPECT_EQ(a.size(), b.size());
  double error = 0, norm = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    norm += a[i] * a[i];
  }
  return std::sqrt(error / norm);
}

TEST_F(SharedModelsTest, BothFormsOfStories260KAreTheSameModel) {
  Checkpoint bin = read("stories260K/stories260K.bin");
  Checkpoint gguf = read("stories260K/stories260K-f32.gguf");
  EXPECT_EQ(bin.config.embeddingSize, 64);
  EXPECT_EQ(bin.config.vocabularySize, 512);
  EXPECT_EQ(bin.config.contextLength, 512);
  EXPECT_EQ(bin.getNumParameters(), 260032u);
  EXPECT_TRUE(bin.config.tiedHead);
  // This GGUF repeats the embedding as its head.
  EXPECT_FALSE(gguf.config.tiedHead);
  EXPECT_EQ(readFloats(gguf, "lm_head"), readFloats(bin, "embedding"));
  for (const auto &[name, tensor] : bin.tensors) {
    ASSERT_TRUE(gguf.findTensor(name)) << name;
    EXPECT_EQ(tensor.shape, gguf.findTensor(name)->shape) << name;
    EXPECT_TRUE(readFloats(bin, name) == readFloats(gguf, name)) << name;
  }
  EXPECT_EQ(bin.config.numHeads, gguf.config.numHeads);
  EXPECT_EQ(bin.config.numKVHeads, gguf.config.numKVHeads);
  EXPECT_NEAR(bin.config.normEpsilon, gguf.config.normEpsilon, 1e-12);
  EXPECT_EQ(bin.config.stopIds, gguf.config.stopIds);
}

TEST_F(SharedModelsTest, BothFormsOfStories260KHaveTheSameVocabulary) {
  Checkpoint bin = read("stories260K/stories260K.bin");
  Checkpoint gguf = read("stories260K/stories260K-f32.gguf");
  ASSERT_EQ(bin.tokenizer.pieces.size(), gguf.tokenizer.pieces.size());
  for (size_t i = 0; i < bin.tokenizer.pieces.size(); ++i) {
    const TokenizerData::Piece &a = bin.tokenizer.pieces[i];
    const TokenizerData::Piece &b = gguf.tokenizer.pieces[i];
    EXPECT_EQ(a.text, b.text) << i;
    EXPECT_EQ(a.score, b.score) << i;
    EXPECT_EQ(a.type, b.type) << i;
  }
}

TEST_F(SharedModelsTest, ReadsQ8_0) {
  Checkpoint q8 = read("babyllama105/babyllama105-Q8_0.gguf");
  EXPECT_EQ(q8.config.vocabularySize, 105);
  std::vector<float> values = readFloats(q8, "embedding");
  ASSERT_EQ(values.size(), 105u * 128);
  double sum = 0;
  for (float value : values)
    sum += value * value;
  // Trained embeddings are neither zero nor wild.
  EXPECT_GT(sum / values.size(), 1e-5);
  EXPECT_LT(sum / values.size(), 10);
}

TEST_F(SharedModelsTest, FoldersOfStories260KAreTheSameModel) {
  Checkpoint bin = read("stories260K/stories260K.bin");
  Checkpoint hf = read("stories260K/hf");
  Checkpoint shards = read("stories260K/hf-sharded-bf16");
  EXPECT_EQ(shards.format, "safetensors, 3 files");
  ASSERT_EQ(hf.tensors.size(), bin.tensors.size());
  for (const auto &[name, tensor] : bin.tensors) {
    std::vector<float> exact = readFloats(bin, name);
    EXPECT_TRUE(exact == readFloats(hf, name)) << name;
    std::vector<float> narrow = readFloats(shards, name);
    ASSERT_EQ(exact.size(), narrow.size()) << name;
    for (size_t i = 0; i < exact.size(); ++i)
      ASSERT_NEAR(narrow[i], exact[i], std::fabs(exact[i]) * 0x1p-8) << name;
  }
  for (const Checkpoint *model : {&hf, &shards}) {
    EXPECT_EQ(model->tokenizer.pieces, bin.tokenizer.pieces);
    EXPECT_EQ(model->config.stopIds, bin.config.stopIds);
    EXPECT_TRUE(model->config.tiedHead);
  }
}

TEST_F(SharedModelsTest, Llama2cVersion2IsTheModelOfTheGguf) {
  Checkpoint bin = read("babyllama105/model5000_q80.bin");
  Checkpoint gguf = read("babyllama105/babyllama105-Q8_0.gguf");
  EXPECT_EQ(bin.format, "llama2.c version 2");
  for (const auto &[name, tensor] : bin.tensors) {
    // GGUF was quantised again, with scales in fp16: a step apart in places.
    EXPECT_LT(getDistance(readFloats(bin, name), readFloats(gguf, name)), 0.01)
        << name;
  }
}

TEST_F(SharedModelsTest, Gpt2LinearLayersAreTransposedAndTakenApart) {
  Messages messages;
  auto model = readCheckpoint((models / "tiny-random-gpt2").string(),
                              {.needsTokenizer = false}, messages);
  ASSERT_TRUE(succeeded(model)) << messages.str();
  EXPECT_EQ(model->config.architecture, "gpt2");
  EXPECT_EQ(model->config.hiddenSize, 128);
  EXPECT_EQ(model->config.activation, Activation::GeluTanh);
  EXPECT_TRUE(model->config.tiedHead);
  // The file's own floats: c_attn [32, 96] of layer 0 at 193792 + header.
  std::string file =
      readFile((models / "tiny-random-gpt2/model.safetensors").string());
  uint64_t header;
  std::memcpy(&header, file.data(), 8);
  auto load = [&](uint64_t offset, size_t index) {
    float value;
    std::memcpy(&value, file.data() + 8 + header + offset + 4 * index, 4);
    return value;
  };
  std::vector<float> wk = readFloats(*model, "layers.0.wk");
  std::vector<float> bv = readFloats(*model, "layers.0.bv");
  for (size_t out = 0; out < 32; ++out) {
    for (size_t in = 0; in < 32; ++in)
      ASSERT_EQ(wk[out * 32 + in], load(193792, in * 96 + 32 + out));
    ASSERT_EQ(bv[out], load(206080, 64 + out));
  }
}

TEST_F(SharedModelsTest, QuantisedModelsAreNearEachOther) {
  Checkpoint q8 = read("babyllama105/babyllama105-Q8_0.gguf");
  Checkpoint q4 = read("babyllama105/babyllama105-Q4_0.gguf");
  for (const auto &[name, tensor] : q8.tensors) {
    // Four bits leave about a tenth.
    EXPECT_LT(getDistance(readFloats(q8, name), readFloats(q4, name)), 0.15)
        << name;
  }
}

TEST_F(SharedModelsTest, ReadsAVocabularyAlone) {
  Messages messages;
  auto tokenizer = readGgufTokenizer(
      (models / "vocab/ggml-vocab-llama-spm.gguf").string(), messages);
  ASSERT_TRUE(succeeded(tokenizer)) << messages.str();
  EXPECT_EQ(tokenizer->pieces.size(), 32000u);
  EXPECT_EQ(tokenizer->pieces[13].text, "<0x0A>");
  tokenizer = readGgufTokenizer(
      (models / "vocab/ggml-vocab-gpt-2.gguf").string(), messages);
  ASSERT_TRUE(succeeded(tokenizer)) << messages.str();
  EXPECT_EQ(tokenizer->pieces.size(), 50257u);
  EXPECT_EQ(tokenizer->merges.size(), 50000u);
  EXPECT_EQ(tokenizer->pieces[262].text, " the");
}

/// Cuts and corrupts a model at `samples` places, half of them in the first
/// `dense` bytes.
static void damage(const std::filesystem::path &model, size_t dense,
                   size_t samples) {
  TemporaryDirectory directory;
  std::string bytes = readFile(model.string());
  std::string path = directory.getPath("m");
  std::string tokenizer = model.extension() == ".bin"
                              ? (model.parent_path() / "tok512.bin").string()
                              : "";
  for (size_t i = 0; i < samples; ++i) {
    size_t range = i % 2 ? dense : bytes.size();
    size_t place = (i * 7919 + i * i * 104729) % range;
    directory.write("m", bytes.substr(0, place));
    EXPECT_NE(tryRead(path, tokenizer), "") << place;
    directory.write("m", bytes);
    writeByte(path, place, static_cast<char>(bytes[place] ^ (1 << i % 8)));
    tryRead(path, tokenizer);
  }
}

TEST_F(SharedModelsTest, DamagedModelsAreReported) {
  damage(models / "stories260K/stories260K.bin", 28, 40);
  damage(models / "stories260K/stories260K-f32.gguf", 14000, 40);
}
