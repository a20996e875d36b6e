//===- DataType.cpp - Element types of tensors ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/DataType.h"

#include "espresso/Base/CheckedMath.h"

#include <cassert>
#include <limits>

namespace espresso {

namespace {

enum class Kind : uint8_t { Bool, String, Float, Signed, Unsigned };

struct Row {
  DataType type;
  std::string_view name;
  Kind kind;
  unsigned bits;
};

} // namespace

// Rows in the order of the enumeration, so that the enumerator is the index.
static constexpr Row kRows[kNumDataTypes] = {
    {DataType::Bool, "bool", Kind::Bool, 8},
    {DataType::String, "string", Kind::String, 0},
    {DataType::Float16, "fp16", Kind::Float, 16},
    {DataType::Float32, "fp32", Kind::Float, 32},
    {DataType::Float64, "fp64", Kind::Float, 64},
    {DataType::BFloat16, "bf16", Kind::Float, 16},
    {DataType::Float8E4M3FN, "fp8e4m3fn", Kind::Float, 8},
    {DataType::Float8E5M2, "fp8e5m2", Kind::Float, 8},
    {DataType::Int4, "int4", Kind::Signed, 4},
    {DataType::Int8, "int8", Kind::Signed, 8},
    {DataType::Int16, "int16", Kind::Signed, 16},
    {DataType::Int32, "int32", Kind::Signed, 32},
    {DataType::Int64, "int64", Kind::Signed, 64},
    {DataType::UInt1, "uint1", Kind::Unsigned, 1},
    {DataType::UInt2, "uint2", Kind::Unsigned, 2},
    {DataType::UInt3, "uint3", Kind::Unsigned, 3},
    {DataType::UInt4, "uint4", Kind::Unsigned, 4},
    {DataType::UInt6, "uint6", Kind::Unsigned, 6},
    {DataType::UInt8, "uint8", Kind::Unsigned, 8},
    {DataType::UInt16, "uint16", Kind::Unsigned, 16},
    {DataType::UInt32, "uint32", Kind::Unsigned, 32},
    {DataType::UInt64, "uint64", Kind::Unsigned, 64},
};

static constexpr bool rowsAreInOrder() {
  for (unsigned i = 0; i < kNumDataTypes; ++i)
    if (static_cast<unsigned>(kRows[i].type) != i)
      return false;
  return true;
}
static_assert(rowsAreInOrder());

static const Row &getRow(DataType type) {
  return kRows[static_cast<unsigned>(type)];
}

std::string_view getName(DataType type) { return getRow(type).name; }

std::optional<DataType> parseDataType(std::string_view name) {
  for (const Row &row : kRows)
    if (row.name == name)
      return row.type;
  return std::nullopt;
}

unsigned getBitWidth(DataType type) { return getRow(type).bits; }

bool isFloat(DataType type) { return getRow(type).kind == Kind::Float; }

bool isInteger(DataType type) {
  Kind kind = getRow(type).kind;
  return kind == Kind::Signed || kind == Kind::Unsigned;
}

bool isSignedInteger(DataType type) {
  return getRow(type).kind == Kind::Signed;
}

bool isSubByte(DataType type) {
  return getRow(type).kind != Kind::String && getBitWidth(type) < 8;
}

int64_t getMinValue(DataType type) {
  assert(isInteger(type) && "only integers have an integral range");
  if (!isSignedInteger(type))
    return 0;
  return std::numeric_limits<int64_t>::min() >> (64 - getBitWidth(type));
}

int64_t getMaxValue(DataType type) {
  assert(isInteger(type) && "only integers have an integral range");
  if (type == DataType::UInt64)
    return std::numeric_limits<int64_t>::max();
  unsigned valueBits = getBitWidth(type) - (isSignedInteger(type) ? 1 : 0);
  return static_cast<int64_t>(~uint64_t{0} >> (64 - valueBits));
}

std::optional<uint64_t> getPackedByteSize(DataType type, uint64_t count) {
  unsigned bits = getBitWidth(type);
  if (bits == 0)
    return std::nullopt;
  if (bits % 8 == 0)
    return checkedMul(count, bits / 8);
  std::optional<uint64_t> totalBits = checkedMul(count, bits);
  if (!totalBits)
    return std::nullopt;
  return *totalBits / 8 + (*totalBits % 8 != 0);
}

} // namespace espresso
