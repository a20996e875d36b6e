//===- ByteReader.h - Bounds-checked reading of binary files ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_BYTEREADER_H
#define ESPRESSO_LIB_FRONTEND_BYTEREADER_H

#include "espresso/Base/MappedFile.h"
#include "espresso/Support/Diagnostics.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/StringRef.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

namespace espresso {

/// Maps the file at `path`, or reports why not.
FailureOr<std::shared_ptr<const MappedFile>>
openFile(llvm::StringRef path, DiagnosticEngine &diagnostics);

/// `text` from a file, in quotes and fit for a message: shortened, and without
/// control characters.
std::string quoteUntrusted(llvm::StringRef text);

/// A cursor over a mapped file. Every read says what it wants, so that a file
/// that ends too early is reported as "a.gguf, byte 24: expected the number of
/// tensors (8 bytes), found the end of the file".
class ByteReader {
public:
  ByteReader(const MappedFile &file, DiagnosticEngine &diagnostics)
      : file(file), diagnostics(diagnostics) {}

  /// How the numbers that follow are stored; little endian at first.
  void setByteOrder(ByteOrder newOrder) { order = newOrder; }
  uint64_t getPosition() const { return position; }
  uint64_t getRemaining() const { return file.getSize() - position; }

  /// A number of type `T`.
  template <typename T>
  FailureOr<T> read(llvm::StringRef what) {
    FailureOr<llvm::StringRef> bytes = readBytes(sizeof(T), what);
    if (failed(bytes))
      return failure();
    char stored[sizeof(T)];
    std::memcpy(stored, bytes->data(), sizeof(T));
    if (order == ByteOrder::Big)
      std::reverse(stored, stored + sizeof(T));
    T value;
    std::memcpy(&value, stored, sizeof(T));
    return value;
  }
  /// `count` bytes, which stay in the file.
  FailureOr<llvm::StringRef> readBytes(uint64_t count, llvm::StringRef what);
  /// `count` elements of `width` bytes.
  FailureOr<llvm::StringRef> readArray(uint64_t count, uint64_t width,
                                       llvm::StringRef what);

  /// An error about the byte at `offset`.
  InFlightDiagnostic emitError(uint64_t offset) const;

private:
  const MappedFile &file;
  DiagnosticEngine &diagnostics;
  uint64_t position = 0;
  ByteOrder order = ByteOrder::Little;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_BYTEREADER_H
