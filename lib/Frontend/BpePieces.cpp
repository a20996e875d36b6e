//===- BpePieces.cpp - What readers of BPE vocabularies share -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BpePieces.h"

#include "ByteReader.h"

#include "espresso/Text/Utf8.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <array>

namespace espresso {

//===----------------------------------------------------------------------===//
// The alphabet
//===----------------------------------------------------------------------===//

/// Printable bytes stand for themselves; the others are numbered from U+0100
/// on, in their order.
static constexpr char32_t kFirstOther = 0x100;

static bool isPrintable(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) ||
         byte >= 0xAE;
}

static std::array<int, 512> makeAlphabet() {
  std::array<int, 512> bytes;
  bytes.fill(-1);
  char32_t next = kFirstOther;
  for (unsigned byte = 0; byte < 256; ++byte)
    bytes[isPrintable(byte) ? byte : next++] = static_cast<int>(byte);
  return bytes;
}

std::optional<std::string> decodeByteAlphabet(llvm::StringRef text) {
  static const std::array<int, 512> kBytes = makeAlphabet();
  std::string result;
  std::string_view rest = text;
  while (!rest.empty()) {
    const Utf8Prefix prefix = scanUtf8(rest);
    if (prefix.kind != Utf8Prefix::Character)
      return std::nullopt;
    const char32_t character = decodeUtf8(rest);
    if (character >= kBytes.size() || kBytes[character] < 0)
      return std::nullopt;
    result += static_cast<char>(kBytes[character]);
    rest.remove_prefix(prefix.length);
  }
  return result;
}

void decodePieces(std::vector<TokenizerData::Piece> &pieces) {
  using PieceType = TokenizerData::PieceType;
  for (TokenizerData::Piece &piece : pieces) {
    if (piece.type != PieceType::Normal && piece.type != PieceType::Unused)
      continue;
    if (std::optional<std::string> bytes = decodeByteAlphabet(piece.text))
      piece.text = *std::move(bytes);
    else
      piece.type = PieceType::Unused;
  }
}

//===----------------------------------------------------------------------===//
// Merges
//===----------------------------------------------------------------------===//

PieceIndex::PieceIndex(llvm::ArrayRef<TokenizerData::Piece> pieces) {
  ids.reserve(static_cast<unsigned>(pieces.size()));
  for (const auto &[id, piece] : llvm::enumerate(pieces))
    ids.try_emplace(piece.text, static_cast<uint32_t>(id));
}

std::optional<uint32_t> PieceIndex::find(llvm::StringRef text) const {
  const auto found = ids.find(text);
  if (found == ids.end())
    return std::nullopt;
  return found->second;
}

std::optional<std::string> addMerge(llvm::StringRef left, llvm::StringRef right,
                                    const PieceIndex &index,
                                    TokenizerData &data) {
  const std::string joined = (left + right).str();
  for (llvm::StringRef text : {left, right, llvm::StringRef(joined)})
    if (text.empty() || !index.find(text))
      return "expected merges of pieces to pieces, found " +
             quoteUntrusted(text) + ", which is none";
  data.merges.emplace_back(*index.find(left), *index.find(right));
  return std::nullopt;
}

std::pair<llvm::StringRef, llvm::StringRef> splitMerge(llvm::StringRef text) {
  // A piece may itself begin with a blank.
  const size_t blank = text.find(' ', 1);
  if (blank == llvm::StringRef::npos)
    return {text, {}};
  return {text.take_front(blank), text.drop_front(blank + 1)};
}

uint64_t getMaxPieces(uint64_t count) {
  constexpr uint64_t kMost = 1 << 24, kGaps = 1 << 16;
  return std::min(kMost, 4 * count + kGaps);
}

bool endsTurn(llvm::StringRef text) {
  static constexpr llvm::StringLiteral kNames[] = {
      "<|im_end|>",
      "<|eot_id|>",
      "<|eom_id|>",
      "<|end|>",
      "<|endoftext|>",
      "<end_of_turn>",
      "<|eot|>",
      "<|return|>",
      "<|call|>",
      "<|end_of_text|>",
      "<EOT>",
      "< EOT >",
      "<|END_OF_TURN_TOKEN|>",
      "<\xEF\xBD\x9C"
      "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>"};
  return llvm::is_contained(kNames, text);
}

} // namespace espresso
