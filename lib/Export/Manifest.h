//===- Manifest.h - manifest.json and report.json ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EXPORT_MANIFEST_H
#define ESPRESSO_LIB_EXPORT_MANIFEST_H

#include "espresso/Export/Bundle.h"

#include <map>
#include <string>

namespace espresso {

/// Size and digest of one file of a bundle.
struct FileEntry {
  uint64_t byteSize = 0;
  std::string sha256;
};

/// The text of manifest.json, its own digest filled in. `files` is keyed by
/// path relative to the bundle.
std::string makeManifest(const BundleContents &contents,
                         const std::map<std::string, FileEntry> &files);

/// The text of report.json.
std::string makeReport(const BundleContents &contents, uint64_t weightBytes);

} // namespace espresso

#endif // ESPRESSO_LIB_EXPORT_MANIFEST_H
