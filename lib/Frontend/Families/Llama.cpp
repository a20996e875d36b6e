//===- Llama.cpp - Llama, Mistral, Mixtral --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

namespace espresso {

/// GGUF has Mistral and Mixtral under the name of Llama.
static constexpr TensorRule kRules[] = {
    {"router", "model.layers.*.block_sparse_moe.gate.weight"},
    {"experts.w1", "model.layers.*.block_sparse_moe.experts.#.w1.weight"},
    {"experts.w2", "model.layers.*.block_sparse_moe.experts.#.w2.weight"},
    {"experts.w3", "model.layers.*.block_sparse_moe.experts.#.w3.weight"},
};

static void configure(ModelSource &source, ModelConfig &config) {
  readExperts(source, config);
  std::optional<int64_t> window =
      source.findInteger({"attention.sliding_window", "sliding_window"});
  if (window && *window != 0)
    setSlidingPattern(config, *window, /*period=*/1);
}

const Family kLlamaFamily = {
    .architecture = "llama",
    .ggufNames = "llama",
    .huggingFaceNames = "llama mistral mixtral",
    .isInterleavedInGguf = true,
    .huggingFaceRules = kRules,
    .configure = configure,
};

} // namespace espresso
