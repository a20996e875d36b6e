//===- GgufTest.cpp - Tests of the GGUF frontend --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../BlockPacker.h"
#include "FrontendTest.h"

#include "espresso/Base/Half.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <filesystem>

using namespace espresso;
using namespace espresso::test;

/// Reads the model that `gguf` describes.
static FailureOr<Checkpoint> readModel(const GgufWriter &gguf,
                                       DiagnosticEngine &diagnostics) {
  static TemporaryDirectory directory;
  return readCheckpoint(directory.write("m.gguf", gguf.write()), {},
                        diagnostics);
}

//===----------------------------------------------------------------------===//
// Sound files
//===----------------------------------------------------------------------===//

TEST(GgufTest, ReadsConfiguration) {
  Messages messages;
  auto checkpoint = readModel(TinyModel().makeGguf(), messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  const ModelConfig &config = checkpoint->config;
  EXPECT_EQ(config.name, "tiny");
  EXPECT_EQ(config.architecture, "llama");
  EXPECT_EQ(config.numLayers, 2);
  EXPECT_EQ(config.embeddingSize, 8);
  EXPECT_EQ(config.hiddenSize, 12);
  EXPECT_EQ(config.numHeads, 4);
  EXPECT_EQ(config.numKVHeads, 2);
  EXPECT_EQ(config.headSize, 2);
  EXPECT_EQ(config.vocabularySize, 5);
  EXPECT_EQ(config.contextLength, 6);
  EXPECT_EQ(config.normEpsilon, 0x1p-16);
  EXPECT_EQ(config.ropeTheta, 10000);
  EXPECT_FALSE(config.tiedHead);
  EXPECT_EQ(config.bosId, 1u);
  EXPECT_EQ(config.stopIds, (std::vector<uint32_t>{1, 2}));
}

TEST(GgufTest, ReadsOptionalKeys) {
  GgufWriter gguf = TinyModel().makeGguf();
  gguf.addString("general.license", "mit");
  gguf.addReal("llama.rope.freq_base", 500000);
  gguf.addInteger("llama.attention.key_length", 2);
  gguf.addInteger("llama.rope.dimension_count", 2);
  gguf.addString("llama.rope.scaling.type", "none");
  gguf.addInteger("tokenizer.ggml.eot_token_id", 4);
  gguf.addInteger("tokenizer.ggml.padding_token_id", 0xffffffff);
  gguf.addBool("tokenizer.ggml.add_bos_token", false);
  gguf.addBool("tokenizer.ggml.add_space_prefix", false);
  gguf.addInteger("general.alignment", 64);
  gguf.alignment = 64;
  gguf.version = 2;
  Messages messages;
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  EXPECT_EQ(checkpoint->config.license, "mit");
  EXPECT_EQ(checkpoint->config.ropeTheta, 500000);
  EXPECT_EQ(checkpoint->config.stopIds, (std::vector<uint32_t>{1, 2, 4}));
  EXPECT_FALSE(checkpoint->tokenizer.addBos);
  EXPECT_FALSE(checkpoint->tokenizer.addSpacePrefix);
}

TEST(GgufTest, AbsentSpecialIdsHaveTheirUsualNumbers) {
  GgufWriter gguf = TinyModel().makeGguf();
  gguf.changeValue("tokenizer.ggml.bos_token_id", 0, "");
  gguf.changeValue("tokenizer.ggml.eos_token_id", GgufWriter::UInt32,
                   GgufWriter::encode(uint32_t{0xffffffff})); // none
  Messages messages;
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  EXPECT_EQ(checkpoint->tokenizer.bosId, 1u);
  EXPECT_EQ(checkpoint->tokenizer.unknownId, 0u);
  EXPECT_EQ(checkpoint->tokenizer.stopIds, std::vector<uint32_t>{1});
}

TEST(GgufTest, ReadsVocabulary) {
  using PieceType = TokenizerData::PieceType;
  Messages messages;
  auto checkpoint = readModel(TinyModel().makeGguf(), messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  const TokenizerData &tokenizer = checkpoint->tokenizer;
  std::vector<TokenizerData::Piece> expected = {
      {"<unk>", 0, PieceType::Unknown},
      {"<s>", 0, PieceType::Control},
      {"</s>", 0, PieceType::Control},
      {"<0x0A>", 0, PieceType::Byte},
      {"\xe2\x96\x81"
       "a",
       -1.5f, PieceType::Normal}};
  EXPECT_EQ(tokenizer.pieces, expected);
  EXPECT_TRUE(tokenizer.addBos);
  EXPECT_TRUE(tokenizer.addSpacePrefix);
}

TEST(GgufTest, TensorsHaveTheirShapesAndValues) {
  Messages messages;
  GgufWriter gguf = TinyModel().makeGguf();
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  EXPECT_EQ(checkpoint->tensors.size(), 3u + 2 * 9);
  const CheckpointTensor *down = checkpoint->findTensor("layers.1.w2");
  ASSERT_TRUE(down);
  EXPECT_EQ(formatShape(down->shape), "[8, 12]");
  EXPECT_EQ(down->originalName, "blk.1.ffn_down.weight");
  std::vector<float> values = readFloats(*checkpoint, "layers.1.w2");
  std::string stored = gguf.findTensor("blk.1.ffn_down.weight").data;
  EXPECT_EQ(0, std::memcmp(values.data(), stored.data(), stored.size()));
}

namespace {

struct TypeCode {
  uint32_t code;
  const char *name;
  BlockEncoding encoding;
};

} // namespace

/// As the format numbers them.
static constexpr TypeCode kTypeCodes[] = {
    {2, "Q4_0", BlockEncoding::Q4_0},
    {3, "Q4_1", BlockEncoding::Q4_1},
    {6, "Q5_0", BlockEncoding::Q5_0},
    {7, "Q5_1", BlockEncoding::Q5_1},
    {8, "Q8_0", BlockEncoding::Q8_0},
    {10, "Q2_K", BlockEncoding::Q2_K},
    {11, "Q3_K", BlockEncoding::Q3_K},
    {12, "Q4_K", BlockEncoding::Q4_K},
    {13, "Q5_K", BlockEncoding::Q5_K},
    {14, "Q6_K", BlockEncoding::Q6_K},
    {20, "IQ4_NL", BlockEncoding::IQ4_NL},
    {23, "IQ4_XS", BlockEncoding::IQ4_XS},
    {34, "TQ1_0", BlockEncoding::TQ1_0},
    {35, "TQ2_0", BlockEncoding::TQ2_0},
    {39, "MXFP4", BlockEncoding::MXFP4},
};

TEST(GgufTest, EveryBlockTypeHasItsNumber) {
  TinyModel model{.hidden = 256};
  for (const TypeCode &type : kTypeCodes) {
    GgufWriter gguf = model.makeGguf();
    GgufWriter::Tensor &tensor = gguf.findTensor("blk.1.ffn_down.weight");
    tensor.type = type.code;
    tensor.data.clear();
    std::vector<double> expected, magnitudes;
    BlockDraw draw(type.code, BlockDraw::Mode::Random);
    while (expected.size() < 8 * 256) {
      PackedBlock block = packBlock(type.encoding, draw);
      tensor.data += block.bytes;
      llvm::append_range(expected, block.values);
      llvm::append_range(magnitudes, block.magnitudes);
    }
    Messages messages;
    auto checkpoint = readModel(gguf, messages);
    ASSERT_TRUE(succeeded(checkpoint)) << type.name << messages.str();
    EXPECT_EQ(checkpoint->findTensor("layers.1.w2")->originalType, type.name);
    std::vector<float> values = readFloats(*checkpoint, "layers.1.w2");
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::fabs(expected[i]) >= 0x1p127)
        continue; // beyond fp32 MXFP4 is infinite
      ASSERT_NEAR(values[i], expected[i],
                  4 * 0x1p-24 * magnitudes[i] + 0x1p-149)
          << type.name << " " << i;
    }
  }
}

//===----------------------------------------------------------------------===//
// Byte order and parts
//===----------------------------------------------------------------------===//

static void expectSameModel(const Checkpoint &a, const Checkpoint &b) {
  EXPECT_EQ(a.config.contextLength, b.config.contextLength);
  EXPECT_EQ(a.config.normEpsilon, b.config.normEpsilon);
  EXPECT_EQ(a.config.stopIds, b.config.stopIds);
  EXPECT_EQ(a.tokenizer.pieces, b.tokenizer.pieces);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto &[name, tensor] : a.tensors)
    EXPECT_EQ(readFloats(a, name), readFloats(b, name)) << name;
}

TEST(GgufTest, BigEndianFilesAreTheSameModel) {
  Messages messages;
  auto little = readModel(TinyModel().makeGguf(), messages);
  ASSERT_TRUE(succeeded(little)) << messages.str();
  EXPECT_EQ(little->format, "GGUF version 3");
  for (const char *magic : {"GGUF", "FUGG"}) {
    TemporaryDirectory directory;
    GgufWriter::isBigEndian = true;
    GgufWriter gguf = TinyModel().makeGguf();
    gguf.magic = magic;
    std::string path = directory.write("m.gguf", gguf.write());
    GgufWriter::isBigEndian = false;
    auto big = readCheckpoint(path, {}, messages);
    ASSERT_TRUE(succeeded(big)) << messages.str();
    EXPECT_EQ(big->format, "GGUF version 3, big endian");
    expectSameModel(*little, *big);
  }
}

/// Writes a model in `count` files, each with its share of the tensors.
static void writeParts(const TemporaryDirectory &directory, uint16_t count,
                       int32_t claimedTensors = 21) {
  GgufWriter whole = TinyModel().makeGguf();
  for (uint16_t number = 0; number < count; ++number) {
    GgufWriter part = number == 0 ? TinyModel().makeGguf() : GgufWriter();
    part.tensors.clear();
    for (size_t i = number; i < whole.tensors.size(); i += count)
      part.tensors.push_back(whole.tensors[i]);
    part.addValue("split.no", GgufWriter::UInt16, GgufWriter::encode(number));
    part.addValue("split.count", GgufWriter::UInt16, GgufWriter::encode(count));
    part.addValue("split.tensors.count", GgufWriter::Int32,
                  GgufWriter::encode(claimedTensors));
    directory.write("m-0000" + std::to_string(number + 1) + "-of-0000" +
                        std::to_string(count) + ".gguf",
                    part.write());
  }
}

TEST(GgufTest, ModelsInPartsAreWhole) {
  TemporaryDirectory directory;
  writeParts(directory, 3);
  Messages messages;
  auto whole = readModel(TinyModel().makeGguf(), messages);
  // Whichever part is named.
  for (const char *name : {"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    auto parts = readCheckpoint(directory.getPath(name), {}, messages);
    ASSERT_TRUE(succeeded(parts)) << messages.str();
    EXPECT_EQ(parts->path, directory.getPath("m-00001-of-00003.gguf"));
    expectSameModel(*whole, *parts);
  }
}

TEST(GgufTest, PartsThatDoNotBelongTogetherAreRefused) {
  TemporaryDirectory directory;
  writeParts(directory, 3);
  std::string first = directory.getPath("m-00001-of-00003.gguf");
  std::string second = directory.getPath("m-00002-of-00003.gguf");
  std::filesystem::rename(second, directory.getPath("kept"));
  EXPECT_NE(tryRead(first).find("m-00002-of-00003.gguf': No such file"),
            std::string::npos);
  std::filesystem::copy(directory.getPath("m-00003-of-00003.gguf"), second);
  EXPECT_NE(tryRead(first).find("expected part 2 of 3, found part 3 of 3"),
            std::string::npos)
      << tryRead(first);
  writeParts(directory, 3, /*claimedTensors=*/22);
  EXPECT_NE(tryRead(first).find("expected 22 tensors in all parts, found 21"),
            std::string::npos);
}

TEST(GgufTest, QueryAndKeyRowsBecomeHalfSplit) {
  // One head of four rows: 0 1 2 3 pairwise becomes 0 2 1 3.
  TinyModel model{.dim = 4, .heads = 1, .kvHeads = 1};
  Messages messages;
  GgufWriter gguf = model.makeGguf();
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  for (const char *kind : {"wq", "wk"}) {
    std::vector<float> rows =
        readFloats(*checkpoint, getLayerTensorName(0, kind));
    float first = rows[0];
    EXPECT_EQ(rows[4], first + 8 * 0.25f);
    EXPECT_EQ(rows[8], first + 4 * 0.25f);
    EXPECT_EQ(rows[12], first + 12 * 0.25f);
  }
  std::vector<float> rows = readFloats(*checkpoint, "layers.0.wv");
  EXPECT_EQ(rows[4], rows[0] + 4 * 0.25f);
}

TEST(GgufTest, AbsentOutputIsATiedHead) {
  GgufWriter gguf = TinyModel().makeGguf();
  std::erase_if(gguf.tensors, [](const auto &tensor) {
    return tensor.name == "output.weight";
  });
  Messages messages;
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  EXPECT_TRUE(checkpoint->config.tiedHead);
  EXPECT_FALSE(checkpoint->findTensor("lm_head"));
}

TEST(GgufTest, ReadsNarrowTensors) {
  TinyModel model{.hidden = 32};
  GgufWriter gguf = model.makeGguf();
  std::string halves, bfloats, blocks;
  for (int i = 0; i < 8 * 32; ++i) {
    halves += GgufWriter::encode(floatToHalf(static_cast<float>(i) * 0.5f));
    bfloats += GgufWriter::encode(floatToBFloat(static_cast<float>(i % 100)));
  }
  for (int row = 0; row < 8; ++row) {
    blocks += GgufWriter::encode(floatToHalf(0.5f));
    for (int i = 0; i < 32; ++i)
      blocks += static_cast<char>(i - 16);
  }
  auto replace = [&](const char *name, uint32_t type, std::string data) {
    gguf.findTensor(name).type = type;
    gguf.findTensor(name).data = std::move(data);
  };
  replace("blk.0.ffn_gate.weight", GgufWriter::F16, halves);
  replace("blk.0.ffn_up.weight", GgufWriter::BF16, bfloats);
  replace("blk.0.ffn_down.weight", GgufWriter::Q8_0, blocks);
  Messages messages;
  auto checkpoint = readModel(gguf, messages);
  ASSERT_TRUE(succeeded(checkpoint)) << messages.str();
  EXPECT_EQ(checkpoint->findTensor("layers.0.w1")->source->getElementType(),
            DataType::Float16);
  EXPECT_EQ(readFloats(*checkpoint, "layers.0.w1")[7], 3.5f);
  EXPECT_EQ(readFloats(*checkpoint, "layers.0.w3")[99], 99);
  EXPECT_EQ(readFloats(*checkpoint, "layers.0.w2")[32 + 3], -6.5f);
}
