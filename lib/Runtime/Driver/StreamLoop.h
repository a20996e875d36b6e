//===- StreamLoop.h - Many texts from the command line ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_STREAMLOOP_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_STREAMLOOP_H

#include "PromptFile.h"
#include "RunOptions.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/status.h"

#include <memory>
#include <string>
#include <vector>

namespace espresso::runtime {

/// What the options and the prompt they name ask for: the lines of the file of
/// prompts, or one prompt as often as there are streams, with seeds that follow
/// each other. Errors: those of readText and parsePrompts.
[[nodiscard]] absl::StatusOr<std::vector<PromptLine>>
readPromptLines(const RunOptions &options, const std::string &prompt);

/// Generates a text for each line and writes an object for each to stdout, a
/// line each, in the order of the lines: side by side, or one after another if
/// a `drafter` proposes tokens. `loadSeconds` is for --stats.
[[nodiscard]] absl::Status runStreams(const RunOptions &options,
                                      std::shared_ptr<const Bundle> bundle,
                                      const std::vector<PromptLine> &lines,
                                      Drafter *drafter, double loadSeconds);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_STREAMLOOP_H
