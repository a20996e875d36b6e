//===- PackageWeights.h - The weight file of a package ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_PACKAGEWEIGHTS_H
#define ESPRESSO_LIB_PROTO_PACKAGEWEIGHTS_H

#include "espresso/Proto/Package.h"
#include "espresso/Weights/BlobFile.h"

namespace espresso {

/// Writes the weights of a program to one file while the program is exported.
class PackageWeights final : public WeightPlacer {
public:
  /// `os` must be empty and outlive the placer. `specificationVersion` decides
  /// which types may be in the file.
  PackageWeights(llvm::raw_pwrite_stream &os, int32_t specificationVersion,
                 DiagnosticEngine &diagnostics)
      : writer(os), specificationVersion(specificationVersion),
        diagnostics(diagnostics) {}

  FailureOr<std::optional<BlobPlace>>
  place(const Attribute &value, WeightRole role, Location location) override;

  /// Completes the file. Call once, at the end.
  void finish() { writer.finish(); }
  uint32_t getNumRecords() const { return writer.getNumRecords(); }

private:
  /// coremltools' rule for literals.
  bool belongsInFile(const Attribute &value) const;

  BlobWriter writer;
  int32_t specificationVersion;
  DiagnosticEngine &diagnostics;
};

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_PACKAGEWEIGHTS_H
