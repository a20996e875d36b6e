//===- NaiveRope.h - Angles in plain formulas -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_NAIVEROPE_H
#define ESPRESSO_TEST_UNIT_MODEL_NAIVEROPE_H

#include "espresso/Model/ModelConfig.h"

namespace espresso::test {

/// Radians for each position, of one pair of one layer, where texts have up to
/// `contextLength` positions.
[[nodiscard]] double getNaiveFrequency(const ModelConfig &config,
                                       const LayerConfig &layer, int64_t pair,
                                       int64_t contextLength);

/// What cosines and sines are multiplied with.
[[nodiscard]] double getNaiveRopeScale(const ModelConfig &config);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_NAIVEROPE_H
