//===- Granite.cpp - Granite ----------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

static void configure(ModelSource &source, ModelConfig &config) {
  config.embeddingScale =
      source.findReal({"embedding_scale", "embedding_multiplier"}).value_or(1);
  config.residualScale =
      source.findReal({"residual_scale", "residual_multiplier"}).value_or(1);
  config.attentionScale =
      source.findReal({"attention.scale", "attention_multiplier"});
  // Logits are divided by it.
  config.logitScale =
      1 / source.findReal({"logit_scale", "logits_scaling"}).value_or(1);
}

const Family kGraniteFamily = {
    .architecture = "granite",
    .ggufNames = "granite",
    .huggingFaceNames = "granite",
    .isInterleavedInGguf = true,
    .configure = configure,
};

} // namespace espresso
