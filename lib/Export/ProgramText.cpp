//===- ProgramText.cpp - A program as text beside its weights -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Export/ProgramText.h"

#include "espresso/AsmText/Printer.h"
#include "espresso/IR/Builder.h"
#include "espresso/Support/StagedDirectory.h"
#include "espresso/Weights/BlobFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

namespace espresso {

namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kTextFile = "program.mil";
static constexpr llvm::StringLiteral kWeightFile = "weights/weight.bin";

/// Adds every constant outside to `writer`, and makes it a reference to where
/// it is now; false after reporting.
static bool moveWeights(Program &program, BlobWriter &writer) {
  Context &context = program.getContext();
  bool isComplete = true;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      Attribute value = op.is("const") ? op.getAttribute("val") : Attribute();
      const BlobReference *blob = value ? value.getBlob() : nullptr;
      if (!blob || !isComplete)
        return;
      if (!blob->source) {
        (void)(op.emitError()
               << "the elements of '" << op.getResult()->getName()
               << "' are not at hand, so that they cannot be "
                  "written");
        isComplete = false;
        return;
      }
      FailureOr<uint64_t> offset =
          writer.add(*blob->source, context.getDiagnostics());
      isComplete = succeeded(offset);
      if (!isComplete)
        return;
      BlobReference moved;
      moved.path = ("@model_path/" + kWeightFile).str();
      moved.offset = *offset;
      op.setAttribute(context.intern("val"),
                      Attribute::blob(value.getType().castTo<TensorType>(),
                                      std::move(moved)));
    });
  return isComplete;
}

static absl::Status writeWeights(Program &program, StagedDirectory &directory) {
  std::error_code error;
  llvm::raw_fd_ostream os(directory.getPath(kWeightFile), error, fs::OF_None);
  if (error)
    return makeSystemError("write", kWeightFile, error.value());
  BlobWriter writer(os);
  bool isComplete = moveWeights(program, writer);
  if (isComplete)
    writer.finish();
  os.close();
  if (os.has_error()) {
    int code = os.error().value();
    os.clear_error();
    return makeSystemError("write", kWeightFile, code);
  }
  return isComplete ? absl::OkStatus() : absl::AbortedError("");
}

/// Nothing, or what an earlier run has left.
static bool mayReplace(llvm::StringRef path) {
  return !fs::exists(path) || fs::exists(path + "/" + kTextFile);
}

absl::Status writeProgramText(const Program &program, llvm::StringRef path) {
  if (!mayReplace(path))
    return absl::InvalidArgumentError(("'" + path + "' exists and has no '" +
                                       kTextFile + "'; name another directory")
                                          .str());
  absl::StatusOr<std::unique_ptr<StagedDirectory>> directory =
      StagedDirectory::create(path);
  if (!directory.ok())
    return directory.status();
  std::unique_ptr<Program> copy = cloneProgram(program);
  absl::Status status = (*directory)->makeDirectory("weights");
  if (status.ok())
    status = writeWeights(*copy, **directory);
  if (status.ok())
    status = (*directory)->writeFile(kTextFile, printToString(*copy) + "\n");
  return status.ok() ? (*directory)->commit() : status;
}

} // namespace espresso
