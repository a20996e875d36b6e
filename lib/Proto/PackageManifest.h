//===- PackageManifest.h - Manifests of packages ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_PACKAGEMANIFEST_H
#define ESPRESSO_LIB_PROTO_PACKAGEMANIFEST_H

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace espresso {

/// What a `Manifest.json` says.
struct PackageManifest {
  struct Item {
    std::string identifier;
    std::string author;
    std::string description;
    std::string name;
    /// Relative to `Data/`.
    std::string path;
  };
  std::vector<Item> items;
  /// The index of the model.
  size_t root = 0;
};

/// Reads the text of a manifest. Its paths stay below `Data/` as far as that
/// can be told without looking at the disk.
[[nodiscard]] FailureOr<PackageManifest>
parseManifest(llvm::StringRef text, llvm::StringRef subject,
              DiagnosticEngine &diagnostics);

/// The text of the manifest of a package that holds `model`, the bytes of its
/// message. Identifiers follow from those bytes.
[[nodiscard]] std::string makeManifest(llvm::StringRef model, bool hasWeights);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_PACKAGEMANIFEST_H
