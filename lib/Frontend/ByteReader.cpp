//===- ByteReader.cpp - Bounds-checked reading of binary files ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteReader.h"

#include "espresso/Base/CheckedMath.h"

#include "llvm/ADT/StringExtras.h"

namespace espresso {

FailureOr<std::shared_ptr<const MappedFile>>
openFile(llvm::StringRef path, DiagnosticEngine &diagnostics) {
  auto file = MappedFile::open(path.str());
  if (file.ok())
    return *std::move(file);
  return diagnostics.emitError(path) << llvm::StringRef(
             file.status().message().data(), file.status().message().size());
}

std::string quoteUntrusted(llvm::StringRef text) {
  constexpr size_t kLongest = 64;
  std::string quoted = "'";
  llvm::raw_string_ostream os(quoted);
  llvm::printEscapedString(text.take_front(kLongest), os);
  os << (text.size() > kLongest ? "…'" : "'");
  return quoted;
}

FailureOr<llvm::StringRef> ByteReader::readBytes(uint64_t count,
                                                 llvm::StringRef what) {
  if (count > getRemaining())
    return emitError(position)
           << "expected " << what << " (" << count << " bytes), found "
           << (getRemaining() == 0 ? "the end of the file"
                                   : "a file that ends after ")
           << (getRemaining() == 0 ? "" : std::to_string(getRemaining()));
  const uint8_t *begin = file.getBytes().data() + position;
  position += count;
  return llvm::StringRef(reinterpret_cast<const char *>(begin), count);
}

FailureOr<llvm::StringRef> ByteReader::readArray(uint64_t count, uint64_t width,
                                                 llvm::StringRef what) {
  std::optional<uint64_t> size = checkedMul(count, width);
  if (!size)
    return emitError(position)
           << "expected " << what << ", found a count of " << count;
  return readBytes(*size, what);
}

InFlightDiagnostic ByteReader::emitError(uint64_t offset) const {
  return diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                               llvm::Twine(offset));
}

} // namespace espresso
