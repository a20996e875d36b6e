//===- GgufTokenizer.cpp - Vocabularies in GGUF metadata ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Readers.h"

#include <cmath>
#include <cstring>

namespace espresso {

/// Types as the file numbers them, from 1 on.
static std::optional<TokenizerData::PieceType> decodePieceType(int32_t code) {
  using PieceType = TokenizerData::PieceType;
  static constexpr PieceType kTypes[] = {
      PieceType::Normal,      PieceType::Unknown, PieceType::Control,
      PieceType::UserDefined, PieceType::Unused,  PieceType::Byte,
  };
  if (code < 1 || code > static_cast<int32_t>(std::size(kTypes)))
    return std::nullopt;
  return kTypes[code - 1];
}

template <typename T>
static T getElement(const GgufValue &array, size_t index) {
  T value;
  std::memcpy(&value, array.bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// An array of the vocabulary has one element for each piece.
static bool hasCount(GgufMetadata &metadata, llvm::StringRef key,
                     const GgufValue &array, uint64_t expected) {
  if (array.count == expected)
    return true;
  metadata.emitError(&array)
      << "expected '" << key << "' to have " << expected
      << " elements, one for each token, found " << array.count;
  return false;
}

static void readScores(GgufMetadata &metadata,
                       std::vector<TokenizerData::Piece> &pieces) {
  llvm::StringRef key = "tokenizer.ggml.scores";
  const GgufValue *scores = metadata.getArray(key, GgufType::Float32);
  if (!scores || !hasCount(metadata, key, *scores, pieces.size()))
    return;
  for (size_t i = 0; i < pieces.size(); ++i) {
    pieces[i].score = getElement<float>(*scores, i);
    if (std::isnan(pieces[i].score)) {
      metadata.emitError(scores)
          << "expected scores that are numbers, found nan for token " << i;
      return;
    }
  }
}

static void readTypes(GgufMetadata &metadata,
                      std::vector<TokenizerData::Piece> &pieces) {
  llvm::StringRef key = "tokenizer.ggml.token_type";
  const GgufValue *types = metadata.findArray(key, GgufType::Int32);
  if (!types) {
    for (TokenizerData::Piece &piece : pieces)
      if (isBytePiece(piece.text))
        piece.type = TokenizerData::PieceType::Byte;
    return;
  }
  if (!hasCount(metadata, key, *types, pieces.size()))
    return;
  for (size_t i = 0; i < pieces.size(); ++i) {
    int32_t code = getElement<int32_t>(*types, i);
    std::optional<TokenizerData::PieceType> type = decodePieceType(code);
    if (!type) {
      metadata.emitError(types) << "expected token types from 1 to 6, found "
                                << code << " for token " << i;
      return;
    }
    bool isByte = *type == TokenizerData::PieceType::Byte;
    if (isByte && !isBytePiece(pieces[i].text)) {
      metadata.emitError(types)
          << "expected a byte token to be spelt '<0xNN>', found "
          << quoteUntrusted(pieces[i].text) << " for token " << i;
      return;
    }
    pieces[i].type = *type;
  }
}

/// Beginning, end and unknown. What is absent has the number that all
/// vocabularies of this kind give it.
static void readSpecialIds(GgufMetadata &metadata, TokenizerData &tokenizer) {
  auto find = [&](llvm::StringRef name) {
    return metadata.findTokenId(("tokenizer.ggml." + name).str());
  };
  auto findOr = [&](llvm::StringRef name, uint32_t usual) {
    std::string key = ("tokenizer.ggml." + name).str();
    std::optional<uint32_t> id = metadata.findTokenId(key);
    if (!id && !metadata.hasKey(key) && usual < tokenizer.pieces.size())
      id = usual;
    return id;
  };
  tokenizer.unknownId = findOr("unknown_token_id", 0);
  tokenizer.bosId = findOr("bos_token_id", 1);
  // A second beginning of text ends this one.
  for (std::optional<uint32_t> id :
       {tokenizer.bosId, findOr("eos_token_id", 2), find("eot_token_id"),
        find("eom_token_id")})
    if (id)
      tokenizer.stopIds.push_back(*id);
  makeIdSet(tokenizer.stopIds);
  for (std::optional<uint32_t> id : {tokenizer.unknownId, tokenizer.bosId})
    if (id && *id >= tokenizer.pieces.size())
      metadata.emitError(nullptr)
          << "expected special token ids below the vocabulary size "
          << tokenizer.pieces.size() << ", found " << *id;
  tokenizer.addBos =
      metadata.findBool("tokenizer.ggml.add_bos_token").value_or(true) &&
      tokenizer.bosId.has_value();
  tokenizer.addSpacePrefix =
      metadata.findBool("tokenizer.ggml.add_space_prefix").value_or(true);
}

FailureOr<TokenizerData> readTokenizer(GgufMetadata &metadata) {
  llvm::StringRef model = metadata.getString("tokenizer.ggml.model");
  if (metadata.hasFailed())
    return failure();
  if (model != "llama")
    return metadata.emitError(metadata.find("tokenizer.ggml.model"))
           << "expected the tokenizer 'llama', found " << quoteUntrusted(model)
           << ", which is not supported yet";
  TokenizerData tokenizer;
  const GgufValue *tokens =
      metadata.getArray("tokenizer.ggml.tokens", GgufType::String);
  if (!tokens)
    return failure();
  for (llvm::StringRef text : tokens->strings)
    tokenizer.pieces.push_back({text.str()});
  readScores(metadata, tokenizer.pieces);
  readTypes(metadata, tokenizer.pieces);
  readSpecialIds(metadata, tokenizer);
  if (metadata.hasFailed())
    return failure();
  return tokenizer;
}

FailureOr<TokenizerData> readGgufTokenizer(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics) {
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  FailureOr<GgufFile> gguf = GgufFile::read(*file, diagnostics);
  if (failed(gguf))
    return failure();
  GgufMetadata metadata(*gguf, diagnostics);
  return readTokenizer(metadata);
}

} // namespace espresso
