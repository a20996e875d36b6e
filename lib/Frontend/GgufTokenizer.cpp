//===- GgufTokenizer.cpp - Vocabularies in GGUF metadata ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BpePieces.h"
#include "PreTokenizers.h"
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

//===----------------------------------------------------------------------===//
// Special tokens
//===----------------------------------------------------------------------===//

namespace {

/// What vocabularies of one kind have in common where a file says nothing.
struct Usual {
  std::optional<uint32_t> unknown, bos, eos;
  bool addBos = false, addEos = false, addSpacePrefix = false;
};

} // namespace

/// Beginning, end and unknown, and what goes around a prompt.
static void readSpecialIds(GgufMetadata &metadata, const Usual &usual,
                           TokenizerData &tokenizer) {
  auto find = [&](llvm::StringRef name, std::optional<uint32_t> other) {
    std::string key = ("tokenizer.ggml." + name).str();
    std::optional<uint32_t> id = metadata.findTokenId(key);
    if (!id && !metadata.hasKey(key) && other < tokenizer.pieces.size())
      id = other;
    return id;
  };
  tokenizer.unknownId = find("unknown_token_id", usual.unknown);
  tokenizer.bosId = find("bos_token_id", usual.bos);
  tokenizer.eosId = find("eos_token_id", usual.eos);
  // A second beginning of text ends this one.
  for (std::optional<uint32_t> id :
       {tokenizer.bosId, tokenizer.eosId, find("eot_token_id", std::nullopt),
        find("eom_token_id", std::nullopt)})
    if (id)
      tokenizer.stopIds.push_back(*id);
  for (size_t id = 0; id < tokenizer.pieces.size(); ++id)
    if (tokenizer.pieces[id].type == TokenizerData::PieceType::Control &&
        endsTurn(tokenizer.pieces[id].text))
      tokenizer.stopIds.push_back(static_cast<uint32_t>(id));
  makeIdSet(tokenizer.stopIds);
  for (std::optional<uint32_t> id :
       {tokenizer.unknownId, tokenizer.bosId, tokenizer.eosId})
    if (id && *id >= tokenizer.pieces.size())
      metadata.emitError(nullptr)
          << "expected special token ids below the vocabulary size "
          << tokenizer.pieces.size() << ", found " << *id;
  auto says = [&](llvm::StringRef name, bool other) {
    return metadata.findBool(("tokenizer.ggml." + name).str()).value_or(other);
  };
  tokenizer.addBos =
      says("add_bos_token", usual.addBos) && tokenizer.bosId.has_value();
  tokenizer.addEos =
      says("add_eos_token", usual.addEos) && tokenizer.eosId.has_value();
  // Vocabularies by merges have no such blank, whatever their files say.
  tokenizer.addSpacePrefix =
      usual.addSpacePrefix && says("add_space_prefix", true);
}

//===----------------------------------------------------------------------===//
// Kinds of vocabularies
//===----------------------------------------------------------------------===//

static void readSentencePiece(GgufMetadata &metadata,
                              TokenizerData &tokenizer) {
  tokenizer.kind = TokenizerData::Kind::SentencePieceBpe;
  tokenizer.fuseUnknown = true;
  readScores(metadata, tokenizer.pieces);
  readTypes(metadata, tokenizer.pieces);
  readSpecialIds(metadata,
                 {.unknown = 0,
                  .bos = 1,
                  .eos = 2,
                  .addBos = true,
                  .addSpacePrefix = true},
                 tokenizer);
}

static void readUnigram(GgufMetadata &metadata, TokenizerData &tokenizer) {
  using Kind = TokenizerData::Normalizer::Kind;
  tokenizer.kind = TokenizerData::Kind::Unigram;
  tokenizer.fuseUnknown = true;
  readScores(metadata, tokenizer.pieces);
  readTypes(metadata, tokenizer.pieces);
  readSpecialIds(metadata,
                 {.unknown = 2,
                  .bos = std::nullopt,
                  .eos = 1,
                  .addEos = true,
                  .addSpacePrefix = true},
                 tokenizer);
  llvm::StringRef key = "tokenizer.ggml.precompiled_charsmap";
  if (metadata.hasKey(key)) {
    const GgufValue *map = metadata.find(key);
    const bool isBytes =
        map->type == GgufType::Array && (map->elementType == GgufType::UInt8 ||
                                         map->elementType == GgufType::Int8);
    if (!isBytes)
      metadata.emitError(map) << "expected '" << key << "' to be bytes";
    else if (map->count > 0)
      tokenizer.normalizers.push_back({Kind::CharsMap, map->bytes.str()});
  }
  if (metadata.findBool("tokenizer.ggml.remove_extra_whitespaces")
          .value_or(false))
    tokenizer.normalizers.push_back({Kind::CollapseBlanks});
}

static void readMerges(GgufMetadata &metadata, TokenizerData &tokenizer) {
  const GgufValue *merges =
      metadata.getArray("tokenizer.ggml.merges", GgufType::String);
  if (!merges)
    return;
  PieceIndex index(tokenizer.pieces);
  for (size_t i = 0; i < merges->strings.size(); ++i) {
    const auto [left, right] = splitMerge(merges->strings[i]);
    if (std::optional<std::string> wrong =
            addMerge(left, right, index, tokenizer)) {
      metadata.emitError(merges) << "merge " << i << ": " << *wrong;
      return;
    }
  }
}

static void readByteBpe(GgufMetadata &metadata, TokenizerData &tokenizer) {
  tokenizer.kind = TokenizerData::Kind::ByteBpe;
  llvm::StringRef key = "tokenizer.ggml.pre";
  llvm::StringRef name = metadata.findString(key).value_or("default");
  const PreTokenizer *pre = findPreTokenizer(name);
  if (!pre) {
    metadata.emitError(metadata.find(key))
        << "unknown way to cut text " << quoteUntrusted(name)
        << "; known are: " << listPreTokenizers();
    return;
  }
  if (!metadata.hasKey(key))
    metadata.emitWarning("no '" + key +
                         "': text is cut as 'default', which the model may "
                         "not have been trained on");
  tokenizer.splits = makeSplits(pre->patterns);
  tokenizer.ignoreMerges = pre->ignoreMerges;
  readTypes(metadata, tokenizer.pieces);
  readMerges(metadata, tokenizer);
  readSpecialIds(metadata, {.addBos = pre->addBos}, tokenizer);
  decodePieces(tokenizer.pieces);
}

FailureOr<TokenizerData> readTokenizer(GgufMetadata &metadata) {
  llvm::StringRef key = "tokenizer.ggml.model";
  llvm::StringRef model = metadata.getString(key);
  if (metadata.hasFailed())
    return failure();
  TokenizerData tokenizer;
  const GgufValue *tokens =
      metadata.getArray("tokenizer.ggml.tokens", GgufType::String);
  if (!tokens)
    return failure();
  for (llvm::StringRef text : tokens->strings)
    tokenizer.pieces.push_back({text.str()});
  if (model == "llama")
    readSentencePiece(metadata, tokenizer);
  else if (model == "gpt2")
    readByteBpe(metadata, tokenizer);
  else if (model == "t5")
    readUnigram(metadata, tokenizer);
  else
    metadata.emitError(metadata.find(key))
        << "unknown tokenizer " << quoteUntrusted(model)
        << "; known are: gpt2, llama, t5";
  tokenizer.chatTemplate =
      metadata.findString("tokenizer.chat_template").value_or("").str();
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
  FailureOr<TokenizerData> data = readTokenizer(metadata);
  if (succeeded(data))
    checkChatTemplate(*data, path, diagnostics);
  return data;
}

} // namespace espresso
