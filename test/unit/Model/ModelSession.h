//===- ModelSession.h - Runs decoder functions ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_MODEL_MODELSESSION_H
#define ESPRESSO_TEST_UNIT_MODEL_MODELSESSION_H

#include "espresso/Eval/Evaluator.h"

#include <cstdint>
#include <vector>

namespace espresso::test {

/// A text in progress: evaluates `prefill` and `decode` of a program the way a
/// runtime calls them.
class ModelSession {
public:
  ModelSession(const Program &program, Numerics numerics);

  /// The logits after each call: one for as many of the first `promptLength`
  /// tokens as a function for prompts takes, if there is one; one for every
  /// other token. Empty if something failed.
  std::vector<std::vector<double>> feed(const std::vector<int64_t> &ids,
                                        int64_t promptLength);

private:
  bool call(llvm::StringRef function, const NamedTensors &inputs);

  const Program &program;
  Evaluator evaluator;
  std::vector<std::vector<double>> logits;
};

/// The largest difference between elements of the two; infinity if they have
/// not as many, or if one is no number.
[[nodiscard]] double
getMaxDifference(const std::vector<std::vector<double>> &a,
                 const std::vector<std::vector<double>> &b);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_MODEL_MODELSESSION_H
