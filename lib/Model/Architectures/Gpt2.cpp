//===- Gpt2.cpp - GPT-2 ---------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Pre-norm decoder with layer norms, biases everywhere, a table of positions
/// in place of the rotation, and a feed-forward network without gate.
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::PositionTable,  ModelFeature::LayerNorm,
    ModelFeature::QkvBias,        ModelFeature::OutputBias,
    ModelFeature::AttentionScale, ModelFeature::OtherActivation,
    ModelFeature::UngatedFfn,     ModelFeature::FfnBias,
};

const Architecture kGpt2 = {"gpt2", buildPreNormLayer, kFeatures};

} // namespace espresso
