//===- PackageFiles.cpp - Files of models on disk -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackageFiles.h"

#include "ModelMessages.h"
#include "PackageWeights.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

std::shared_ptr<const MappedFile> openInside(llvm::StringRef root,
                                             llvm::StringRef relative,
                                             DiagnosticEngine &diagnostics) {
  llvm::SmallString<128> full(root);
  path::append(full, relative);
  llvm::SmallString<128> realRoot, realFile;
  std::error_code error = fs::real_path(root, realRoot);
  if (!error)
    error = fs::real_path(full, realFile);
  if (error) {
    diagnostics.emitError(full) << "cannot open: " << error.message();
    return nullptr;
  }
  llvm::StringRef rest = realFile;
  // The root directory already ends in a separator.
  if (!rest.consume_front(realRoot) ||
      !(rest.starts_with("/") || realRoot.str().ends_with("/"))) {
    diagnostics.emitError(full) << "a link that leaves '" << root << "'";
    return nullptr;
  }
  auto file = MappedFile::open(realFile.str().str());
  if (!file.ok()) {
    diagnostics.emitError(full) << llvm::StringRef(
        file.status().message().data(), file.status().message().size());
    return nullptr;
  }
  return *std::move(file);
}

absl::StatusOr<StagedModel> stageModel(const ModelDocument &document,
                                       StagedDirectory &staged,
                                       llvm::StringRef directory) {
  llvm::SmallString<64> weights(directory);
  path::append(weights, "weights");
  if (absl::Status status = staged.makeDirectory(weights); !status.ok())
    return status;
  std::string file = staged.getPath((weights + "/weight.bin").str());
  std::error_code error;
  llvm::raw_fd_ostream os(file, error, fs::OF_None);
  if (error)
    return makeSystemError("write", file, error.value());
  const Program &program = document.getProgram();
  PackageWeights placer(os, getSpecificationVersion(program),
                        program.getContext().getDiagnostics());
  FailureOr<std::string> bytes = writeModel(document, &placer);
  placer.finish();
  os.close();
  if (os.has_error()) {
    int code = os.error().value();
    os.clear_error();
    return makeSystemError("write", file, code);
  }
  if (failed(bytes))
    return absl::AbortedError("");
  bool hasWeights = placer.getNumRecords() != 0;
  if (!hasWeights) {
    fs::remove(file);
    fs::remove(staged.getPath(weights));
  }
  return StagedModel{std::move(*bytes), hasWeights};
}

absl::Status checkDestination(llvm::StringRef destination, llvm::StringRef mark,
                              llvm::StringRef what) {
  if (destination.empty())
    return absl::InvalidArgumentError("the destination has no name");
  if (!fs::exists(destination))
    return absl::OkStatus();
  llvm::SmallString<128> marked(destination);
  path::append(marked, mark);
  if (fs::is_directory(destination) && fs::exists(marked))
    return absl::OkStatus();
  return absl::AlreadyExistsError(
      ("'" + destination + "' exists and is no " + what + "; it is left alone")
          .str());
}

} // namespace espresso
