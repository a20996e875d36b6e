//===- Llama.cpp - Llama 1 to 3, and their likes --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Pre-norm decoder with grouped queries, rotary positions and SwiGLU. Models
/// of the family differ in scaled positions (Llama 3), windows (Mistral),
/// biases and experts (Mixtral).
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling,   ModelFeature::PartialRotary,
    ModelFeature::QkvBias,       ModelFeature::OutputBias,
    ModelFeature::SlidingWindow, ModelFeature::FfnBias,
    ModelFeature::Experts,
};

const Architecture kLlama = {"llama", buildPreNormLayer, kFeatures};

} // namespace espresso
