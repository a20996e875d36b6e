//===- TinyFolder.h - TinyModel as a Hugging Face folder --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_FRONTEND_TINYFOLDER_H
#define ESPRESSO_TEST_UNIT_FRONTEND_TINYFOLDER_H

#include "../TestSupport.h"
#include "SafetensorsWriter.h"
#include "TinyModel.h"

namespace espresso::test {

/// The model of TinyModel, in the names and the rotary order of Hugging Face.
struct TinyFolder {
  TinyModel model;

  std::string makeConfig(const std::string &more = "") const {
    auto number = [](int value) { return std::to_string(value); };
    return "{\"model_type\": \"llama\", \"hidden_size\": " + number(model.dim) +
           ", \"intermediate_size\": " + number(model.hidden) +
           ", \"num_hidden_layers\": " + number(model.layers) +
           ", \"num_attention_heads\": " + number(model.heads) +
           ", \"num_key_value_heads\": " + number(model.kvHeads) +
           ", \"vocab_size\": " + number(model.vocabulary) +
           ", \"max_position_embeddings\": " + number(model.positions) +
           ", \"rms_norm_eps\": 1.52587890625e-05, \"hidden_act\": \"silu\""
           ", \"bos_token_id\": 1, \"eos_token_id\": 2, "
           "\"torch_dtype\": null" +
           more + "}";
  }

  /// The tensors of makeGguf() under their other names.
  SafetensorsWriter makeWeights() const {
    static const std::pair<std::string, std::string> kNames[] = {
        {"token_embd", "model.embed_tokens"},
        {"output_norm", "model.norm"},
        {"output", "lm_head"},
        {"attn_norm", "input_layernorm"},
        {"attn_q", "self_attn.q_proj"},
        {"attn_k", "self_attn.k_proj"},
        {"attn_v", "self_attn.v_proj"},
        {"attn_output", "self_attn.o_proj"},
        {"ffn_norm", "post_attention_layernorm"},
        {"ffn_gate", "mlp.gate_proj"},
        {"ffn_down", "mlp.down_proj"},
        {"ffn_up", "mlp.up_proj"},
    };
    SafetensorsWriter writer;
    for (const GgufWriter::Tensor &tensor : model.makeGguf().tensors) {
      std::string stem = tensor.name.substr(0, tensor.name.rfind('.'));
      std::string prefix;
      if (stem.rfind("blk.", 0) == 0) {
        size_t dot = stem.find('.', 4);
        prefix = "model.layers." + stem.substr(4, dot - 4) + ".";
        stem = stem.substr(dot + 1);
      }
      std::string name;
      for (const auto &[from, to] : kNames)
        if (from == stem)
          name = prefix + to + ".weight";
      std::vector<int64_t> shape(tensor.extents.rbegin(),
                                 tensor.extents.rend());
      bool isRotated = stem == "attn_q" || stem == "attn_k";
      writer.tensors.push_back(
          {name, shape, isRotated ? splitHalves(tensor.data) : tensor.data});
    }
    return writer;
  }

  /// Writes the folder and returns its path.
  std::string write(const TemporaryDirectory &directory) const {
    directory.write("folder/config.json", makeConfig());
    directory.write("folder/model.safetensors", makeWeights().write());
    directory.write("folder/tokenizer.model", makeVocabulary());
    return directory.getPath("folder");
  }

  /// A message of protobuf: the pieces of makeGguf().
  std::string makeVocabulary() const {
    auto field = [](int number, const std::string &bytes) {
      return std::string{static_cast<char>(number << 3 | 2),
                         static_cast<char>(bytes.size())} +
             bytes;
    };
    const int types[] = {2, 3, 3, 6, 1};
    const float scores[] = {0, 0, 0, 0, -1.5f};
    std::string message;
    for (size_t i = 0; i < model.getPieces().size(); ++i)
      message += field(1, field(1, model.getPieces()[i]) + "\x15" +
                              GgufWriter::encode(scores[i]) + "\x18" +
                              static_cast<char>(types[i]));
    // Model type BPE; a blank before the text.
    return message + field(2, "\x18\x02") + field(3, "\x18\x01");
  }

private:
  /// Rows of heads of two stand as they do either way; of four they do not.
  std::string splitHalves(const std::string &data) const {
    size_t rowBytes = model.dim * sizeof(float);
    size_t half = model.getHeadSize() / 2;
    std::string out = data;
    for (size_t row = 0; row * rowBytes < data.size(); ++row) {
      size_t place = row % (2 * half);
      size_t from = row - place + place % half * 2 + place / half;
      out.replace(row * rowBytes, rowBytes, data, from * rowBytes, rowBytes);
    }
    return out;
  }
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_FRONTEND_TINYFOLDER_H
