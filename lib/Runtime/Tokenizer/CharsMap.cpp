//===- CharsMap.cpp - SentencePiece's precompiled normaliser --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/CharsMap.h"

#include "absl/strings/str_cat.h"

namespace espresso::runtime {

static constexpr size_t kUnitBytes = 4;
static constexpr uint32_t kLabelBits = 0x800000FF;
static constexpr uint32_t kLeafBit = 1U << 8;
static constexpr uint32_t kValueBits = 0x7FFFFFFF;
/// A label that no byte equals.
static constexpr uint32_t kNowhere = 0x80000000;

static uint32_t readUnit(std::string_view bytes) {
  uint32_t unit = 0;
  for (size_t i = 0; i < kUnitBytes; ++i)
    unit |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return unit;
}

static uint32_t getOffset(uint32_t unit) {
  const uint32_t offset = unit >> 10;
  return (unit & (1U << 9)) != 0 ? offset << 8 : offset;
}

absl::StatusOr<CharsMap> CharsMap::parse(std::string_view bytes) {
  if (bytes.size() <= kUnitBytes)
    return absl::InvalidArgumentError(absl::StrCat(
        "a precompiled character map of ", bytes.size(), " bytes"));
  const uint32_t size = readUnit(bytes);
  bytes.remove_prefix(kUnitBytes);
  if (size > bytes.size() || size % kUnitBytes != 0 || size == 0)
    return absl::InvalidArgumentError(
        absl::StrCat("a precompiled character map whose trie has ", size,
                     " of ", bytes.size(), " bytes"));
  return CharsMap(bytes.substr(0, size), bytes.substr(size));
}

uint32_t CharsMap::getUnit(uint32_t index) const {
  const size_t at = static_cast<size_t>(index) * kUnitBytes;
  return at < trie.size() ? readUnit(trie.substr(at)) : kNowhere;
}

CharsMap::Replacement CharsMap::find(std::string_view text) const {
  Replacement found;
  uint32_t node = getOffset(getUnit(0));
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    node ^= byte;
    const uint32_t unit = getUnit(node);
    if ((unit & kLabelBits) != byte)
      break;
    node ^= getOffset(unit);
    if ((unit & kLeafBit) == 0)
      continue;
    const uint32_t value = getUnit(node) & kValueBits;
    const size_t end = texts.find('\0', value);
    if (end != std::string_view::npos)
      found = {i + 1, texts.substr(value, end - value)};
  }
  return found;
}

} // namespace espresso::runtime
