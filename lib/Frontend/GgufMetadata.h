//===- GgufMetadata.h - Typed access to GGUF metadata -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_GGUFMETADATA_H
#define ESPRESSO_LIB_FRONTEND_GGUFMETADATA_H

#include "GgufFile.h"

namespace espresso {

/// Reads values by key and reports those that are absent or of another type.
/// Reading goes on after an error, so that a user sees all of them at once;
/// hasFailed() says whether there was one.
class GgufMetadata {
public:
  GgufMetadata(const GgufFile &file, DiagnosticEngine &diagnostics)
      : file(file), diagnostics(diagnostics) {}

  bool hasFailed() const { return failedOnce; }
  /// Marks the reading as failed; `value` may be null.
  InFlightDiagnostic emitError(const GgufValue *value);
  void emitWarning(const llvm::Twine &message);

  /// The raw value, or null.
  const GgufValue *find(llvm::StringRef key) const {
    return file.findValue(key);
  }
  bool hasKey(llvm::StringRef key) const { return find(key) != nullptr; }

  /// Nothing if the key is absent, which is no error, or the value is wrong,
  /// which is one.
  std::optional<int64_t> findInteger(llvm::StringRef key);
  std::optional<double> findReal(llvm::StringRef key);
  std::optional<bool> findBool(llvm::StringRef key);
  std::optional<llvm::StringRef> findString(llvm::StringRef key);
  /// A token id; the largest number stands for "none".
  std::optional<uint32_t> findTokenId(llvm::StringRef key);
  /// Null if absent or wrong.
  const GgufValue *findArray(llvm::StringRef key, GgufType elementType);

  // As above, but absence is an error; 0 or the like then.
  int64_t getInteger(llvm::StringRef key);
  double getReal(llvm::StringRef key);
  llvm::StringRef getString(llvm::StringRef key);
  const GgufValue *getArray(llvm::StringRef key, GgufType elementType);

private:
  void emitMissing(llvm::StringRef key);
  void emitWrongType(llvm::StringRef key, const GgufValue &value,
                     llvm::StringRef expected);

  const GgufFile &file;
  DiagnosticEngine &diagnostics;
  bool failedOnce = false;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_GGUFMETADATA_H
