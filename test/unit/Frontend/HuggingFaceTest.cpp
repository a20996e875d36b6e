//===- HuggingFaceTest.cpp - Tests of Hugging Face folders ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrontendTest.h"
#include "TinyFolder.h"

#include "espresso/Base/Half.h"

#include <filesystem>
#include <functional>

using namespace espresso;
using namespace espresso::test;

namespace {

class HuggingFaceTest : public ::testing::Test {
protected:
  std::string write() { return folder.write(directory); }
  void writeConfig(const std::string &more) {
    directory.write("folder/config.json", folder.makeConfig(more));
  }
  std::string readAfterConfig(const std::string &text) {
    std::string path = write();
    directory.write("folder/config.json", text);
    return tryRead(path);
  }
  std::string readAfterHeader(const std::string &header,
                              const std::string &data = "") {
    std::string path = write();
    directory.write("folder/model.safetensors",
                    SafetensorsWriter::join(header, data));
    return tryRead(path);
  }

  TemporaryDirectory directory;
  // Heads of four, so that the two rotary orders differ.
  TinyFolder folder{TinyModel{.heads = 2, .kvHeads = 1}};
};

} // namespace

static void expectContains(const std::string &text, const std::string &part) {
  EXPECT_NE(text.find(part), std::string::npos) << "found: " << text;
}

//===----------------------------------------------------------------------===//
// Sound folders
//===----------------------------------------------------------------------===//

TEST_F(HuggingFaceTest, IsTheSameModelAsGguf) {
  Messages messages;
  std::string path = write();
  auto hf = readCheckpoint(path, {}, messages);
  ASSERT_TRUE(succeeded(hf)) << messages.str();
  auto gguf = readCheckpoint(
      directory.write("m.gguf", folder.model.makeGguf().write()), {}, messages);
  ASSERT_TRUE(succeeded(gguf)) << messages.str();
  EXPECT_EQ(hf->config.architecture, gguf->config.architecture);
  EXPECT_EQ(hf->config.headSize, 4);
  EXPECT_EQ(hf->config.normEpsilon, gguf->config.normEpsilon);
  EXPECT_EQ(hf->config.bosId, gguf->config.bosId);
  EXPECT_EQ(hf->config.stopIds, gguf->config.stopIds);
  EXPECT_EQ(hf->config.name, "folder");
  EXPECT_EQ(hf->format, "safetensors");
  EXPECT_EQ(hf->tokenizer.pieces, gguf->tokenizer.pieces);
  EXPECT_EQ(hf->tokenizer.addSpacePrefix, gguf->tokenizer.addSpacePrefix);
  ASSERT_EQ(hf->tensors.size(), gguf->tensors.size());
  // Rows of queries and keys are interleaved in one file and half-split in the
  // other, and the same here.
  for (const auto &[name, tensor] : gguf->tensors)
    EXPECT_EQ(readFloats(*hf, name), readFloats(*gguf, name)) << name;
}

TEST_F(HuggingFaceTest, AnyFileOfTheModelMayBeNamed) {
  std::string path = write();
  for (const char *name : {"/", "/config.json", "/model.safetensors"})
    EXPECT_EQ(tryRead(path + name), "") << name;
}

TEST_F(HuggingFaceTest, ShardsAreWhole) {
  std::string path = write();
  SafetensorsWriter whole = folder.makeWeights(), parts[2];
  std::string map;
  for (size_t i = 0; i < whole.tensors.size(); ++i) {
    parts[i % 2].tensors.push_back(whole.tensors[i]);
    map += (i ? ",\"" : "\"") + whole.tensors[i].name + "\": \"part" +
           std::to_string(i % 2) + ".safetensors\"";
  }
  std::string index = "folder/model.safetensors.index.json";
  for (int i = 0; i < 2; ++i)
    directory.write("folder/part" + std::to_string(i) + ".safetensors",
                    parts[i].write());
  directory.write(index, "{\"weight_map\": {" + map + "}}");
  Messages messages;
  auto sharded = readCheckpoint(path, {}, messages);
  ASSERT_TRUE(succeeded(sharded)) << messages.str();
  EXPECT_EQ(sharded->format, "safetensors, 2 files");
  std::filesystem::remove(directory.getPath(index));
  auto single = readCheckpoint(path, {}, messages);
  ASSERT_TRUE(succeeded(single)) << messages.str();
  for (const auto &[name, tensor] : single->tensors)
    EXPECT_EQ(readFloats(*sharded, name), readFloats(*single, name)) << name;

  directory.write(index, "{\"weight_map\": {" + map +
                             ", \"x\": \"part1.safetensors\"}}");
  expectContains(tryRead(path),
                 "expected tensor 'x' in 'part1.safetensors', found none");
  directory.write(index, "{\"weight_map\": {\"x\": \"../secret\"}}");
  expectContains(tryRead(path),
                 "expected the name of a file beside the index for 'x'");
  directory.write(index, "{\"weight_map\": {\"x\": \"part7\"}}");
  expectContains(tryRead(path), "part7': No such file");
  directory.write(index, "{}");
  expectContains(tryRead(path), "expected a 'weight_map'");
}

TEST_F(HuggingFaceTest, SettingsReachTheConfiguration) {
  std::string path = write();
  writeConfig(R"(, "rope_theta": 500000.0, "head_dim": 4,
    "sliding_window": 3, "tie_word_embeddings": true,
    "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
      "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 4}})");
  directory.write("folder/generation_config.json",
                  R"({"eos_token_id": [2, 4]})");
  directory.write("folder/README.md", "---\nlanguage: en\nlicense: mit\n---\n");
  // A brace too many: makeConfig() closes as well.
  std::string text = tryRead(path);
  expectContains(text, "expected JSON");
  writeConfig(R"(, "rope_theta": 500000.0, "head_dim": 4,
    "sliding_window": 3, "tie_word_embeddings": true,
    "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
      "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 4})");
  Messages messages;
  auto model = readCheckpoint(path, {}, messages);
  ASSERT_TRUE(succeeded(model)) << messages.str();
  EXPECT_EQ(model->config.ropeTheta, 500000);
  EXPECT_EQ(model->config.ropeScaling.kind, RopeScalingKind::Llama3);
  EXPECT_EQ(model->config.ropeScaling.factor, 32);
  EXPECT_EQ(model->config.ropeScaling.originalContextLength, 4);
  EXPECT_EQ(model->config.slidingWindow, 3);
  EXPECT_TRUE(model->config.getLayer(1).isSliding);
  EXPECT_TRUE(model->config.tiedHead);
  EXPECT_FALSE(model->findTensor("lm_head"));
  EXPECT_EQ(model->config.stopIds, (std::vector<uint32_t>{1, 2, 4}));
  EXPECT_EQ(model->tokenizer.stopIds, model->config.stopIds);
  EXPECT_EQ(model->config.license, "mit");
}

TEST_F(HuggingFaceTest, VocabulariesMayBeShorterThanTheEmbedding) {
  folder.model.vocabulary = 7;
  Messages messages;
  auto model = readCheckpoint(write(), {}, messages);
  ASSERT_TRUE(succeeded(model)) << messages.str();
  ASSERT_EQ(model->tokenizer.pieces.size(), 7u);
  EXPECT_EQ(model->tokenizer.pieces[6].type, TokenizerData::PieceType::Unused);
  folder.model.vocabulary = 4;
  expectContains(tryRead(write()),
                 "a vocabulary of at most 'vocab_size', 4, found 5 pieces");
}

TEST_F(HuggingFaceTest, AVocabularyIsNeededOnlyIfAskedFor) {
  std::string path = write();
  std::filesystem::remove(directory.getPath("folder/tokenizer.model"));
  expectContains(tryRead(path), "expected a vocabulary");
  Messages messages;
  auto model = readCheckpoint(path, {.needsTokenizer = false}, messages);
  ASSERT_TRUE(succeeded(model)) << messages.str();
  EXPECT_TRUE(model->tokenizer.pieces.empty());
  EXPECT_EQ(model->config.stopIds, (std::vector<uint32_t>{1, 2}));
}

TEST_F(HuggingFaceTest, ReadsNarrowTypes) {
  std::string path = write();
  SafetensorsWriter weights = folder.makeWeights();
  std::string halves, bfloats, bytes;
  for (int i = 0; i < 12 * 8; ++i) {
    halves += GgufWriter::encode(floatToHalf(static_cast<float>(i) * 0.5f));
    bfloats += GgufWriter::encode(floatToBFloat(static_cast<float>(i % 100)));
    // 1.0 and −2.0 in E4M3
    bytes += i % 2 ? '\xc0' : '\x38';
  }
  auto replace = [&](const char *name, const char *type, std::string data) {
    weights.findTensor(name).type = type;
    weights.findTensor(name).data = std::move(data);
  };
  replace("model.layers.0.mlp.gate_proj.weight", "F16", halves);
  replace("model.layers.0.mlp.up_proj.weight", "BF16", bfloats);
  replace("model.layers.0.mlp.down_proj.weight", "F8_E4M3", bytes);
  replace("model.layers.1.mlp.down_proj.weight", "F8_E4M3", bytes);
  replace("model.layers.1.mlp.up_proj.weight", "F8_E4M3", bytes);
  replace("model.layers.1.mlp.gate_proj.weight", "F8_E5M2", bytes);
  // Scales of tiles of 128 by 128, of rows, and of the whole.
  weights.tensors.push_back({"model.layers.1.mlp.down_proj.weight_scale_inv",
                             {1, 1},
                             TinyModel::makeFloats(1, 0.25f)});
  weights.tensors.push_back({"model.layers.1.mlp.up_proj.weight_scale",
                             {12, 1},
                             TinyModel::makeFloats(12, 1)});
  weights.tensors.push_back(
      {"model.layers.1.mlp.down_proj.input_scale", {}, std::string(4, '\1')});
  directory.write("folder/model.safetensors", weights.write());
  Messages messages;
  auto model = readCheckpoint(path, {}, messages);
  ASSERT_TRUE(succeeded(model)) << messages.str();
  EXPECT_EQ(readFloats(*model, "layers.0.w1")[7], 3.5f);
  EXPECT_EQ(readFloats(*model, "layers.0.w3")[95], 95);
  EXPECT_EQ(readFloats(*model, "layers.0.w2")[0], 1);
  EXPECT_EQ(readFloats(*model, "layers.0.w2")[1], -2);
  EXPECT_EQ(readFloats(*model, "layers.1.w2")[1], -0.5f);
  EXPECT_EQ(readFloats(*model, "layers.1.w3")[0], 1);
  EXPECT_EQ(readFloats(*model, "layers.1.w3")[8 * 4], 2);
  EXPECT_EQ(readFloats(*model, "layers.1.w1")[0], 0.5f); // 0x38 of E5M2
  EXPECT_EQ(model->findTensor("layers.0.w1")->originalType, "F16");

  // Three scales fit neither rows nor tiles.
  weights.findTensor("model.layers.1.mlp.up_proj.weight_scale") = {
      "model.layers.1.mlp.up_proj.weight_scale",
      {3},
      TinyModel::makeFloats(3, 1)};
  directory.write("folder/model.safetensors", weights.write());
  expectContains(tryRead(path), "is of type F8_E4M3");
}

//===----------------------------------------------------------------------===//
// Settings that are wrong
//===----------------------------------------------------------------------===//

TEST_F(HuggingFaceTest, BadSettingsAreRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "expected JSON"},
      {"[]", "expected a JSON object"},
      {"{}", "expected 'model_type', found none"},
      {"{\"model_type\": 3}", "expected 'model_type' to be a text, found '3'"},
      {"{\"model_type\": \"gpt9\"}",
       "unknown architecture 'gpt9'; known are: gemma"},
      {"{\"model_type\": \"llama\"}", "expected 'hidden_size', found none"},
      {std::string(100000, '['), "byte 64: brackets are nested more than 64"},
      {folder.makeConfig(", \"num_hidden_layers\": 5000"),
       "expected 'layers' between 1 and 4096"},
      {folder.makeConfig(", \"head_dim\": 1.5"),
       "expected 'head_dim' to be an integer, found '1.5'"},
      {folder.makeConfig(", \"num_key_value_heads\": 1.5"),
       "expected integers, found 1.5"},
      {folder.makeConfig(", \"rope_theta\": \"big\""),
       "expected 'rope_theta' to be a number"},
      {folder.makeConfig(", \"tie_word_embeddings\": 1"),
       "to be true or false, found '1'"},
      {folder.makeConfig(", \"hidden_act\": \"mish\""),
       "not supported: an activation 'mish'"},
      {folder.makeConfig(", \"rope_scaling\": {\"type\": \"mrope\"}"),
       "rotary scaling of type 'mrope'"},
      {folder.makeConfig(", \"rope_scaling\": {\"type\": \"longrope\"}"),
       "expected 'rope_scaling.short_factor', found none"},
      {folder.makeConfig(", \"layer_types\": [\"mamba\", \"mamba\"]"),
       "a layer of type 'mamba'"},
      {folder.makeConfig(", \"layer_types\": [1, 2]"), "to be a list of texts"},
      {folder.makeConfig(", \"partial_rotary_factor\": 2"),
       "expected 'rotary size' between"},
      {folder.makeConfig(", \"eos_token_id\": -1"),
       "'eos_token_id' to be token ids"},
      {folder.makeConfig(", \"eos_token_id\": 5"),
       "expected end-of-text ids below"},
      {folder.makeConfig(", \"vocab_size\": 6"),
       "tensor 'model.embed_tokens.weight': expected shape [6, 8], found "
       "[5, 8]"},
      {folder.makeConfig(", \"v_head_dim\": 6"), "value heads of another size"},
  };
  for (const auto &[text, message] : cases)
    expectContains(readAfterConfig(text), message);
}

TEST_F(HuggingFaceTest, FoldersWithoutWeightsAreTold) {
  std::string path = write();
  std::filesystem::remove(directory.getPath("folder/model.safetensors"));
  expectContains(tryRead(path), "expected weights in 'model.safetensors'");
  std::filesystem::remove(directory.getPath("folder/config.json"));
  expectContains(tryRead(path), "config.json': No such file");
}

//===----------------------------------------------------------------------===//
// Weights that are wrong
//===----------------------------------------------------------------------===//

TEST_F(HuggingFaceTest, BadHeadersAreRefused) {
  auto tensor = [](const std::string &members) {
    return "{\"a\":{" + members + "}}";
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "expected '{' of the header, found the end"},
      {"{", "expected '\"' of the header, found the end"},
      {"[]", "expected '{' of the header, found '['"},
      {"{} x", "expected nothing after the object, found 'x'"},
      {tensor(""), "expected a type and offsets, found none"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],)"),
       "expected '\"' of a tensor"},
      {tensor(R"("dtype":"F31")"),
       "is of type 'F31', which is not known; supported are F64"},
      {tensor(R"("dtype":"F32","shape":[1,-1],"data_offsets":[0,4])"),
       "expected an extent: an integer from 0 on"},
      {tensor(R"("dtype":"F32","shape":[99999999999999999999])"),
       "an integer from 0 on below 2^64"},
      {tensor(R"("dtype":"F32","shape":[18446744073709551615])"),
       "at most 8 extents below 2^63"},
      {tensor(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1])"),
       "at most 8 extents"},
      {tensor(R"("dtype":"F32","shape":[4294967296,4294967296],)"
              R"("data_offsets":[0,4])"),
       "expected a product of extents below 2^63"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])"),
       "expected two offsets, found 1"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"),
       "expected two offsets, found 3"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
       "expected offsets in order up to 8"},
      {tensor(R"("dtype":"F32","shape":[4],"data_offsets":[0,16])"),
       "expected offsets in order up to 8"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
       "expected 8 bytes, found offsets 0 and 4"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"),
       "expected data at offset 0, where the one before ends, found 4"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"),
       "expected the end of the file after the last tensor, found 4 more"},
      {tensor(R"("dtype":"F32","shape":[1],"offsets":[0,4])"),
       "expected 'dtype', 'shape' or 'data_offsets', found 'offsets'"},
      {R"({"__metadata__":{"a":1}})", "of a text of the metadata, found '1'"},
      {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
       R"("a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
       "tensor 'a' occurs twice"},
      {R"({"a\q":{}})", "expected an escape in the header"},
      {R"({"\u00e9\n":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
       "expected tensor 'model.embed_tokens.weight'"},
      {std::string(50000, '{'), "expected '\"' of the header"},
  };
  for (const auto &[header, message] : cases)
    expectContains(readAfterHeader(header, "12345678"), message);
  std::string path = write();
  directory.write("folder/model.safetensors", "\xff\xff\xff\xff\xff\xff\xff");
  expectContains(tryRead(path), "expected the length of the safetensors");
  directory.write("folder/model.safetensors", std::string(8, '\xff') + "{}");
  expectContains(tryRead(path), "at most 2, found 18446744073709551615");
}

TEST_F(HuggingFaceTest, EveryTruncationIsReported) {
  folder.model.layers = 1;
  std::string path = write();
  ASSERT_EQ(tryRead(path), "");
  for (const char *name : {"folder/model.safetensors", "folder/config.json"}) {
    std::string bytes = readFile(directory.getPath(name));
    for (size_t size = bytes.size(); size-- > 0;) {
      std::filesystem::resize_file(directory.getPath(name), size);
      ASSERT_NE(tryRead(path), "") << name << " " << size;
    }
    directory.write(name, bytes);
  }
}

TEST_F(HuggingFaceTest, NoCorruptionDoesHarm) {
  folder.model.layers = 1;
  std::string path = write();
  for (const char *name : {"folder/model.safetensors", "folder/config.json",
                           "folder/tokenizer.model"}) {
    std::string file = directory.getPath(name), bytes = readFile(file);
    for (size_t place = 0; place < std::min<size_t>(bytes.size(), 2000);
         ++place) {
      for (char value : {'\x00', '"', '\xff'}) {
        writeByte(file, place, value);
        tryRead(path);
      }
      writeByte(file, place, bytes[place]);
    }
  }
  EXPECT_EQ(tryRead(path), "");
}
