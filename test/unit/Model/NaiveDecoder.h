//===- NaiveDecoder.h - Language models in plain loops ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Written from the descriptions of the architectures, over vectors of doubles,
// without any of the code it judges. One class covers all families, because
// what they differ in is in ModelConfig; each difference is written out where
// it matters.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_NAIVEDECODER_H
#define ESPRESSO_TEST_UNIT_MODEL_NAIVEDECODER_H

#include "espresso/Model/Checkpoint.h"

#include <cstdint>
#include <vector>

namespace espresso::test {

/// The logits after each token of `ids`, the text beginning with the first, in
/// a context of `contextLength` positions (which scaled rotations may depend
/// on).
[[nodiscard]] std::vector<std::vector<double>>
runNaiveDecoder(const Checkpoint &checkpoint, const std::vector<int64_t> &ids,
                int64_t contextLength);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_NAIVEDECODER_H
