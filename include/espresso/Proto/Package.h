//===- Package.h - Core ML files and packages -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The three forms in which Core ML models lie on disk. docs/Formats.md
// describes them.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PROTO_PACKAGE_H
#define ESPRESSO_PROTO_PACKAGE_H

#include "espresso/Proto/Model.h"

#include "absl/status/status.h"

namespace espresso {

/// Whether constants get their weights: see resolveWeights, with
/// WeightPolicy::OnUse.
enum class WeightAccess : uint8_t { None, OnUse };

/// Reads a `.mlmodel`. Weight files are looked for beside it.
[[nodiscard]] FailureOr<ModelDocument>
readModelFile(Context &context, llvm::StringRef path, WeightAccess weights);

/// Reads a `.mlpackage`: its manifest, the model that is its root, and the
/// weights beside that model. Paths that leave the package are errors.
[[nodiscard]] FailureOr<ModelDocument>
readPackage(Context &context, llvm::StringRef path, WeightAccess weights);

/// Reads a `.mlmodelc`: its text, weights, and the description of its ports.
[[nodiscard]] FailureOr<ModelDocument>
readCompiledModel(Context &context, llvm::StringRef path, WeightAccess weights);

/// Writes a package at `destination`, in place of one that is there. Anything
/// else that is there is refused (AlreadyExists) and left alone. Constants of
/// ten or more elements, of the types that coremltools puts there, go to one
/// weight file, each source once; constants whose weights are not at hand are
/// errors. Equal documents give equal bytes. Errors of the system come back as
/// in makeSystemError; Aborted means that a diagnostic has been reported. In
/// every case of failure the destination is as it was.
[[nodiscard]] absl::Status writePackage(const ModelDocument &document,
                                        llvm::StringRef destination);

/// The same as a `.mlmodelc`: what is publicly known of the format, which has
/// not been tried on a device.
[[nodiscard]] absl::Status writeCompiledModel(const ModelDocument &document,
                                              llvm::StringRef destination);

} // namespace espresso

#endif // ESPRESSO_PROTO_PACKAGE_H
