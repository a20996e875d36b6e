//===- Granite.cpp - Granite 3 --------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama with multipliers of embedding, residual stream, scores and logits.
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling, ModelFeature::QkvBias,
    ModelFeature::OutputBias,  ModelFeature::AttentionScale,
    ModelFeature::FfnBias,     ModelFeature::Multipliers,
};

const Architecture kGranite = {"granite", buildPreNormLayer, kFeatures};

} // namespace espresso
