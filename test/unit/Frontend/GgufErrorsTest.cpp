//===- GgufErrorsTest.cpp - GGUF files that are refused -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrontendTest.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>

using namespace espresso;
using namespace espresso::test;

/// What is said about the tiny model after `change`.
static std::string readAfter(const std::function<void(GgufWriter &)> &change) {
  TemporaryDirectory directory;
  GgufWriter gguf = TinyModel().makeGguf();
  change(gguf);
  return tryRead(directory.write("m.gguf", gguf.write()));
}

//===----------------------------------------------------------------------===//
// Files that are refused, and what is said
//===----------------------------------------------------------------------===//

namespace {

struct Refusal {
  const char *name;
  std::function<void(GgufWriter &)> change;
  const char *message;
};

class GgufRefusalTest : public ::testing::TestWithParam<Refusal> {};

} // namespace

TEST_P(GgufRefusalTest, SaysWhy) {
  std::string text = readAfter(GetParam().change);
  EXPECT_NE(text.find(GetParam().message), std::string::npos)
      << "found: " << text;
}

template <typename T>
static auto setValue(const char *key, uint32_t type, T value) {
  return [=](GgufWriter &gguf) {
    gguf.changeValue(key, type, GgufWriter::encode(value));
  };
}

static auto setInteger(const char *key, uint32_t value) {
  return setValue(key, GgufWriter::UInt32, value);
}

static auto setText(const char *key, const char *value) {
  return [=](GgufWriter &gguf) {
    gguf.changeValue(key, GgufWriter::String, GgufWriter::encodeString(value));
  };
}

static auto removeKey(const char *key) {
  return [=](GgufWriter &gguf) { gguf.changeValue(key, 0, ""); };
}

static const Refusal kRefusals[] = {
    {"Version1", [](GgufWriter &g) { g.version = 1; },
     "byte 4: expected GGUF version 2 or 3, found 1"},
    {"BigEndianVersion4", [](GgufWriter &g) { g.version = 0x04000000; },
     "byte 4: expected GGUF version 2 or 3, found 4"},
    {"UnknownArchitecture", setText("general.architecture", "gpt9"),
     "unknown architecture 'gpt9'; known are: gemma, gemma2"},
    {"NoArchitecture", removeKey("general.architecture"),
     "expected the metadata key 'general.architecture', found none"},
    {"DuplicateKey",
     [](GgufWriter &g) { g.addInteger("llama.block_count", 2); },
     "key 'llama.block_count' occurs twice"},
    {"NoLayers", removeKey("llama.block_count"),
     "expected the metadata key 'llama.block_count', found none"},
    {"LayersAsText", setText("llama.block_count", "two"),
     "expected 'llama.block_count' to be an integer from 0 on, found string"},
    {"NegativeLayers",
     setValue("llama.block_count", GgufWriter::Int32, int32_t{-1}),
     "to be an integer from 0 on, found int32"},
    {"TooManyLayers", setInteger("llama.block_count", 5000),
     "expected 'layers' between 1 and 4096, found 5000"},
    {"NoHeads", setInteger("llama.attention.head_count", 0),
     "expected 'query heads' between 1 and"},
    {"HeadsDoNotDivide", setInteger("llama.attention.head_count", 3),
     "heads that divides the embedding size 8, found 3"},
    {"KVHeadsDoNotDivide", setInteger("llama.attention.head_count_kv", 3),
     "divides the 4 query heads, found 3"},
    {"OddHeadSize", setInteger("llama.attention.key_length", 3),
     "expected an even head size"},
    {"HugeContext", setInteger("llama.context_length", 0xffffffff),
     "expected 'context length' between"},
    {"NoEpsilon", removeKey("llama.attention.layer_norm_rms_epsilon"),
     "layer_norm_rms_epsilon', found none"},
    {"EpsilonNaN",
     setValue("llama.attention.layer_norm_rms_epsilon", GgufWriter::Float32,
              std::numeric_limits<float>::quiet_NaN()),
     "expected a norm epsilon"},
    {"ThetaZero", setValue("llama.rope.freq_base", GgufWriter::Float32, 0.0f),
     "expected a positive rotary base, found 0"},
    {"RopeScaling", setText("llama.rope.scaling.type", "spiral"),
     "not supported: rope.scaling.type = 'spiral'"},
    {"LongRopeWithoutFactors", setText("llama.rope.scaling.type", "longrope"),
     "expected the tensors 'rope_factors_long.weight'"},
    {"NegativeRopeScale",
     setValue("llama.rope.scale_linear", GgufWriter::Float32, -4.0f),
     "rotary scaling 'linear': expected positive factors"},
    {"OddRotation", setInteger("llama.rope.dimension_count", 1),
     "expected an even head size"},
    {"WideRotation", setInteger("llama.rope.dimension_count", 4),
     "expected 'rotary size' between 0 and 2, found 4"},
    {"ValueHeads", setInteger("llama.attention.value_length", 4),
     "value heads of another size than the 2 of key heads, found 4"},
    {"NotCausal", setValue("llama.attention.causal", GgufWriter::Bool, '\0'),
     "not supported: attention that is not causal"},
    {"ExpertsWithoutChoice", setInteger("llama.expert_count", 8),
     "expected the metadata key 'llama.expert_used_count', found none"},
    {"TooManyExperts",
     [](GgufWriter &g) {
       setInteger("llama.expert_count", 1u << 31)(g);
       setInteger("llama.expert_used_count", 2)(g);
     },
     "expected 'experts' between 0 and 65536, found 2147483648"},
    {"KVHeadsAsText", setText("llama.attention.head_count_kv", "two"),
     "to be numbers from 0 on, found string"},
    {"KVHeadsDiffer",
     [](GgufWriter &g) {
       removeKey("llama.attention.head_count_kv")(g);
       g.addNumbers<int32_t>("llama.attention.head_count_kv", GgufWriter::Int32,
                             {2, 4});
     },
     "not supported yet: a number that differs between layers"},
    {"Split", setInteger("split.count", 2),
     "expected a name that ends with '-00001-of-00002.gguf', since the model "
     "is in 2 files"},
    {"VocabularySize", setInteger("llama.vocab_size", 6),
     "expected 'llama.vocab_size' to be the number of tokens, 5, found 6"},
    {"UnknownCutting",
     [](GgufWriter &g) {
       setText("tokenizer.ggml.model", "gpt2")(g);
       g.addString("tokenizer.ggml.pre", "nonsense");
     },
     "unknown way to cut text 'nonsense'; known are: a.x-4.0, afmoe"},
    {"NoMerges", setText("tokenizer.ggml.model", "gpt2"),
     "the metadata key 'tokenizer.ggml.merges', found none"},
    {"MergeOfNothing",
     [](GgufWriter &g) {
       setText("tokenizer.ggml.model", "gpt2")(g);
       g.addString("tokenizer.ggml.pre", "gpt-2");
       g.addStrings("tokenizer.ggml.merges", {"zz y"});
     },
     "merge 0: expected merges of pieces to pieces, found 'zz'"},
    {"OtherTokenizer", setText("tokenizer.ggml.model", "bert"),
     "unknown tokenizer 'bert'; known are: gpt2, llama, t5"},
    {"NoTokens", removeKey("tokenizer.ggml.tokens"),
     "tokenizer.ggml.tokens', found none"},
    {"FewScores",
     [](GgufWriter &g) {
       removeKey("tokenizer.ggml.scores")(g);
       g.addNumbers<float>("tokenizer.ggml.scores", GgufWriter::Float32, {1});
     },
     "to have 5 elements, one for each token, found 1"},
    {"ScoresAsIntegers",
     [](GgufWriter &g) {
       removeKey("tokenizer.ggml.scores")(g);
       g.addNumbers<int32_t>("tokenizer.ggml.scores", GgufWriter::Int32,
                             {1, 2, 3, 4, 5});
     },
     "to be an array of float32, found array of int32"},
    {"UnknownPieceType",
     [](GgufWriter &g) {
       removeKey("tokenizer.ggml.token_type")(g);
       g.addNumbers<int32_t>("tokenizer.ggml.token_type", GgufWriter::Int32,
                             {2, 3, 3, 6, 7});
     },
     "expected token types from 1 to 6, found 7 for token 4"},
    {"BytePieceMisspelt",
     [](GgufWriter &g) {
       removeKey("tokenizer.ggml.token_type")(g);
       g.addNumbers<int32_t>("tokenizer.ggml.token_type", GgufWriter::Int32,
                             {2, 3, 6, 6, 1});
     },
     "expected a byte token to be spelt '<0xNN>', found '</s>'"},
    {"StopIdBeyondVocabulary", setInteger("tokenizer.ggml.eos_token_id", 5),
     "expected special token ids below the vocabulary size 5, found 5"},
    {"Alignment", setInteger("general.alignment", 33),
     "expected 'general.alignment' to be a power of two"},
    {"DuplicateTensor",
     [](GgufWriter &g) {
       g.findTensor("output.weight").name = "token_embd.weight";
     },
     "tensor 'token_embd.weight' occurs twice"},
    {"MissingTensor",
     [](GgufWriter &g) {
       std::erase_if(g.tensors, [](const auto &tensor) {
         return tensor.name == "blk.1.attn_v.weight";
       });
     },
     "expected tensor 'blk.1.attn_v.weight' of shape [4, 8], found none"},
    {"WrongShape",
     [](GgufWriter &g) {
       std::swap(g.findTensor("blk.0.ffn_up.weight").extents[0],
                 g.findTensor("blk.0.ffn_up.weight").extents[1]);
     },
     "'blk.0.ffn_up.weight': expected shape [12, 8], found [8, 12]"},
    {"UnknownType",
     [](GgufWriter &g) { g.findTensor("output.weight").type = 77; },
     "tensor 'output.weight' is of type 77, which is not known; supported "
     "are F32, F16, BF16, F64, Q4_0"},
    {"CutBlocks",
     [](GgufWriter &g) {
       g.findTensor("output.weight").type = GgufWriter::Q8_0;
     },
     "expected rows of a multiple of 32 elements, found 8"},
    {"ExtraTensor",
     [](GgufWriter &g) {
       g.tensors.push_back({"blk.0.attn_sinks", {1}, GgufWriter::F32, "abcd"});
     },
     "tensor 'blk.0.attn_sinks' has no place in the architecture 'llama'"},
    {"RopeFactorsOfAnotherCount",
     [](GgufWriter &g) {
       g.tensors.push_back({"rope_freqs.weight",
                            {2},
                            GgufWriter::F32,
                            TinyModel::makeFloats(2, 1)});
     },
     "each of the 1 rotary pairs, found 2 long"},
    {"Misaligned",
     [](GgufWriter &g) { g.findTensor("output.weight").offsetError = 4; },
     "'output.weight': expected an offset that is a multiple of 32"},
    {"Overlap",
     [](GgufWriter &g) { g.findTensor("token_embd.weight").offsetError = 32; },
     "tensors 'token_embd.weight' and 'output_norm.weight' overlap"},
    {"OutsideTheFile",
     [](GgufWriter &g) {
       g.findTensor("output.weight").offsetError = uint64_t{1} << 62;
     },
     "tensor 'output.weight': expected its 160 bytes at offset"},
    {"TooManyDimensions",
     [](GgufWriter &g) {
       g.findTensor("output.weight").extents = {1, 1, 1, 1, 1};
     },
     "expected at most 4 dimensions, found 5"},
    {"ExtentsOverflow",
     [](GgufWriter &g) {
       g.findTensor("output.weight").extents = {uint64_t{1} << 32,
                                                uint64_t{1} << 32};
     },
     "with a product below 2^63"},
    {"ExtentZero",
     [](GgufWriter &g) {
       g.findTensor("output.weight").extents = {8, 0};
     },
     "expected extents from 1 on"},
    {"ValueType", [](GgufWriter &g) { g.addValue("x", 13, "abcd"); },
     "expected the type of a value from 0 to 12, found 13"},
    {"LongString",
     [](GgufWriter &g) {
       g.addValue("x", GgufWriter::String,
                  GgufWriter::encode(~uint64_t{0}) + "abc");
     },
     "expected the length of a string to be at most"},
    {"LongArray",
     [](GgufWriter &g) {
       g.addValue("x", GgufWriter::Array,
                  GgufWriter::encode<uint32_t>(GgufWriter::UInt64) +
                      GgufWriter::encode(uint64_t{1} << 61));
     },
     "expected the length of an array to be at most"},
    {"DeepArrays",
     [](GgufWriter &g) {
       std::string content;
       for (int i = 0; i < 10; ++i)
         content += GgufWriter::encode<uint32_t>(GgufWriter::Array) +
                    GgufWriter::encode(uint64_t{1});
       g.addValue("x", GgufWriter::Array, content);
     },
     "arrays are nested more than 4 deep"},
    {"EmptyKey", [](GgufWriter &g) { g.addInteger("", 1); },
     "expected a key, found ''"},
};

INSTANTIATE_TEST_SUITE_P(All, GgufRefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

TEST(GgufErrorsTest, UnsupportedTensorTypesAreNamedOnce) {
  TinyModel model{.hidden = 32};
  TemporaryDirectory directory;
  GgufWriter gguf = model.makeGguf();
  gguf.findTensor("blk.1.ffn_down.weight").type = GgufWriter::I8;
  std::string text = tryRead(directory.write("m.gguf", gguf.write()));
  EXPECT_NE(text.find("tensor 'blk.1.ffn_down.weight' is of type I8, which "
                      "is not supported; supported are F32"),
            std::string::npos)
      << text;
  gguf.findTensor("blk.0.ffn_down.weight").type = GgufWriter::I8;
  text = tryRead(directory.write("m.gguf", gguf.write()));
  EXPECT_NE(text.find("'blk.0.ffn_down.weight' is of type I8, as are more"),
            std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(GgufErrorsTest, AVocabularyIsNoModel) {
  EXPECT_NE(readAfter([](GgufWriter &gguf) {
              gguf.tensors.clear();
            }).find("found none: this is a vocabulary only"),
            std::string::npos);
}

TEST(GgufErrorsTest, NestedArraysAreSkipped) {
  std::string inner = GgufWriter::encode<uint32_t>(GgufWriter::String) +
                      GgufWriter::encode(uint64_t{1}) +
                      GgufWriter::encodeString("deep");
  EXPECT_EQ(readAfter([&](GgufWriter &gguf) {
              gguf.addValue("x", GgufWriter::Array,
                            GgufWriter::encode<uint32_t>(GgufWriter::Array) +
                                GgufWriter::encode(uint64_t{2}) + inner +
                                inner);
            }),
            "");
}

TEST(GgufErrorsTest, NamesFromFilesAreFitForMessages) {
  std::string text = readAfter([](GgufWriter &gguf) {
    gguf.changeValue(
        "general.architecture", GgufWriter::String,
        GgufWriter::encodeString("\x1b[31m" + std::string(500, 'x')));
  });
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 300u);
}

TEST(GgufErrorsTest, AVocabularyOnTopIsRefused) {
  TemporaryDirectory directory;
  std::string path = directory.write("m.gguf", TinyModel().makeGguf().write());
  EXPECT_NE(tryRead(path, "tok.bin").find("is GGUF and has its own"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// Damaged files
//===----------------------------------------------------------------------===//

TEST(GgufErrorsTest, EveryTruncationIsReported) {
  TemporaryDirectory directory;
  std::string bytes = TinyModel{.layers = 1}.makeGguf().write();
  std::string path = directory.write("m.gguf", bytes);
  ASSERT_EQ(tryRead(path), "");
  for (size_t size = bytes.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    ASSERT_NE(tryRead(path), "") << size;
  }
}

TEST(GgufErrorsTest, NoCorruptionDoesHarm) {
  TemporaryDirectory directory;
  std::string bytes = TinyModel{.layers = 1}.makeGguf().write();
  std::string path = directory.write("m.gguf", bytes);
  for (size_t place = 0; place < bytes.size(); ++place) {
    for (char value : {'\x00', '\x7f', '\xff'}) {
      writeByte(path, place, value);
      // Sound or refused with a message: tryRead() checks which.
      tryRead(path);
    }
    writeByte(path, place, bytes[place]);
  }
  EXPECT_EQ(tryRead(path), "");
}
