//===- DataType.h - Element types of tensors --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The scalar types of MIL, as the language, the weight files and the runtime
// name them. Free of LLVM, so that the runtime can use it.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_DATATYPE_H
#define ESPRESSO_BASE_DATATYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace espresso {

/// The element type of a tensor. The order is that of the table in
/// DataType.cpp and is not part of any file format.
enum class DataType : uint8_t {
  Bool,
  String,
  Float16,
  Float32,
  Float64,
  BFloat16,
  Float8E4M3FN,
  Float8E5M2,
  Int4,
  Int8,
  Int16,
  Int32,
  Int64,
  UInt1,
  UInt2,
  UInt3,
  UInt4,
  UInt6,
  UInt8,
  UInt16,
  UInt32,
  UInt64,
};

inline constexpr unsigned kNumDataTypes = 22;

/// The spelling in MIL text: "fp16", "int32", "uint4", ...
[[nodiscard]] std::string_view getName(DataType type);

/// The type spelt `name`, or nothing.
[[nodiscard]] std::optional<DataType> parseDataType(std::string_view name);

/// Bits of one packed element as stored in a weight file; 8 for bool, 0 for
/// string, which has no fixed width.
[[nodiscard]] unsigned getBitWidth(DataType type);

[[nodiscard]] bool isFloat(DataType type);
/// True for signed and unsigned integers of any width; false for bool.
[[nodiscard]] bool isInteger(DataType type);
[[nodiscard]] bool isSignedInteger(DataType type);
/// True for types narrower than a byte.
[[nodiscard]] bool isSubByte(DataType type);

/// Smallest and largest value of an integer type (int64 bounds for uint64's
/// maximum saturate).
[[nodiscard]] int64_t getMinValue(DataType type);
[[nodiscard]] int64_t getMaxValue(DataType type);

/// Bytes needed for `count` packed elements, sub-byte elements sharing bytes;
/// nothing on overflow or for strings.
[[nodiscard]] std::optional<uint64_t> getPackedByteSize(DataType type,
                                                        uint64_t count);

} // namespace espresso

#endif // ESPRESSO_BASE_DATATYPE_H
