//===- TinyModel.h - A very small checkpoint for tests ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_FRONTEND_TINYMODEL_H
#define ESPRESSO_TEST_UNIT_FRONTEND_TINYMODEL_H

#include "GgufWriter.h"

#include <string>
#include <vector>

namespace espresso::test {

/// Sizes of the model that the functions below write.
struct TinyModel {
  int layers = 2, dim = 8, hidden = 12, heads = 4, kvHeads = 2;
  int vocabulary = 5, positions = 6;
  int getHeadSize() const { return dim / heads; }
  int getKVSize() const { return kvHeads * getHeadSize(); }

  /// fp32 values, different in every place of the model.
  static std::string makeFloats(int count, float first) {
    std::string bytes;
    for (int i = 0; i < count; ++i)
      bytes += GgufWriter::encode(first + static_cast<float>(i) * 0.25f);
    return bytes;
  }

  std::vector<std::string> getPieces() const {
    return {"<unk>", "<s>", "</s>", "<0x0A>",
            "\xe2\x96\x81"
            "a"};
  }

  /// A complete GGUF file with an untied head.
  GgufWriter makeGguf() const {
    GgufWriter gguf;
    gguf.addString("general.architecture", "llama");
    gguf.addString("general.name", "tiny");
    gguf.addInteger("llama.block_count", layers);
    gguf.addInteger("llama.embedding_length", dim);
    gguf.addInteger("llama.feed_forward_length", hidden);
    gguf.addInteger("llama.context_length", positions);
    gguf.addInteger("llama.attention.head_count", heads);
    gguf.addInteger("llama.attention.head_count_kv", kvHeads);
    gguf.addReal("llama.attention.layer_norm_rms_epsilon", 0x1p-16f);
    gguf.addString("tokenizer.ggml.model", "llama");
    gguf.addStrings("tokenizer.ggml.tokens", getPieces());
    gguf.addNumbers<float>("tokenizer.ggml.scores", GgufWriter::Float32,
                           {0, 0, 0, 0, -1.5f});
    gguf.addNumbers<int32_t>("tokenizer.ggml.token_type", GgufWriter::Int32,
                             {2, 3, 3, 6, 1});
    gguf.addInteger("tokenizer.ggml.bos_token_id", 1);
    gguf.addInteger("tokenizer.ggml.eos_token_id", 2);
    addMatrix(gguf, "token_embd.weight", vocabulary, dim);
    addVector(gguf, "output_norm.weight", dim);
    addMatrix(gguf, "output.weight", vocabulary, dim);
    for (int layer = 0; layer < layers; ++layer) {
      std::string prefix = "blk." + std::to_string(layer) + ".";
      addVector(gguf, prefix + "attn_norm.weight", dim);
      addMatrix(gguf, prefix + "attn_q.weight", dim, dim);
      addMatrix(gguf, prefix + "attn_k.weight", getKVSize(), dim);
      addMatrix(gguf, prefix + "attn_v.weight", getKVSize(), dim);
      addMatrix(gguf, prefix + "attn_output.weight", dim, dim);
      addVector(gguf, prefix + "ffn_norm.weight", dim);
      addMatrix(gguf, prefix + "ffn_gate.weight", hidden, dim);
      addMatrix(gguf, prefix + "ffn_down.weight", dim, hidden);
      addMatrix(gguf, prefix + "ffn_up.weight", hidden, dim);
    }
    return gguf;
  }

  /// A llama2.c file; the head is its own if `untied`.
  std::string makeLlama2c(bool untied) const {
    std::string file;
    for (int32_t number : {dim, hidden, layers, heads, kvHeads,
                           untied ? -vocabulary : vocabulary, positions})
      file += GgufWriter::encode(number);
    int count = vocabulary * dim + dim + positions * getHeadSize() +
                (untied ? vocabulary * dim : 0) +
                layers * (2 * dim + 2 * dim * dim + 2 * getKVSize() * dim +
                          3 * dim * hidden);
    return file + makeFloats(count, 0);
  }

  /// The tensors of makeLlama2c(untied) in the order of version 1 or 2. Each
  /// element is a multiple of 1/4 below 32, so that int8 holds it exactly.
  std::string makeLaterLlama2c(int version, bool untied) const {
    std::string file = "24ka" + GgufWriter::encode(int32_t{version});
    for (int32_t number :
         {dim, hidden, layers, heads, kvHeads, vocabulary, positions})
      file += GgufWriter::encode(number);
    file += untied ? '\0' : '\1';
    constexpr int32_t kGroup = 4;
    if (version == 2)
      file += GgufWriter::encode(kGroup);
    file.resize(256);
    int seed = 0;
    auto addVectors = [&](int count) {
      for (int i = 0; i < count * dim; ++i)
        file += GgufWriter::encode(static_cast<float>(seed++ % 97) * 0.25f);
    };
    auto addMatrices = [&](int count, int size) {
      for (int matrix = 0; matrix < count; ++matrix) {
        for (int i = 0; i < size; ++i, ++seed) {
          if (version == 2)
            file += static_cast<char>(seed % 97);
          else
            file += GgufWriter::encode(static_cast<float>(seed % 97) * 0.25f);
        }
        for (int i = 0; version == 2 && i < size / kGroup; ++i)
          file += GgufWriter::encode(0.25f);
      }
    };
    addVectors(2 * layers + 1);
    addMatrices(1, vocabulary * dim);
    addMatrices(layers, dim * dim);
    addMatrices(layers, getKVSize() * dim);
    addMatrices(layers, getKVSize() * dim);
    addMatrices(layers, dim * dim);
    addMatrices(3 * layers, hidden * dim);
    if (untied)
      addMatrices(1, vocabulary * dim);
    return file;
  }

  /// Its vocabulary.
  std::string makeLlama2cTokenizer() const {
    std::string file = GgufWriter::encode<int32_t>(7);
    const std::pair<float, std::string> pieces[] = {{0, "<unk>"},
                                                    {0, "\n<s>\n"},
                                                    {0, "\n</s>\n"},
                                                    {0, "<0x0A>"},
                                                    {-1.5f, " a"}};
    for (const auto &[score, text] : pieces)
      file += GgufWriter::encode(score) +
              GgufWriter::encode(static_cast<int32_t>(text.size())) + text;
    return file;
  }

private:
  static void addMatrix(GgufWriter &gguf, std::string name, int rows,
                        int columns) {
    float first = static_cast<float>(gguf.tensors.size()) * 100;
    gguf.tensors.push_back({std::move(name),
                            {uint64_t(columns), uint64_t(rows)},
                            GgufWriter::F32,
                            makeFloats(rows * columns, first)});
  }
  static void addVector(GgufWriter &gguf, std::string name, int size) {
    float first = static_cast<float>(gguf.tensors.size()) * 100;
    gguf.tensors.push_back({std::move(name),
                            {uint64_t(size)},
                            GgufWriter::F32,
                            makeFloats(size, first)});
  }
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_FRONTEND_TINYMODEL_H
