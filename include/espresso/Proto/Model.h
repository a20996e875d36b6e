//===- Model.h - Core ML models ---------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A Core ML model is an ML program and a description of what its functions take
// and give. docs/Formats.md says what is read, checked and written.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PROTO_MODEL_H
#define ESPRESSO_PROTO_MODEL_H

#include "espresso/Proto/ProgramExport.h"

#include "llvm/ADT/ArrayRef.h"

#include <memory>
#include <string>

namespace espresso {

/// A model as it was read; see lib/Proto/ModelMessages.h.
struct ModelOriginal;

/// A program with what a model says beyond it: descriptions, metadata, fields
/// that we do not know. Those are kept as they were read and brought up to date
/// when the model is written. Owns the program. Thread-compatible.
class ModelDocument {
public:
  /// A program that comes from elsewhere: its description follows from it.
  explicit ModelDocument(std::unique_ptr<Program> program);
  ModelDocument(std::unique_ptr<Program> program,
                std::shared_ptr<const ModelOriginal> original);
  ~ModelDocument();
  ModelDocument(ModelDocument &&);
  ModelDocument &operator=(ModelDocument &&);

  /// May be changed at will.
  Program &getProgram() const { return *program; }
  /// Null if the program was not read from a model.
  const ModelOriginal *getOriginal() const { return original.get(); }

private:
  std::unique_ptr<Program> program;
  std::shared_ptr<const ModelOriginal> original;
};

/// Reads a `Model` message, the content of a `.mlmodel`. Reports and fails for
/// models that are no ML programs, and for descriptions that contradict their
/// program. A flexible input gives its function the attribute
/// `FlexibleShapeInformation`. Weights are not resolved.
[[nodiscard]] FailureOr<ModelDocument> readModel(Context &context,
                                                 llvm::ArrayRef<uint8_t> bytes,
                                                 llvm::StringRef subject);

/// The bytes of the model; equal documents give equal bytes. The description of
/// a port is written anew if the old one does not fit it any more. Reports and
/// fails for ports that models cannot have: of rank 0, of types other than
/// fp16, fp32 and int32, of unknown extents about which the function has no
/// `FlexibleShapeInformation`.
[[nodiscard]] FailureOr<std::string> writeModel(const ModelDocument &document,
                                                WeightPlacer *placer = nullptr);

} // namespace espresso

#endif // ESPRESSO_PROTO_MODEL_H
