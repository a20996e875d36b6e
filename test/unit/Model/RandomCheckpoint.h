//===- RandomCheckpoint.h - Small models for tests --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_RANDOMCHECKPOINT_H
#define ESPRESSO_TEST_UNIT_MODEL_RANDOMCHECKPOINT_H

#include "espresso/Model/Checkpoint.h"

#include <cstdint>
#include <vector>

namespace espresso::test {

/// A Llama of two layers with heads of four: small, and with few extents alike,
/// so that exchanged axes do not pass. 1/D and d^-1/2 are exact, so that
/// lowering rounds nothing in fp32.
[[nodiscard]] ModelConfig makeTinyConfig(int64_t numHeads = 6,
                                         int64_t numKVHeads = 2,
                                         bool tiedHead = true);

/// A checkpoint of that shape, its weights in memory: uniform in
/// [-scale, scale], gains of norms near 1. Equal seeds give equal weights.
[[nodiscard]] Checkpoint makeRandomCheckpoint(const ModelConfig &config,
                                              uint32_t seed);

/// The elements of a tensor of a checkpoint as the file has them, in fp32.
[[nodiscard]] std::vector<float> readTensor(const Checkpoint &checkpoint,
                                            llvm::StringRef name);

/// Uniform in [-1, 1), the same sequence on every platform.
class UniformSource {
public:
  explicit UniformSource(uint32_t seed) : state(seed * 2654435761u + 1) {}
  float next();

private:
  uint32_t state;
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_RANDOMCHECKPOINT_H
