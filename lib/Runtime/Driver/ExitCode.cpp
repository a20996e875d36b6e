//===- ExitCode.cpp - What espresso-run ends with -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExitCode.h"

namespace espresso::runtime {

ExitCode getExitCode(const absl::Status &status) {
  switch (status.code()) {
  case absl::StatusCode::kOk:
    return kSuccess;
  case absl::StatusCode::kFailedPrecondition:
  case absl::StatusCode::kResourceExhausted:
    return kFailed;
  case absl::StatusCode::kUnavailable:
  case absl::StatusCode::kCancelled:
    return kOutputError;
  default:
    return kInvalidInput;
  }
}

} // namespace espresso::runtime
