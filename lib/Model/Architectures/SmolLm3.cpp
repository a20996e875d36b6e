//===- SmolLm3.cpp - SmolLM 3 ---------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama of which every fourth layer does not rotate queries and keys.
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling,   ModelFeature::LayersWithoutRope,
    ModelFeature::QkvBias,       ModelFeature::OutputBias,
    ModelFeature::SlidingWindow,
};

const Architecture kSmolLm3 = {"smollm3", buildPreNormLayer, kFeatures};

} // namespace espresso
