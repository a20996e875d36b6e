//===- Formats.cpp - The formats of espresso-opt --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formats.h"

#include "espresso/Tools/OutputFile.h"
#include "espresso/Weights/WeightResolver.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static cl::ValuesClass getFormats() {
  return cl::values(
      clEnumValN(FileFormat::Mil, "mil", "MIL text"),
      clEnumValN(FileFormat::MlModel, "mlmodel", "a Core ML model, one file"),
      clEnumValN(FileFormat::MlPackage, "mlpackage",
                 "a Core ML package, with weights"),
      clEnumValN(FileFormat::MlModelC, "mlmodelc", "a compiled Core ML model"));
}

FormatOptions::FormatOptions(cl::OptionCategory &category)
    : input("input-format",
            cl::desc("What is read; by default as the extension says"),
            getFormats(), cl::Hidden, cl::cat(category)),
      output("output-format",
             cl::desc("What is written; by default as the extension says"),
             getFormats(), cl::Hidden, cl::cat(category)) {}

static FileFormat getFormat(const cl::opt<FileFormat> &option,
                            llvm::StringRef path) {
  if (option.getNumOccurrences() != 0)
    return option;
  return llvm::StringSwitch<FileFormat>(
             llvm::sys::path::extension(path.rtrim('/')))
      .Case(".mlmodel", FileFormat::MlModel)
      .Case(".mlpackage", FileFormat::MlPackage)
      .Case(".mlmodelc", FileFormat::MlModelC)
      .Default(FileFormat::Mil);
}

FileFormat FormatOptions::getInputFormat(llvm::StringRef path) const {
  return getFormat(input, path);
}

FileFormat FormatOptions::getOutputFormat(llvm::StringRef path) const {
  return getFormat(output, path);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Unlike readModelFile it takes standard input and pipes.
static FailureOr<ModelDocument>
readStream(Context &context, llvm::StringRef path, WeightAccess weights) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false,
                                         /*RequiresNullTerminator=*/false);
  if (!buffer)
    return context.getDiagnostics().emitError(path)
           << "cannot read: " << buffer.getError().message();
  llvm::StringRef bytes = (*buffer)->getBuffer();
  FailureOr<ModelDocument> document = readModel(
      context, {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
      path == "-" ? "<stdin>" : path);
  if (failed(document) || weights == WeightAccess::None)
    return document;
  if (failed(resolveWeights(document->getProgram(),
                            llvm::sys::path::parent_path(path),
                            WeightPolicy::OnUse)))
    return failure();
  return document;
}

FailureOr<ModelDocument> readDocument(Context &context, FileFormat format,
                                      llvm::StringRef path,
                                      WeightAccess weights) {
  switch (format) {
  case FileFormat::MlModel:
    return readStream(context, path, weights);
  case FileFormat::MlPackage:
    return readPackage(context, path, weights);
  case FileFormat::MlModelC:
    return readCompiledModel(context, path, weights);
  case FileFormat::Mil:
    break;
  }
  llvm_unreachable("text is read elsewhere");
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {

/// Leaves every weight where it is, and remembers that there was one.
class WeightFinder final : public WeightPlacer {
public:
  FailureOr<std::optional<BlobPlace>> place(const Attribute &value, WeightRole,
                                            Location) override {
    found |= value.getBlob() != nullptr;
    return std::optional<BlobPlace>();
  }
  bool hasFound() const { return found; }

private:
  bool found = false;
};

} // namespace

static absl::Status writeSingleFile(const ModelDocument &document,
                                    llvm::StringRef path,
                                    WeightAccess weights) {
  WeightFinder finder;
  FailureOr<std::string> bytes = writeModel(document, &finder);
  if (failed(bytes))
    return absl::AbortedError("");
  Context &context = document.getProgram().getContext();
  if (finder.hasFound() && weights != WeightAccess::None)
    context.getDiagnostics().emitWarning(Location::name(context.intern(path)))
        << "the model refers to weight files, which a .mlmodel does not hold; "
           "a .mlpackage does";
  return writeOutput(path, *bytes);
}

absl::Status writeDocument(const ModelDocument &document, FileFormat format,
                           llvm::StringRef path, WeightAccess weights) {
  if (format != FileFormat::MlModel && path == "-")
    return absl::InvalidArgumentError(
        "a directory cannot go to standard output; name it with -o");
  switch (format) {
  case FileFormat::MlModel:
    return writeSingleFile(document, path, weights);
  case FileFormat::MlPackage:
    return writePackage(document, path);
  case FileFormat::MlModelC:
    return writeCompiledModel(document, path);
  case FileFormat::Mil:
    break;
  }
  llvm_unreachable("text is written elsewhere");
}

} // namespace espresso
