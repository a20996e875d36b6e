//===- ModelSource.h - Settings and tensors of a checkpoint -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What GGUF files and Hugging Face folders have in common: settings by name,
// and tensors by name. Families of models are described against this, once for
// both.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_MODELSOURCE_H
#define ESPRESSO_LIB_FRONTEND_MODELSOURCE_H

#include "espresso/Support/Diagnostics.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso {

enum class SourceFormat : uint8_t { Gguf, HuggingFace };

/// A setting's name in either format, empty where there is no such setting. In
/// GGUF it follows the name of the architecture and a dot; in `config.json` a
/// dot leads into an object, and '|' separates alternatives.
struct SettingKey {
  llvm::StringLiteral gguf;
  llvm::StringLiteral huggingFace;
};

/// A tensor as its file lists it, checked to lie in the file.
struct SourceTensor {
  /// Lives as long as the source.
  llvm::StringRef name;
  /// Row-major.
  llvm::SmallVector<int64_t, 4> shape;
  /// As the format spells it: "Q4_K", "BF16".
  llvm::StringRef typeName;
  uint64_t byteSize = 0;
  /// "model.gguf, byte 96", for messages.
  std::string place;
  /// Of the source's own list.
  size_t index = 0;
};

/// One checkpoint, opened. Reading settings goes on after an error, so that a
/// user sees all of them at once; hasFailed() says whether there was one.
class ModelSource {
public:
  virtual ~ModelSource();

  virtual SourceFormat getFormat() const = 0;
  /// As the user named it.
  virtual llvm::StringRef getPath() const = 0;
  bool hasFailed() const { return failedOnce; }

  // Settings. Nothing if the key is absent, which is no error, or the value is
  // of another kind, which is one.
  virtual bool has(const SettingKey &key) const = 0;
  virtual std::optional<int64_t> findInteger(const SettingKey &key) = 0;
  virtual std::optional<double> findReal(const SettingKey &key) = 0;
  virtual std::optional<bool> findBool(const SettingKey &key) = 0;
  virtual std::optional<std::string> findString(const SettingKey &key) = 0;
  /// The numbers or truth values (0 and 1) of a list; a single one is a list
  /// of one.
  virtual std::optional<std::vector<double>>
  findNumbers(const SettingKey &key) = 0;
  virtual std::optional<std::vector<std::string>>
  findStrings(const SettingKey &key) = 0;
  /// As findInteger(), but absence is an error; 0 then.
  int64_t getInteger(const SettingKey &key);
  /// An error about a setting, at its place in the file.
  InFlightDiagnostic emitError(const SettingKey &key);

  // Tensors, in the order of the files.
  virtual llvm::ArrayRef<SourceTensor> getTensors() const = 0;
  /// Null if there is none of that name.
  virtual const SourceTensor *findTensor(llvm::StringRef name) const = 0;
  /// The elements, or null if the type is not supported.
  virtual WeightSourceRef getSource(const SourceTensor &tensor) const = 0;
  /// Whether the tensor belongs to another one, as its scale.
  virtual bool isAuxiliary(const SourceTensor &tensor) const { return false; }
  /// "F32, F16, …": the types getSource() knows.
  virtual std::string getSupportedTypes() const = 0;

  DiagnosticEngine &getDiagnostics() const { return diagnostics; }

protected:
  explicit ModelSource(DiagnosticEngine &diagnostics)
      : diagnostics(diagnostics) {}
  void markFailed() { failedOnce = true; }
  /// "model.gguf, byte 12" for a key that is there, else the file.
  virtual std::string getPlace(const SettingKey &key) const = 0;
  /// How messages spell the key.
  virtual std::string spell(const SettingKey &key) const = 0;
  virtual void emitMissing(const SettingKey &key) = 0;

private:
  DiagnosticEngine &diagnostics;
  bool failedOnce = false;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_MODELSOURCE_H
