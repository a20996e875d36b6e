//===- CompiledModel.cpp - Compiled models --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledDescription.h"
#include "CompiledMetadata.h"
#include "ModelMessages.h"
#include "PackageFiles.h"
#include "ProgramMessages.h"
#include "Wire.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/AsmText/TextCheck.h"
#include "espresso/Weights/WeightResolver.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kText = "model.mil";
static constexpr llvm::StringLiteral kDescription = "coremldata.bin";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The description that lies beside the text; null without one. It is not
/// needed: what is not understood is a warning.
static std::shared_ptr<const ModelOriginal>
readDescription(Context &context, llvm::StringRef directory) {
  llvm::SmallString<128> name(directory);
  llvm::sys::path::append(name, kDescription);
  if (!fs::exists(name))
    return nullptr;
  std::shared_ptr<const MappedFile> file =
      openInside(directory, kDescription, context.getDiagnostics());
  if (!file)
    return nullptr;
  auto original = std::make_shared<ModelOriginal>();
  std::string problem =
      parseCompiledDescription(getBytes(*file), original->message);
  if (problem.empty())
    return original;
  context.getDiagnostics().emitWarning(Location::name(context.intern(name)))
      << problem << "; the model is described anew from its program";
  return nullptr;
}

FailureOr<ModelDocument> readCompiledModel(Context &context,
                                           llvm::StringRef directory,
                                           WeightAccess weights) {
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  std::shared_ptr<const MappedFile> text =
      openInside(directory, kText, diagnostics);
  if (!text)
    return failure();
  llvm::SmallString<128> name(directory);
  llvm::sys::path::append(name, kText);
  std::unique_ptr<Program> program =
      parseProgramText(context, getText(*text), name);
  if (!program)
    return failure();
  unsigned errorsBefore = diagnostics.getNumErrors();
  std::shared_ptr<const ModelOriginal> original =
      readDescription(context, directory);
  if (diagnostics.getNumErrors() != errorsBefore ||
      (original &&
       failed(importDescription(original->message.description(), *program))))
    return failure();
  if (weights == WeightAccess::OnUse &&
      failed(resolveWeights(*program, directory, WeightPolicy::OnUse)))
    return failure();
  return ModelDocument(std::move(program), std::move(original));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static absl::Status writeParts(const ModelDocument &document,
                               StagedDirectory &directory) {
  Context &context = document.getProgram().getContext();
  absl::StatusOr<StagedModel> staged = stageModel(document, directory, "");
  if (!staged.ok())
    return staged.status();
  // The text is that of the model as a compiler would read it, so that weights
  // are where they were put.
  pb::Model message;
  llvm::ArrayRef<uint8_t> bytes(
      reinterpret_cast<const uint8_t *>(staged->bytes.data()),
      staged->bytes.size());
  FailureOr<ModelDocument> compiled = readModel(context, bytes, "model");
  if (failed(compiled) ||
      failed(parseMessage(message, bytes, "model", context.getDiagnostics())))
    return absl::AbortedError("");
  Program &program = compiled->getProgram();
  program.setTextVersion(document.getProgram().getTextVersion());
  if (failed(checkText(program, TextForm::Artifact)))
    return absl::AbortedError("");
  if (absl::Status status = directory.writeFile(kText, printToString(program));
      !status.ok())
    return status;
  FailureOr<std::string> description =
      makeCompiledDescription(message, context.getDiagnostics());
  if (failed(description))
    return absl::AbortedError("");
  if (absl::Status status = directory.writeFile(kDescription, *description);
      !status.ok())
    return status;
  if (absl::Status status = directory.writeFile(
          "metadata.json", makeCompiledMetadata(message, program));
      !status.ok())
    return status;
  if (absl::Status status = directory.makeDirectory("analytics"); !status.ok())
    return status;
  return directory.writeFile("analytics/coremldata.bin",
                             makeCompiledAnalytics());
}

absl::Status writeCompiledModel(const ModelDocument &document,
                                llvm::StringRef destination) {
  if (absl::Status status =
          checkDestination(destination, kText, "compiled model");
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
