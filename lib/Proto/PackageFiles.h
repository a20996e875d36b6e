//===- PackageFiles.h - Files of models on disk -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_PACKAGEFILES_H
#define ESPRESSO_LIB_PROTO_PACKAGEFILES_H

#include "espresso/Base/MappedFile.h"
#include "espresso/Proto/Package.h"
#include "espresso/Support/StagedDirectory.h"

namespace espresso {

/// Maps the file `relative` of the directory `root`. Reports and returns null
/// if it is not there or lies outside of `root`, through a link.
[[nodiscard]] std::shared_ptr<const MappedFile>
openInside(llvm::StringRef root, llvm::StringRef relative,
           DiagnosticEngine &diagnostics);

inline llvm::ArrayRef<uint8_t> getBytes(const MappedFile &file) {
  return {file.getBytes().data(), file.getBytes().size()};
}
inline llvm::StringRef getText(const MappedFile &file) {
  return {reinterpret_cast<const char *>(file.getBytes().data()),
          file.getBytes().size()};
}

/// The bytes of `document` as a model, its weights in
/// `<directory>/weights/weight.bin` of `staged`. Without weights there is no
/// such directory afterwards.
struct StagedModel {
  std::string bytes;
  bool hasWeights = false;
};
[[nodiscard]] absl::StatusOr<StagedModel>
stageModel(const ModelDocument &document, StagedDirectory &staged,
           llvm::StringRef directory);

/// Whether `destination` may be replaced: it is not there, or is a directory
/// with a file `mark`, which makes it `what`.
[[nodiscard]] absl::Status checkDestination(llvm::StringRef destination,
                                            llvm::StringRef mark,
                                            llvm::StringRef what);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_PACKAGEFILES_H
