//===- Phi3.cpp - Phi 3 and 4 ---------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Llama with a window, LongRoPE, and in Phi 4 mini a part of each head that is
/// not rotated. Fused projections are parted by the frontend.
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling,
    ModelFeature::PartialRotary,
    ModelFeature::SlidingWindow,
};

const Architecture kPhi3 = {"phi3", buildPreNormLayer, kFeatures};

} // namespace espresso
