//===- Qwen.cpp - Qwen 2 and 3 --------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama with biases of queries, keys and values.
static constexpr ModelFeature kQwen2Features[] = {
    ModelFeature::RopeScaling,
    ModelFeature::QkvBias,
    ModelFeature::SlidingWindow,
};

/// The same with experts, one of which always takes part, weighed by a gate.
static constexpr ModelFeature kQwen2MoeFeatures[] = {
    ModelFeature::RopeScaling,
    ModelFeature::QkvBias,
    ModelFeature::SlidingWindow,
    ModelFeature::Experts,
};

/// Llama with a norm of each head of queries and keys before the rotation.
static constexpr ModelFeature kQwen3Features[] = {
    ModelFeature::RopeScaling,   ModelFeature::QueryKeyNorm,
    ModelFeature::QkvBias,       ModelFeature::OutputBias,
    ModelFeature::SlidingWindow, ModelFeature::Experts,
};

const Architecture kQwen2 = {"qwen2", buildPreNormLayer, kQwen2Features};
const Architecture kQwen2Moe = {"qwen2moe", buildPreNormLayer,
                                kQwen2MoeFeatures};
const Architecture kQwen3 = {"qwen3", buildPreNormLayer, kQwen3Features};
const Architecture kQwen3Moe = {"qwen3moe", buildPreNormLayer, kQwen3Features};

} // namespace espresso
