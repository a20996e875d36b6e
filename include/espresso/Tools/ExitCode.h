//===- ExitCode.h - How a tool ends -----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_EXITCODE_H
#define ESPRESSO_TOOLS_EXITCODE_H

#include "absl/status/status.h"

namespace espresso {

/// Exit codes of the tools, documented in docs/Diagnostics.md.
enum class ExitCode : int {
  Success = 0,
  /// Compilation or verification failed.
  Failed = 1,
  Usage = 2,
  /// Input unreadable or invalid.
  InvalidInput = 3,
  /// Something the target does not allow, where that was to be an error.
  Illegal = 4,
  /// Output could not be written.
  OutputError = 5,
  /// A bug of ours.
  Bug = 70,
};

/// The code for a failure to write: OutputError, but Failed for Aborted (a
/// diagnostic has said why) and Usage for a destination that must not be used.
[[nodiscard]] ExitCode getExitCodeForWrite(const absl::Status &status);

} // namespace espresso

#endif // ESPRESSO_TOOLS_EXITCODE_H
