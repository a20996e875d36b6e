//===- Package.cpp - Core ML files and packages ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Proto/Package.h"

#include "PackageFiles.h"
#include "PackageManifest.h"

#include "espresso/Weights/WeightResolver.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace path = llvm::sys::path;

static constexpr llvm::StringLiteral kManifest = "Manifest.json";
static constexpr llvm::StringLiteral kModelDirectory = "Data/com.apple.CoreML";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static FailureOr<ModelDocument> readModelWithWeights(Context &context,
                                                     const MappedFile &file,
                                                     llvm::StringRef name,
                                                     llvm::StringRef directory,
                                                     WeightAccess weights) {
  FailureOr<ModelDocument> document = readModel(context, getBytes(file), name);
  if (failed(document))
    return failure();
  if (weights == WeightAccess::OnUse &&
      failed(resolveWeights(document->getProgram(), directory,
                            WeightPolicy::OnUse)))
    return failure();
  return document;
}

FailureOr<ModelDocument> readModelFile(Context &context, llvm::StringRef name,
                                       WeightAccess weights) {
  auto file = MappedFile::open(name.str());
  if (!file.ok())
    return context.getDiagnostics().emitError(name) << llvm::StringRef(
               file.status().message().data(), file.status().message().size());
  return readModelWithWeights(context, **file, name, path::parent_path(name),
                              weights);
}

FailureOr<ModelDocument> readPackage(Context &context, llvm::StringRef package,
                                     WeightAccess weights) {
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  std::shared_ptr<const MappedFile> text =
      openInside(package, kManifest, diagnostics);
  if (!text)
    return failure();
  FailureOr<PackageManifest> manifest = parseManifest(
      getText(*text), (package + "/" + kManifest).str(), diagnostics);
  if (failed(manifest))
    return failure();
  const PackageManifest::Item &root = manifest->items[manifest->root];
  for (const PackageManifest::Item &item : manifest->items)
    if (&item != &root && item.name != "weights")
      diagnostics.emit(Severity::Warning,
                       Location::name(context.intern(package)))
          << "'" << item.path << "' is not part of an ML program and is not "
          << "kept";
  std::string inside = "Data/" + root.path;
  std::shared_ptr<const MappedFile> model =
      openInside(package, inside, diagnostics);
  if (!model)
    return failure();
  llvm::SmallString<128> name(package);
  path::append(name, inside);
  return readModelWithWeights(context, *model, name, path::parent_path(name),
                              weights);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static absl::Status writeParts(const ModelDocument &document,
                               StagedDirectory &directory) {
  absl::StatusOr<StagedModel> model =
      stageModel(document, directory, kModelDirectory);
  if (!model.ok())
    return model.status();
  if (absl::Status status = directory.writeFile(
          (kModelDirectory + "/model.mlmodel").str(), model->bytes);
      !status.ok())
    return status;
  return directory.writeFile(kManifest,
                             makeManifest(model->bytes, model->hasWeights));
}

absl::Status writePackage(const ModelDocument &document,
                          llvm::StringRef destination) {
  if (absl::Status status =
          checkDestination(destination, kManifest, "model package");
      !status.ok())
    return status;
  absl::StatusOr<std::unique_ptr<StagedDirectory>> directory =
      StagedDirectory::create(destination);
  if (!directory.ok())
    return directory.status();
  if (absl::Status status = writeParts(document, **directory); !status.ok())
    return status;
  return (*directory)->commit();
}

} // namespace espresso
