//===- Lfm2.cpp - LFM 2 ---------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

namespace espresso {

/// Most layers have a gated short convolution in place of attention; those with
/// attention have a norm of each head of queries and keys.
static constexpr ModelFeature kFeatures[] = {
    ModelFeature::RopeScaling,
    ModelFeature::QueryKeyNorm,
    ModelFeature::Convolution,
};

const Architecture kLfm2 = {"lfm2", buildPreNormLayer, kFeatures};

} // namespace espresso
