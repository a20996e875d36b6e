//===- CommandRunner.h - Other programs, run and timed ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_COMMANDRUNNER_H
#define ESPRESSO_LIB_TOOLS_COMMANDRUNNER_H

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// How a command ended.
struct CommandResult {
  /// As a shell gives it: 128 + N for signal N. Nothing if it did not end by
  /// itself.
  std::optional<int> exitCode;
  /// What it wrote, both to stdout and stderr; the first megabyte.
  std::string output;
  /// Why it could not be started; empty if it was.
  std::string error;
};

/// Runs a command, found as a shell would find it, without input and in a group
/// of processes of its own. Ends the whole group after `timeout`, or when
/// `shouldStop` says so, which is asked all the time.
[[nodiscard]] CommandResult runCommand(const std::vector<std::string> &command,
                                       std::chrono::milliseconds timeout,
                                       const std::function<bool()> &shouldStop);

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_COMMANDRUNNER_H
