//===- ExitCode.h - What espresso-run ends with -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_EXITCODE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_EXITCODE_H

#include "absl/status/status.h"

namespace espresso::runtime {

/// The exit codes of all tools that can come up here; see docs/Runtime.md.
enum ExitCode : int {
  kSuccess = 0,
  kFailed = 1,
  kUsage = 2,
  kInvalidInput = 3,
  kOutputError = 5,
};

/// That of a run that ended with `status`.
[[nodiscard]] ExitCode getExitCode(const absl::Status &status);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_EXITCODE_H
