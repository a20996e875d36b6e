//===- SafetensorsFile.h - The safetensors container ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_SAFETENSORSFILE_H
#define ESPRESSO_LIB_FRONTEND_SAFETENSORSFILE_H

#include "JsonFile.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/StringSet.h"

#include <optional>
#include <vector>

namespace espresso {

/// One entry of the header, checked to lie in the file.
struct SafetensorsEntry {
  std::string name;
  llvm::SmallVector<int64_t, 4> shape;
  /// As the format spells it.
  llvm::StringRef typeName;
  /// Nothing if it is no type that weights have here.
  std::optional<DataType> type;
  int64_t numElements = 0;
  /// Absolute.
  uint64_t offset = 0;
  uint64_t byteSize = 0;
  /// Where its entry begins, for messages.
  uint64_t position = 0;
};

/// A safetensors file, mapped.
class SafetensorsFile {
public:
  static FailureOr<SafetensorsFile> read(std::shared_ptr<const MappedFile> file,
                                         DiagnosticEngine &diagnostics);

  const std::string &getPath() const { return file->getPath(); }
  /// In the order of the header.
  llvm::ArrayRef<SafetensorsEntry> getEntries() const { return entries; }
  /// Null if the type is not supported.
  WeightSourceRef getSource(const SafetensorsEntry &entry) const;
  /// "F64, F32, …"
  static std::string getSupportedTypes();

private:
  friend class SafetensorsParser;
  std::shared_ptr<const MappedFile> file;
  std::vector<SafetensorsEntry> entries;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_SAFETENSORSFILE_H
