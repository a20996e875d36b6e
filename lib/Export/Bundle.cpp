//===- Bundle.cpp - Writing bundles ---------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Export/Bundle.h"

#include "BundleWeights.h"
#include "Manifest.h"
#include "espresso/Export/TokenizerMessage.h"

#include "espresso/AsmText/Printer.h"
#include "espresso/Base/MappedFile.h"
#include "espresso/Base/Sha256.h"
#include "espresso/Export/MilText.h"
#include "espresso/Support/StagedDirectory.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

static absl::Status writePrograms(const Program &program,
                                  StagedDirectory &directory) {
  for (const auto &function : program.getFunctions()) {
    if (!isIOS(function->getOpset()))
      continue;
    std::string name = ("programs/" + function->getName()).str();
    if (absl::Status status = directory.makeDirectory(name); !status.ok())
      return status;
    std::unique_ptr<Program> standalone = makeStandaloneProgram(*function);
    std::string text;
    llvm::raw_string_ostream os(text);
    print(*standalone, os);
    if (absl::Status status = directory.writeFile(name + "/model.mil", text);
        !status.ok())
      return status;
  }
  return absl::OkStatus();
}

/// Sizes and digests of every file in the directory. Files that share their
/// bytes on disk are read once.
static absl::Status listFiles(const StagedDirectory &directory,
                              std::map<std::string, FileEntry> &files) {
  std::map<fs::UniqueID, std::string> digests;
  std::error_code error;
  const std::string &root = directory.getPath();
  for (fs::recursive_directory_iterator entry(root, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->type() == fs::file_type::directory_file)
      continue;
    absl::StatusOr<std::shared_ptr<const MappedFile>> file =
        MappedFile::open(entry->path());
    if (!file.ok())
      return file.status();
    fs::UniqueID id;
    if (std::error_code idError = fs::getUniqueID(entry->path(), id))
      return makeSystemError("read", entry->path(), idError.value());
    std::string &digest = digests[id];
    if (digest.empty())
      digest = sha256Hex((*file)->getBytes());
    std::string relative = entry->path().substr(root.size() + 1);
    files[relative] = {(*file)->getSize(), digest};
  }
  if (error)
    return makeSystemError("read", root, error.value());
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Entry point
//===----------------------------------------------------------------------===//

/// Only a bundle, or nothing, may be replaced.
static absl::Status checkDestination(llvm::StringRef destination) {
  if (destination.empty())
    return absl::InvalidArgumentError("the bundle's name is empty");
  if (!fs::exists(destination))
    return absl::OkStatus();
  llvm::SmallString<128> manifest(destination);
  path::append(manifest, "manifest.json");
  if (fs::is_directory(destination) && fs::exists(manifest))
    return absl::OkStatus();
  return absl::AlreadyExistsError(
      ("'" + destination +
       "' exists and is not an Espresso bundle; it is left alone")
          .str());
}

static absl::Status writeContents(const BundleContents &contents,
                                  StagedDirectory &directory) {
  BundleWeights weights(contents.program, directory, contents.progress);
  if (absl::Status status = weights.write(); !status.ok())
    return status;
  if (absl::Status status = writePrograms(contents.program, directory);
      !status.ok())
    return status;

  FailureOr<std::string> plan = buildHostPlan(
      contents.program, contents.plan,
      [&](const Operation &constant) { return weights.find(constant); });
  if (failed(plan))
    return absl::AbortedError("");
  if (absl::Status status = directory.writeFile("host.plan", *plan);
      !status.ok())
    return status;
  if (absl::Status status = directory.writeFile(
          "tokenizer.pb", serializeTokenizer(contents.tokenizer));
      !status.ok())
    return status;
  if (absl::Status status = directory.writeFile(
          "report.json", makeReport(contents, weights.getTotalBytes()));
      !status.ok())
    return status;

  std::map<std::string, FileEntry> files;
  if (absl::Status status = listFiles(directory, files); !status.ok())
    return status;
  return directory.writeFile("manifest.json", makeManifest(contents, files));
}

absl::Status writeBundle(const BundleContents &contents,
                         llvm::StringRef destination) {
  if (absl::Status status = checkDestination(destination); !status.ok())
    return status;
  absl::StatusOr<std::unique_ptr<StagedDirectory>> directory =
      StagedDirectory::create(destination);
  if (!directory.ok())
    return directory.status();
  if (absl::Status status = writeContents(contents, **directory); !status.ok())
    return status;
  return (*directory)->commit();
}

} // namespace espresso
