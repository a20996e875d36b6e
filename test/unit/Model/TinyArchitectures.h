//===- TinyArchitectures.h - A small model of every family ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_TINYARCHITECTURES_H
#define ESPRESSO_TEST_UNIT_MODEL_TINYARCHITECTURES_H

#include "espresso/Model/ModelConfig.h"

#include <ostream>
#include <vector>

namespace espresso {
/// For names of tests.
inline void PrintTo(const ModelConfig &config, std::ostream *os) {
  *os << config.name;
}
} // namespace espresso

namespace espresso::test {

/// Positions that the models below are built for. Windows and original contexts
/// are shorter than the texts of the tests, so that they matter.
inline constexpr int64_t kTinyContext = 18;

/// Configurations with two layers, or four where they alternate, that have
/// between them every field an architecture honours. Their names are theirs
/// alone and may be names of tests.
[[nodiscard]] std::vector<ModelConfig> getTinyArchitectures();

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_TINYARCHITECTURES_H
