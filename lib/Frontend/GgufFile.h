//===- GgufFile.h - The GGUF container --------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// GGUF as a container: typed metadata and the directory of tensors, checked for
// everything that can be checked without knowing what they mean.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_GGUFFILE_H
#define ESPRESSO_LIB_FRONTEND_GGUFFILE_H

#include "ByteReader.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// Types of metadata, numbered as in the file.
enum class GgufType : uint32_t {
  UInt8 = 0,
  Int8 = 1,
  UInt16 = 2,
  Int16 = 3,
  UInt32 = 4,
  Int32 = 5,
  Float32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  UInt64 = 10,
  Int64 = 11,
  Float64 = 12,
};

/// "uint32", "array", ...
llvm::StringRef getName(GgufType type);

/// Bytes of a number; 0 for strings and arrays.
uint64_t getWidth(GgufType type);

/// One value of the metadata. Text and elements stay in the mapped file, or are
/// kept by the GgufFile.
struct GgufValue {
  GgufType type = GgufType::UInt8;
  /// Where the value begins, for messages.
  uint64_t position = 0;
  /// The bytes of a number, of a string's text, or of an array's numbers.
  /// Numbers are little endian whatever the file is.
  llvm::StringRef bytes;

  // Arrays only. Arrays of arrays are skipped and have neither bytes nor
  // strings.
  GgufType elementType = GgufType::UInt8;
  uint64_t count = 0;
  std::vector<llvm::StringRef> strings;
};

/// The integer in `bytes`, which are those of a number of type `type`; nothing
/// if it is negative or no integer.
std::optional<uint64_t> getUnsigned(GgufType type, llvm::StringRef bytes);

/// How the elements of a tensor are stored.
struct GgufTensorType {
  uint32_t code;
  llvm::StringRef name;
  /// Elements in a block, and its bytes; 1 and the width for plain types.
  int64_t blockLength;
  uint64_t blockByteSize;
};

/// Null if `code` is not the number of a type.
const GgufTensorType *findTensorType(uint32_t code);

/// One entry of the directory, checked to lie in the file.
struct GgufTensor {
  llvm::StringRef name;
  /// Row-major: reversed with respect to the file.
  llvm::SmallVector<int64_t, 4> shape;
  const GgufTensorType *type = nullptr;
  int64_t numElements = 0;
  /// Absolute.
  uint64_t dataOffset = 0;
  uint64_t byteSize = 0;
  /// Where its entry begins, for messages.
  uint64_t position = 0;
};

/// A GGUF file, mapped.
class GgufFile {
public:
  static FailureOr<GgufFile> read(std::shared_ptr<const MappedFile> file,
                                  DiagnosticEngine &diagnostics);

  const std::string &getPath() const { return file->getPath(); }
  /// Null if there is none.
  const GgufValue *findValue(llvm::StringRef key) const;
  const GgufTensor *findTensor(llvm::StringRef name) const;
  /// In the order of the file.
  llvm::ArrayRef<GgufTensor> getTensors() const { return tensors; }
  /// The elements of `tensor`, or null if its type is not supported.
  WeightSourceRef getSource(const GgufTensor &tensor) const;
  /// "F32, F16, …": the types getSource() knows.
  static std::string getSupportedTypes();
  ByteOrder getByteOrder() const { return order; }
  uint32_t getVersion() const { return version; }

private:
  friend class GgufParser;
  /// Numbers of `width` bytes each in the order of this machine.
  llvm::StringRef turn(llvm::StringRef bytes, uint64_t width);

  std::shared_ptr<const MappedFile> file;
  llvm::StringMap<GgufValue> values;
  std::vector<GgufTensor> tensors;
  llvm::StringMap<size_t> tensorIndices;
  ByteOrder order = ByteOrder::Little;
  uint32_t version = 0;
  /// Numbers of the metadata of a big-endian file, turned round.
  std::deque<std::string> turned;
};

/// "GGUF version 3, big endian".
std::string describeFormat(const GgufFile &file);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_GGUFFILE_H
