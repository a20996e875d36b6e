//===- ModelFunctions.h - The functions of a language model -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_MODELFUNCTIONS_H
#define ESPRESSO_LIB_RUNTIME_MODELFUNCTIONS_H

#include "espresso/Runtime/Bundle.h"

#include "absl/status/status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace espresso::runtime {

/// A function that reads prompts of up to `length` tokens.
struct PrefillBucket {
  int64_t length = 0;
  std::string name;
};

/// The host functions `prefill` and `prefill_<n>`, by the length of their ids.
[[nodiscard]] std::vector<PrefillBucket> findBuckets(const Bundle &bundle);

/// Whether the head of the model chooses rather than giving logits.
[[nodiscard]] bool isGreedyModel(const Bundle &bundle);

/// InvalidArgument if the plan is not that of a language model
/// (docs/Bundle.md).
[[nodiscard]] absl::Status checkModel(const Bundle &bundle);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_MODELFUNCTIONS_H
