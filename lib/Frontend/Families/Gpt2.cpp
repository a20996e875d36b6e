//===- Gpt2.cpp - GPT-2 ---------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

/// Linear layers are "Conv1D", which stores [in, out]; queries, keys and values
/// are one of them. The first published files lack "transformer.".
static constexpr TensorRule kRules[] = {
    {"embedding", "transformer.wte.weight"},
    {"positions", "transformer.wpe.weight"},
    {"ln_final_gamma", "transformer.ln_f.weight"},
    {"ln_final_beta", "transformer.ln_f.bias"},
    {"ln_att_gamma", "transformer.h.*.ln_1.weight"},
    {"ln_att_beta", "transformer.h.*.ln_1.bias"},
    {"ln_ffn_gamma", "transformer.h.*.ln_2.weight"},
    {"ln_ffn_beta", "transformer.h.*.ln_2.bias"},
    {"wq", "transformer.h.*.attn.c_attn.weight", TensorPart::Query,
     /*isTransposed=*/true},
    {"wk", "transformer.h.*.attn.c_attn.weight", TensorPart::Key,
     /*isTransposed=*/true},
    {"wv", "transformer.h.*.attn.c_attn.weight", TensorPart::Value,
     /*isTransposed=*/true},
    {"bq", "transformer.h.*.attn.c_attn.bias", TensorPart::Query},
    {"bk", "transformer.h.*.attn.c_attn.bias", TensorPart::Key},
    {"bv", "transformer.h.*.attn.c_attn.bias", TensorPart::Value},
    {"wo", "transformer.h.*.attn.c_proj.weight", TensorPart::Whole,
     /*isTransposed=*/true},
    {"bo", "transformer.h.*.attn.c_proj.bias"},
    {"w1", "transformer.h.*.mlp.c_fc.weight", TensorPart::Whole,
     /*isTransposed=*/true},
    {"b1", "transformer.h.*.mlp.c_fc.bias"},
    {"w2", "transformer.h.*.mlp.c_proj.weight", TensorPart::Whole,
     /*isTransposed=*/true},
    {"b2", "transformer.h.*.mlp.c_proj.bias"},
    {"embedding", "wte.weight"},
    {"positions", "wpe.weight"},
    {"ln_final_gamma", "ln_f.weight"},
    {"ln_final_beta", "ln_f.bias"},
    {"ln_att_gamma", "h.*.ln_1.weight"},
    {"ln_att_beta", "h.*.ln_1.bias"},
    {"ln_ffn_gamma", "h.*.ln_2.weight"},
    {"ln_ffn_beta", "h.*.ln_2.bias"},
    {"wq", "h.*.attn.c_attn.weight", TensorPart::Query, /*isTransposed=*/true},
    {"wk", "h.*.attn.c_attn.weight", TensorPart::Key, /*isTransposed=*/true},
    {"wv", "h.*.attn.c_attn.weight", TensorPart::Value, /*isTransposed=*/true},
    {"bq", "h.*.attn.c_attn.bias", TensorPart::Query},
    {"bk", "h.*.attn.c_attn.bias", TensorPart::Key},
    {"bv", "h.*.attn.c_attn.bias", TensorPart::Value},
    {"wo", "h.*.attn.c_proj.weight", TensorPart::Whole, /*isTransposed=*/true},
    {"bo", "h.*.attn.c_proj.bias"},
    {"w1", "h.*.mlp.c_fc.weight", TensorPart::Whole, /*isTransposed=*/true},
    {"b1", "h.*.mlp.c_fc.bias"},
    {"w2", "h.*.mlp.c_proj.weight", TensorPart::Whole, /*isTransposed=*/true},
    {"b2", "h.*.mlp.c_proj.bias"},
};

static constexpr TensorRule kGgufRules[] = {
    {"w1", "blk.*.ffn_up.weight"},
    {"b1", "blk.*.ffn_up.bias"},
};

static void configure(ModelSource &source, ModelConfig &config) {
  config.norm = NormKind::Layer;
  config.hasPositionTable = true;
  config.isGated = false;
  if (!source.has({"", "activation_function"}))
    config.activation = Activation::GeluTanh;
  for (SettingKey key : {SettingKey{"", "scale_attn_by_inverse_layer_idx"},
                         SettingKey{"", "add_cross_attention"}})
    if (source.findBool(key).value_or(false))
      source.emitError(key)
          << "not supported: " << key.huggingFace << " = true";
  if (!source.findBool({"", "scale_attn_weights"}).value_or(true))
    config.attentionScale = 1;
}

const Family kGpt2Family = {
    .architecture = "gpt2",
    .ggufNames = "gpt2",
    .huggingFaceNames = "gpt2",
    .ggufRules = kGgufRules,
    .huggingFaceRules = kRules,
    .configure = configure,
};

} // namespace espresso
