//===- NaiveLlama.h - A Llama in plain loops --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Written from the description of the architecture, over vectors of doubles,
// without any of the code it judges.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_NAIVELLAMA_H
#define ESPRESSO_TEST_UNIT_MODEL_NAIVELLAMA_H

#include "espresso/Model/Checkpoint.h"

#include <cstdint>
#include <vector>

namespace espresso::test {

/// The logits after each token of `ids`, the text beginning with the first.
[[nodiscard]] std::vector<std::vector<double>>
runNaiveLlama(const Checkpoint &checkpoint, const std::vector<int64_t> &ids);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_NAIVELLAMA_H
