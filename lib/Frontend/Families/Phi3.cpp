//===- Phi3.cpp - Phi 3 and 4 ---------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

/// Queries, keys and values are one matrix, and so are gate and up; GGUF keeps
/// them so.
static constexpr TensorRule kRules[] = {
    {"wq", "model.layers.*.self_attn.qkv_proj.weight", TensorPart::Query},
    {"wk", "model.layers.*.self_attn.qkv_proj.weight", TensorPart::Key},
    {"wv", "model.layers.*.self_attn.qkv_proj.weight", TensorPart::Value},
    {"w1", "model.layers.*.mlp.gate_up_proj.weight", TensorPart::FirstHalf},
    {"w3", "model.layers.*.mlp.gate_up_proj.weight", TensorPart::SecondHalf},
};

static constexpr TensorRule kGgufRules[] = {
    {"w1", "blk.*.ffn_up.weight", TensorPart::FirstHalf},
    {"w3", "blk.*.ffn_up.weight", TensorPart::SecondHalf},
};

static void configure(ModelSource &source, ModelConfig &config) {
  std::optional<int64_t> window =
      source.findInteger({"attention.sliding_window", "sliding_window"});
  if (window && *window != 0)
    setSlidingPattern(config, *window, /*period=*/1);
}

const Family kPhi3Family = {
    .architecture = "phi3",
    .ggufNames = "phi3",
    .huggingFaceNames = "phi3",
    .ggufRules = kGgufRules,
    .huggingFaceRules = kRules,
    .configure = configure,
};

} // namespace espresso
