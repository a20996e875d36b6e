//===- Manifest.h - The table of contents of a bundle -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_MANIFEST_H
#define ESPRESSO_LIB_RUNTIME_MANIFEST_H

#include "Plan.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/statusor.h"

#include <string>

namespace espresso::runtime {

/// Checks manifest.json of the bundle at `path` (docs/Bundle.md) and the files
/// it lists: all there, no others, sizes and digests right, no path that leaves
/// the bundle or passes through a symbolic link. Returns the files, mapped.
/// Of weight files (*.bin), digests are checked as the options say.
[[nodiscard]] absl::StatusOr<FileMap>
readManifest(const std::string &path, const BundleOptions &options);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_MANIFEST_H
