//===- OutputFile.h - Files that appear whole -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_OUTPUTFILE_H
#define ESPRESSO_TOOLS_OUTPUTFILE_H

#include "absl/status/status.h"
#include "llvm/ADT/StringRef.h"

namespace espresso {

/// Writes `contents` to `path`, "-" being stdout. A regular file is written
/// beside its place and renamed, so that a failure leaves what was there; pipes
/// and devices are written to directly. InvalidArgument for a directory; errors
/// of the system as in makeSystemError.
[[nodiscard]] absl::Status writeOutput(llvm::StringRef path,
                                       llvm::StringRef contents);

} // namespace espresso

#endif // ESPRESSO_TOOLS_OUTPUTFILE_H
