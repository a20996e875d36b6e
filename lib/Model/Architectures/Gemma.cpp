//===- Gemma.cpp - Gemma 1 to 3 -------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama with GELU for the gate, a scaled embedding, and heads of their own
/// size. Gains of norms are those that are multiplied with: the frontend has
/// added the 1 that files leave out.
static constexpr ModelFeature kGemmaFeatures[] = {
    ModelFeature::RopeScaling,     ModelFeature::QkvBias,
    ModelFeature::OutputBias,      ModelFeature::AttentionScale,
    ModelFeature::OtherActivation, ModelFeature::Multipliers,
};

/// Norms also of what is added to the residual stream, soft caps, and windows
/// in every other layer.
static constexpr ModelFeature kGemma2Features[] = {
    ModelFeature::RopeScaling,    ModelFeature::PostNorms,
    ModelFeature::QkvBias,        ModelFeature::OutputBias,
    ModelFeature::AttentionScale, ModelFeature::AttentionSoftCap,
    ModelFeature::SlidingWindow,  ModelFeature::OtherActivation,
    ModelFeature::Multipliers,    ModelFeature::LogitSoftCap,
};

/// Norms of queries and keys in place of caps; five layers of six have a window
/// and a rotary base of their own.
static constexpr ModelFeature kGemma3Features[] = {
    ModelFeature::RopeScaling,    ModelFeature::LocalRopeTheta,
    ModelFeature::PostNorms,      ModelFeature::QueryKeyNorm,
    ModelFeature::QkvBias,        ModelFeature::OutputBias,
    ModelFeature::AttentionScale, ModelFeature::AttentionSoftCap,
    ModelFeature::SlidingWindow,  ModelFeature::OtherActivation,
    ModelFeature::Multipliers,    ModelFeature::LogitSoftCap,
};

const Architecture kGemma = {"gemma", buildPreNormLayer, kGemmaFeatures};
const Architecture kGemma2 = {"gemma2", buildPreNormLayer, kGemma2Features};
const Architecture kGemma3 = {"gemma3", buildPreNormLayer, kGemma3Features};

} // namespace espresso
