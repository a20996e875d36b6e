//===- Olmo2.cpp - OLMo 2 -------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

static constexpr TensorRule kRules[] = {
    {"rms_att_post", "model.layers.*.post_attention_layernorm.weight"},
    {"rms_ffn_post", "model.layers.*.post_feedforward_layernorm.weight"},
};

/// Norms follow attention and feed-forward network; none precede them.
static void configure(ModelSource &, ModelConfig &config) {
  config.hasPreNorms = false;
  config.hasPostNorms = true;
}

const Family kOlmo2Family = {
    .architecture = "olmo2",
    .ggufNames = "olmo2",
    .huggingFaceNames = "olmo2",
    .huggingFaceRules = kRules,
    .configure = configure,
};

} // namespace espresso
