//===- TensorNames.cpp - What files call the canonical tensors ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

// Of several rules for one tensor the first that finds something applies.

static constexpr TensorRule kGgufRules[] = {
    {"embedding", "token_embd.weight"},
    {"positions", "position_embd.weight"},
    {"rms_final", "output_norm.weight"},
    {"rms_final", "token_embd_norm.weight"},
    {"ln_final_gamma", "output_norm.weight"},
    {"ln_final_beta", "output_norm.bias"},
    {"lm_head", "output.weight"},
    {"lm_head_b", "output.bias"},
    {"rms_att", "blk.*.attn_norm.weight"},
    {"ln_att_gamma", "blk.*.attn_norm.weight"},
    {"ln_att_beta", "blk.*.attn_norm.bias"},
    {"rms_att_post", "blk.*.post_attention_norm.weight"},
    {"rms_ffn", "blk.*.ffn_norm.weight"},
    {"ln_ffn_gamma", "blk.*.ffn_norm.weight"},
    {"ln_ffn_beta", "blk.*.ffn_norm.bias"},
    {"rms_ffn_post", "blk.*.post_ffw_norm.weight"},
    {"wq", "blk.*.attn_q.weight"},
    {"wq", "blk.*.attn_qkv.weight", TensorPart::Query},
    {"wk", "blk.*.attn_k.weight"},
    {"wk", "blk.*.attn_qkv.weight", TensorPart::Key},
    {"wv", "blk.*.attn_v.weight"},
    {"wv", "blk.*.attn_qkv.weight", TensorPart::Value},
    {"bq", "blk.*.attn_q.bias"},
    {"bq", "blk.*.attn_qkv.bias", TensorPart::Query},
    {"bk", "blk.*.attn_k.bias"},
    {"bk", "blk.*.attn_qkv.bias", TensorPart::Key},
    {"bv", "blk.*.attn_v.bias"},
    {"bv", "blk.*.attn_qkv.bias", TensorPart::Value},
    {"wo", "blk.*.attn_output.weight"},
    {"bo", "blk.*.attn_output.bias"},
    {"q_norm", "blk.*.attn_q_norm.weight"},
    {"k_norm", "blk.*.attn_k_norm.weight"},
    {"w1", "blk.*.ffn_gate.weight"},
    {"w2", "blk.*.ffn_down.weight"},
    {"w3", "blk.*.ffn_up.weight"},
    {"b1", "blk.*.ffn_gate.bias"},
    {"b2", "blk.*.ffn_down.bias"},
    {"b3", "blk.*.ffn_up.bias"},
    {"router", "blk.*.ffn_gate_inp.weight"},
    {"experts.w1", "blk.*.ffn_gate_exps.weight", TensorPart::Expert},
    {"experts.w1", "blk.*.ffn_gate.#.weight"},
    {"experts.w2", "blk.*.ffn_down_exps.weight", TensorPart::Expert},
    {"experts.w2", "blk.*.ffn_down.#.weight"},
    {"experts.w3", "blk.*.ffn_up_exps.weight", TensorPart::Expert},
    {"experts.w3", "blk.*.ffn_up.#.weight"},
    {"shared.w1", "blk.*.ffn_gate_shexp.weight"},
    {"shared.w2", "blk.*.ffn_down_shexp.weight"},
    {"shared.w3", "blk.*.ffn_up_shexp.weight"},
    {"shared_gate", "blk.*.ffn_gate_inp_shexp.weight"},
    {"conv_in", "blk.*.shortconv.in_proj.weight"},
    {"conv", "blk.*.shortconv.conv.weight"},
    {"conv_out", "blk.*.shortconv.out_proj.weight"},
};

static constexpr TensorRule kHuggingFaceRules[] = {
    {"embedding", "model.embed_tokens.weight"},
    {"rms_final", "model.norm.weight"},
    {"ln_final_gamma", "model.norm.weight"},
    {"ln_final_beta", "model.norm.bias"},
    {"lm_head", "lm_head.weight"},
    {"lm_head_b", "lm_head.bias"},
    {"rms_att", "model.layers.*.input_layernorm.weight"},
    {"ln_att_gamma", "model.layers.*.input_layernorm.weight"},
    {"ln_att_beta", "model.layers.*.input_layernorm.bias"},
    {"rms_ffn", "model.layers.*.post_attention_layernorm.weight"},
    {"ln_ffn_gamma", "model.layers.*.post_attention_layernorm.weight"},
    {"ln_ffn_beta", "model.layers.*.post_attention_layernorm.bias"},
    {"wq", "model.layers.*.self_attn.q_proj.weight"},
    {"bq", "model.layers.*.self_attn.q_proj.bias"},
    {"wk", "model.layers.*.self_attn.k_proj.weight"},
    {"bk", "model.layers.*.self_attn.k_proj.bias"},
    {"wv", "model.layers.*.self_attn.v_proj.weight"},
    {"bv", "model.layers.*.self_attn.v_proj.bias"},
    {"wo", "model.layers.*.self_attn.o_proj.weight"},
    {"bo", "model.layers.*.self_attn.o_proj.bias"},
    {"q_norm", "model.layers.*.self_attn.q_norm.weight"},
    {"k_norm", "model.layers.*.self_attn.k_norm.weight"},
    {"w1", "model.layers.*.mlp.gate_proj.weight"},
    {"b1", "model.layers.*.mlp.gate_proj.bias"},
    {"w2", "model.layers.*.mlp.down_proj.weight"},
    {"b2", "model.layers.*.mlp.down_proj.bias"},
    {"w3", "model.layers.*.mlp.up_proj.weight"},
    {"b3", "model.layers.*.mlp.up_proj.bias"},
    {"router", "model.layers.*.mlp.gate.weight"},
    {"experts.w1", "model.layers.*.mlp.experts.#.gate_proj.weight"},
    {"shared.w1", "model.layers.*.mlp.shared_expert.gate_proj.weight"},
    {"experts.w2", "model.layers.*.mlp.experts.#.down_proj.weight"},
    {"shared.w2", "model.layers.*.mlp.shared_expert.down_proj.weight"},
    {"experts.w3", "model.layers.*.mlp.experts.#.up_proj.weight"},
    {"shared.w3", "model.layers.*.mlp.shared_expert.up_proj.weight"},
    {"shared_gate", "model.layers.*.mlp.shared_expert_gate.weight"},
};

static constexpr llvm::StringLiteral kRedundantSuffixes[] = {
    ".rotary_emb.inv_freq", // recomputed from theta
    ".attn.bias",           // GPT-2's causal mask
    ".attn.masked_bias",    // and what it masks with
};

bool isRedundant(llvm::StringRef name) {
  return llvm::any_of(kRedundantSuffixes, [&](llvm::StringRef suffix) {
    return name.ends_with(suffix);
  });
}

//===----------------------------------------------------------------------===//
// Resolution
//===----------------------------------------------------------------------===//

namespace {

/// "layers.3.experts.2.w1" taken apart: "experts.w1", 3 and 2.
struct CanonicalName {
  std::string kind;
  llvm::StringRef layer;
  llvm::StringRef expert;
};

} // namespace

static CanonicalName parseCanonical(llvm::StringRef name) {
  CanonicalName result;
  if (name.consume_front("layers."))
    std::tie(result.layer, name) = name.split('.');
  if (name.consume_front("experts.")) {
    std::tie(result.expert, name) = name.split('.');
    result.kind = "experts.";
  }
  result.kind += name;
  return result;
}

static std::string fillIn(llvm::StringRef pattern, const CanonicalName &name) {
  std::string text;
  for (char c : pattern) {
    if (c == '*')
      text += name.layer;
    else if (c == '#')
      text += name.expert;
    else
      text += c;
  }
  return text;
}

/// Calls `visit(rule, name)` for each rule that applies until it returns true.
template <typename Visitor>
void TensorFinder::visitRules(llvm::StringRef canonical, Visitor visit) const {
  const CanonicalName name = parseCanonical(canonical);
  bool isGguf = source.getFormat() == SourceFormat::Gguf;
  const llvm::ArrayRef<TensorRule> tables[] = {
      isGguf ? family.ggufRules : family.huggingFaceRules,
      isGguf ? llvm::ArrayRef<TensorRule>(kGgufRules)
             : llvm::ArrayRef<TensorRule>(kHuggingFaceRules)};
  for (llvm::ArrayRef<TensorRule> table : tables) {
    bool hasRule = false;
    for (const TensorRule &rule : table) {
      if (rule.canonical != name.kind)
        continue;
      hasRule = true;
      if (visit(rule, fillIn(rule.name, name)))
        return;
    }
    if (hasRule)
      return;
  }
}

std::optional<TensorUse> TensorFinder::find(llvm::StringRef canonical) const {
  std::optional<TensorUse> found;
  visitRules(canonical, [&](const TensorRule &rule, const std::string &name) {
    const SourceTensor *tensor = source.findTensor(name);
    if (!tensor)
      return false;
    found = TensorUse{tensor, rule.part, rule.isTransposed};
    if (rule.part == TensorPart::Expert)
      (void)llvm::to_integer(parseCanonical(canonical).expert, found->expert);
    return true;
  });
  return found;
}

std::string TensorFinder::getExpectedName(llvm::StringRef canonical) const {
  std::string first;
  visitRules(canonical, [&](const TensorRule &, const std::string &name) {
    first = name;
    return true;
  });
  return first;
}

std::optional<TensorUse> TensorFinder::findInAnyLayer(llvm::StringRef kind,
                                                      int64_t numLayers) const {
  for (int64_t layer = 0; layer < numLayers; ++layer)
    if (auto use = find("layers." + std::to_string(layer) + "." + kind.str()))
      return use;
  return std::nullopt;
}

} // namespace espresso
