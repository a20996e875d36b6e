//===- PackageManifestFuzzer.cpp - Manifests of packages ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "Proto/PackageManifest.h"

#include "llvm/ADT/StringExtras.h"

using namespace espresso;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  FailureOr<PackageManifest> manifest = parseManifest(
      {reinterpret_cast<const char *>(data), size}, "manifest", diagnostics);
  if (failed(manifest)) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  fuzz::require(manifest->root < manifest->items.size(), "the root is an item");
  for (const PackageManifest::Item &item : manifest->items) {
    llvm::StringRef path = item.path;
    fuzz::require(!path.empty() && !path.contains('\0'), "paths are paths");
    fuzz::require(!path.starts_with("/"), "no path is absolute");
    for (llvm::StringRef part : llvm::split(path, '/'))
      fuzz::require(part != "..", "no path leaves the package");
  }
  return 0;
}
