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

uint64_t getWidth(GgufType type) {
  switch (type) {
  case GgufType::UInt8:
  case GgufType::Int8:
  case GgufType::Bool:
    return 1;
  case GgufType::UInt16:
  case GgufType::Int16:
    return 2;
  case GgufType::UInt32:
  case GgufType::Int32:
  case GgufType::Float32:
    return 4;
  case GgufType::UInt64:
  case GgufType::Int64:
  case GgufType::Float64:
    return 8;
  case GgufType::String:
  case GgufType::Array:
    return 0;
  }
  return 0;
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

/// Every tensor type that has a published layout; only some of them can be
/// decoded, but all can be checked for their extent.
static constexpr GgufTensorType kTensorTypes[] = {
    {0, "F32", 1, 4},         {1, "F16", 1, 2},
    {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
    {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},
    {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},
    {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},
    {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136},
    {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},
    {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},
};

const GgufTensorType *findTensorType(uint32_t code) {
  const auto *found =
      llvm::find_if(kTensorTypes, [&](const GgufTensorType &type) {
        return type.code == code;
      });
  return found == std::end(kTensorTypes) ? nullptr : found;
}

namespace {

struct PlainType {
  llvm::StringLiteral name;
  DataType type;
};
struct BlockType {
  llvm::StringLiteral name;
  BlockEncoding encoding;
};

} // namespace

static constexpr PlainType kPlainTypes[] = {
    {"F32", DataType::Float32},
    {"F16", DataType::Float16},
    {"BF16", DataType::BFloat16},
    {"F64", DataType::Float64},
};
static constexpr BlockType kBlockTypes[] = {
    {"Q4_0", BlockEncoding::Q4_0},     {"Q4_1", BlockEncoding::Q4_1},
    {"Q5_0", BlockEncoding::Q5_0},     {"Q5_1", BlockEncoding::Q5_1},
    {"Q8_0", BlockEncoding::Q8_0},     {"Q2_K", BlockEncoding::Q2_K},
    {"Q3_K", BlockEncoding::Q3_K},     {"Q4_K", BlockEncoding::Q4_K},
    {"Q5_K", BlockEncoding::Q5_K},     {"Q6_K", BlockEncoding::Q6_K},
    {"IQ4_NL", BlockEncoding::IQ4_NL}, {"IQ4_XS", BlockEncoding::IQ4_XS},
    {"TQ1_0", BlockEncoding::TQ1_0},   {"TQ2_0", BlockEncoding::TQ2_0},
    {"MXFP4", BlockEncoding::MXFP4},
};

WeightSourceRef GgufFile::getSource(const GgufTensor &tensor) const {
  llvm::StringRef name = tensor.type->name;
  for (const PlainType &plain : kPlainTypes) {
    if (plain.name != name)
      continue;
    WeightSourceRef source =
        makeFileSource(file, tensor.dataOffset, plain.type, tensor.numElements);
    return order == ByteOrder::Little ? source : swapBytes(std::move(source));
  }
  for (const BlockType &block : kBlockTypes)
    if (block.name == name)
      return makeBlockSource(file, tensor.dataOffset, block.encoding,
                             tensor.numElements, order);
  return nullptr;
}

std::string GgufFile::getSupportedTypes() {
  std::string names;
  for (const PlainType &plain : kPlainTypes)
    names += (names.empty() ? "" : ", ") + plain.name.str();
  for (const BlockType &block : kBlockTypes)
    names += ", " + block.name.str();
  return names;
}

std::string describeFormat(const GgufFile &file) {
  return "GGUF version " + std::to_string(file.getVersion()) +
         (file.getByteOrder() == ByteOrder::Big ? ", big endian" : "");
}

llvm::StringRef GgufFile::turn(llvm::StringRef bytes, uint64_t width) {
  if (order == ByteOrder::Little || width <= 1)
    return bytes;
  std::string &copy = turned.emplace_back(bytes);
  for (size_t i = 0; i < copy.size(); i += width)
    std::reverse(copy.begin() + i, copy.begin() + i + width);
  return copy;
}

const GgufValue *GgufFile::findValue(llvm::StringRef key) const {
  auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

const GgufTensor *GgufFile::findTensor(llvm::StringRef name) const {
  auto found = tensorIndices.find(name);
  return found == tensorIndices.end() ? nullptr : &tensors[found->second];
}

} // namespace espresso
