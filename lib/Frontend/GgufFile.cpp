//===- GgufFile.cpp - The GGUF container ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GgufFile.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

llvm::StringRef getName(GgufType type) {
  switch (type) {
  case GgufType::UInt8:
    return "uint8";
  case GgufType::Int8:
    return "int8";
  case GgufType::UInt16:
    return "uint16";
  case GgufType::Int16:
    return "int16";
  case GgufType::UInt32:
    return "uint32";
  case GgufType::Int32:
    return "int32";
  case GgufType::Float32:
    return "float32";
  case GgufType::Bool:
    return "bool";
  case GgufType::String:
    return "string";
  case GgufType::Array:
    return "array";
  case GgufType::UInt64:
    return "uint64";
  case GgufType::Int64:
    return "int64";
  case GgufType::Float64:
    return "float64";
  }
  return "";
}

static bool isSigned(GgufType type) {
  return type == GgufType::Int8 || type == GgufType::Int16 ||
         type == GgufType::Int32 || type == GgufType::Int64;
}

std::optional<uint64_t> getUnsigned(GgufType type, llvm::StringRef bytes) {
  switch (type) {
  case GgufType::Float32:
  case GgufType::Float64:
  case GgufType::Bool:
  case GgufType::String:
  case GgufType::Array:
    return std::nullopt;
  case GgufType::UInt8:
  case GgufType::Int8:
  case GgufType::UInt16:
  case GgufType::Int16:
  case GgufType::UInt32:
  case GgufType::Int32:
  case GgufType::UInt64:
  case GgufType::Int64:
    break;
  }
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  bool topBit = value >> (8 * bytes.size() - 1) & 1;
  if (isSigned(type) && topBit)
    return std::nullopt;
  return value;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

WeightSourceRef GgufFile::getSource(const GgufTensor &tensor) const {
  auto plain = [&](DataType type) {
    return makeFileSource(file, tensor.dataOffset, type, tensor.numElements);
  };
  llvm::StringRef name = tensor.type->name;
  if (name == "F32")
    return plain(DataType::Float32);
  if (name == "F16")
    return plain(DataType::Float16);
  if (name == "BF16")
    return plain(DataType::BFloat16);
  if (name == "Q8_0")
    return makeBlockSource(file, tensor.dataOffset, BlockEncoding::Q8_0,
                           tensor.numElements);
  return nullptr;
}

std::string GgufFile::getSupportedTypes() { return "F32, F16, BF16, Q8_0"; }

const GgufValue *GgufFile::findValue(llvm::StringRef key) const {
  auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

const GgufTensor *GgufFile::findTensor(llvm::StringRef name) const {
  auto found = tensorIndices.find(name);
  return found == tensorIndices.end() ? nullptr : &tensors[found->second];
}

} // namespace espresso
