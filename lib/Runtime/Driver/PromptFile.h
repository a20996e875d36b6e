//===- PromptFile.h - Prompts, one a line -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_PROMPTFILE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_PROMPTFILE_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace espresso::runtime {

/// A line of a file of prompts.
struct PromptLine {
  std::string prompt;
  std::optional<int64_t> maxTokens; ///< in place of --max-tokens
  std::optional<int64_t> seed;      ///< in place of --seed
  int64_t line = 0;                 ///< from 1 on
};

/// The prompts of `text`, a line each; empty lines are none. If `name` ends in
/// ".jsonl" or the first line begins with "{", lines are JSON objects of
/// "prompt", "max_tokens" and "seed". Errors: InvalidArgument with the line.
[[nodiscard]] absl::StatusOr<std::vector<PromptLine>>
parsePrompts(const std::string &text, const std::string &name);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_PROMPTFILE_H
