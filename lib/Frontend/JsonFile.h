//===- JsonFile.h - JSON that others wrote ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_JSONFILE_H
#define ESPRESSO_LIB_FRONTEND_JSONFILE_H

#include "ByteReader.h"

#include "llvm/Support/JSON.h"

namespace espresso {

/// A JSON file of settings: one object. Its size and the depth of its nesting
/// are bounded before it is parsed.
class JsonFile {
public:
  static FailureOr<JsonFile> read(llvm::StringRef path,
                                  DiagnosticEngine &diagnostics);

  const std::string &getPath() const { return path; }
  const llvm::json::Object &getObject() const { return *value.getAsObject(); }
  /// The value at "rope_scaling.factor"; of alternatives that '|' separates the
  /// first that there is. Null if there is none, and where a file has null.
  const llvm::json::Value *find(llvm::StringRef key) const;

private:
  JsonFile(std::string path, llvm::json::Value value)
      : path(std::move(path)), value(std::move(value)) {}

  std::string path;
  llvm::json::Value value;
};

/// Reads JSON piece by piece, with the byte for messages, so that nothing large
/// is built from what turns out to be wrong.
class JsonCursor {
public:
  /// `text` is at `start` of the file that `diagnostics` are about.
  JsonCursor(llvm::StringRef text, uint64_t start, llvm::StringRef path,
             DiagnosticEngine &diagnostics)
      : text(text), start(start), path(path), diagnostics(diagnostics) {}

  /// The byte of the file that comes next.
  uint64_t getPosition() const { return start + place; }
  /// Whether the next character is `c`, which is then passed.
  bool consume(char c);
  LogicalResult expect(char c, llvm::StringRef what);
  FailureOr<std::string> readString(llvm::StringRef what);
  /// A number from 0 on that fits 64 bits.
  FailureOr<uint64_t> readUnsigned(llvm::StringRef what);
  /// Calls `item` at each element of a list.
  LogicalResult readList(llvm::StringRef what,
                         llvm::function_ref<LogicalResult()> item);
  /// Calls `member` at each value of an object.
  LogicalResult
  readObject(llvm::StringRef what,
             llvm::function_ref<LogicalResult(const std::string &key)> member);
  /// Only blanks may be left.
  LogicalResult expectEnd();
  InFlightDiagnostic emitError(uint64_t position) const;

private:
  void skipBlanks();
  LogicalResult readEscape(std::string &out, llvm::StringRef what);

  llvm::StringRef text;
  uint64_t start;
  llvm::StringRef path;
  DiagnosticEngine &diagnostics;
  size_t place = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_JSONFILE_H
