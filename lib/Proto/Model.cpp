//===- Model.cpp - Core ML models -----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Proto/Model.h"

#include "ModelKinds.h"
#include "ModelMessages.h"
#include "ProgramMessages.h"
#include "Wire.h"

namespace espresso {

ModelDocument::ModelDocument(std::unique_ptr<Program> program)
    : program(std::move(program)) {}
ModelDocument::ModelDocument(std::unique_ptr<Program> program,
                             std::shared_ptr<const ModelOriginal> original)
    : program(std::move(program)), original(std::move(original)) {}
ModelDocument::~ModelDocument() = default;
ModelDocument::ModelDocument(ModelDocument &&) = default;
ModelDocument &ModelDocument::operator=(ModelDocument &&) = default;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

FailureOr<ModelDocument> readModel(Context &context,
                                   llvm::ArrayRef<uint8_t> bytes,
                                   llvm::StringRef subject) {
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  // Other kinds first: their content means nothing to us, and may be large.
  if (std::optional<llvm::StringRef> kind = findOtherModelKind(bytes))
    return diagnostics.emitError(subject)
           << "not an ML program: it is a " << *kind;
  auto original = std::make_shared<ModelOriginal>();
  pb::Model &message = original->message;
  if (failed(parseMessage(message, bytes, subject, diagnostics)))
    return failure();
  if (!message.has_ml_program())
    return diagnostics.emitError(subject)
           << "not an ML program: the message holds none";
  std::vector<std::string> order;
  for (const pb::FunctionDescription &function :
       message.description().functions())
    order.push_back(function.name());
  std::unique_ptr<Program> program =
      importProgramMessage(context, message.ml_program(), subject, order);
  if (!program || failed(importDescription(message.description(), *program)))
    return failure();
  return ModelDocument(std::move(program), std::move(original));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

FailureOr<std::string> writeModel(const ModelDocument &document,
                                  WeightPlacer *placer) {
  const Program &program = document.getProgram();
  const pb::Model *original =
      document.getOriginal() ? &document.getOriginal()->message : nullptr;
  pb::Model message;
  int32_t version = getSpecificationVersion(program);
  if (original) {
    copyUnknownFields(*original, message);
    version = std::max(version, original->specification_version());
  }
  const pb::Program *before = original && original->has_ml_program()
                                  ? &original->ml_program()
                                  : nullptr;
  if (failed(exportDescription(program, original,
                               *message.mutable_description(), version)) ||
      failed(exportProgramMessage(program, before, placer,
                                  *message.mutable_ml_program())))
    return failure();
  message.set_specification_version(version);
  return serializeMessage(message, "model",
                          program.getContext().getDiagnostics());
}

} // namespace espresso
