//===- TokenizerJson.cpp - Models of tokenizer.json -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenizerJson.h"

#include "BpePieces.h"
#include "Readers.h"

#include "llvm/ADT/Twine.h"

#include <cmath>

namespace espresso {

InFlightDiagnostic TokenizerJsonReader::emitError(llvm::StringRef where) {
  InFlightDiagnostic error = diagnostics.emitError(file.getPath());
  error << where << ": ";
  return error;
}

LogicalResult TokenizerJsonReader::placePiece(uint64_t id, std::string text,
                                              llvm::StringRef where) {
  if (id >= maxPieces)
    return emitError(where)
           << "expected ids below " << maxPieces << ", found " << id;
  if (id >= data.pieces.size())
    data.pieces.resize(id + 1, {"", 0, TokenizerData::PieceType::Unused});
  TokenizerData::Piece &piece = data.pieces[id];
  const bool isNew =
      piece.text.empty() && piece.type == TokenizerData::PieceType::Unused;
  if (!isNew && piece.text != text)
    return emitError(where)
           << "id " << id << " is both " << quoteUntrusted(piece.text)
           << " and " << quoteUntrusted(text);
  piece.text = std::move(text);
  if (isNew)
    piece.type = TokenizerData::PieceType::Normal;
  return success();
}

void TokenizerJsonReader::markBytes() {
  for (TokenizerData::Piece &piece : data.pieces)
    if (piece.type == TokenizerData::PieceType::Normal &&
        isBytePiece(piece.text))
      piece.type = TokenizerData::PieceType::Byte;
}

void TokenizerJsonReader::markUnknown(uint32_t id) {
  data.unknownId = id;
  data.pieces[id].type = TokenizerData::PieceType::Unknown;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

LogicalResult TokenizerJsonReader::readMerges(const Object &model) {
  const Array *merges = model.getArray("merges");
  if (!merges)
    return emitError("model.merges") << "expected a list";
  PieceIndex index(data.pieces);
  data.merges.reserve(merges->size());
  for (size_t i = 0; i < merges->size(); ++i) {
    const Value &merge = (*merges)[i];
    std::pair<llvm::StringRef, llvm::StringRef> parts;
    if (std::optional<llvm::StringRef> text = merge.getAsString()) {
      parts = splitMerge(*text);
    } else if (const Array *pair = merge.getAsArray();
               pair && pair->size() == 2) {
      parts = {(*pair)[0].getAsString().value_or(""),
               (*pair)[1].getAsString().value_or("")};
    }
    if (std::optional<std::string> wrong =
            addMerge(parts.first, parts.second, index, data))
      return emitError(("model.merges[" + llvm::Twine(i) + "]").str())
             << *wrong;
  }
  return success();
}

LogicalResult TokenizerJsonReader::readBpe(const Object &model) {
  for (llvm::StringRef affix :
       {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.getString(affix).value_or("").empty())
      return emitError(("model." + affix).str()) << "not supported yet";
  const Object *vocabulary = model.getObject("vocab");
  if (!vocabulary)
    return emitError("model.vocab") << "expected an object";
  for (const auto &[text, id] : *vocabulary) {
    std::optional<int64_t> number = id.getAsInteger();
    if (!number || *number < 0)
      return emitError("model.vocab")
             << "expected an id for " << quoteUntrusted(text);
    if (failed(placePiece(static_cast<uint64_t>(*number), text.str(),
                          "model.vocab")))
      return failure();
  }
  data.kind = isByteLevel ? TokenizerData::Kind::ByteBpe
                          : TokenizerData::Kind::CharacterBpe;
  data.ignoreMerges = model.getBoolean("ignore_merges").value_or(false);
  data.fuseUnknown = model.getBoolean("fuse_unk").value_or(false);
  if (failed(readMerges(model)))
    return failure();
  if (std::optional<llvm::StringRef> unknown = model.getString("unk_token")) {
    std::optional<uint32_t> id = PieceIndex(data.pieces).find(*unknown);
    if (!id)
      return emitError("model.unk_token")
             << quoteUntrusted(*unknown) << " is no piece";
    markUnknown(*id);
  }
  if (model.getBoolean("byte_fallback").value_or(false))
    markBytes();
  return success();
}

LogicalResult TokenizerJsonReader::readUnigram(const Object &model) {
  const Array *vocabulary = model.getArray("vocab");
  if (!vocabulary)
    return emitError("model.vocab") << "expected a list";
  maxPieces += vocabulary->size();
  data.kind = TokenizerData::Kind::Unigram;
  data.fuseUnknown = true;
  for (size_t id = 0; id < vocabulary->size(); ++id) {
    const Array *pair = (*vocabulary)[id].getAsArray();
    std::optional<llvm::StringRef> text;
    std::optional<double> score;
    if (pair && pair->size() == 2) {
      text = (*pair)[0].getAsString();
      score = (*pair)[1].getAsNumber();
    }
    if (!text || !score || !std::isfinite(*score))
      return emitError(("model.vocab[" + llvm::Twine(id) + "]").str())
             << "expected a piece and its score";
    data.pieces.push_back({text->str(), static_cast<float>(*score)});
  }
  if (std::optional<int64_t> id = model.getInteger("unk_id")) {
    if (*id < 0 || static_cast<size_t>(*id) >= data.pieces.size())
      return emitError("model.unk_id")
             << "expected an id below " << data.pieces.size() << ", found "
             << *id;
    markUnknown(static_cast<uint32_t>(*id));
  }
  if (model.getBoolean("byte_fallback").value_or(false))
    markBytes();
  return success();
}

LogicalResult TokenizerJsonReader::readModel() {
  const Object *model = file.getObject().getObject("model");
  if (!model)
    return emitError("model") << "expected an object";
  const Object *vocabulary = model->getObject("vocab");
  const Array *added = file.getObject().getArray("added_tokens");
  maxPieces = getMaxPieces((vocabulary ? vocabulary->size() : 0) +
                           (added ? added->size() : 0));
  // Files of the first years do not name their model.
  llvm::StringRef other = model->get("merges") ? "BPE" : "";
  llvm::StringRef type = model->getString("type").value_or(other);
  if (type == "BPE")
    return readBpe(*model);
  if (type == "Unigram")
    return readUnigram(*model);
  return refuse("model", "model", type, "BPE, Unigram");
}

//===----------------------------------------------------------------------===//
// Added tokens
//===----------------------------------------------------------------------===//

LogicalResult TokenizerJsonReader::readAddedToken(const Object &token,
                                                  size_t index) {
  using PieceType = TokenizerData::PieceType;
  const std::string where = ("added_tokens[" + llvm::Twine(index) + "]").str();
  std::optional<int64_t> id = token.getInteger("id");
  std::optional<llvm::StringRef> text = token.getString("content");
  if (!id || *id < 0 || !text || text->empty())
    return emitError(where) << "expected an id and a content";
  if (failed(placePiece(static_cast<uint64_t>(*id), text->str(), where)))
    return failure();
  auto says = [&](llvm::StringRef name) {
    return token.getBoolean(name).value_or(false);
  };
  TokenizerData::Piece &piece = data.pieces[static_cast<size_t>(*id)];
  if (piece.type != PieceType::Unknown)
    piece.type = says("special") ? PieceType::Control : PieceType::UserDefined;
  data.added.push_back({static_cast<uint32_t>(*id), says("lstrip"),
                        says("rstrip"), says("single_word"),
                        says("normalized")});
  return success();
}

LogicalResult TokenizerJsonReader::readAddedTokens() {
  const Array *tokens = file.getObject().getArray("added_tokens");
  for (size_t i = 0; tokens && i < tokens->size(); ++i) {
    const Object *token = (*tokens)[i].getAsObject();
    if (!token)
      return emitError("added_tokens") << "expected objects";
    if (failed(readAddedToken(*token, i)))
      return failure();
  }
  return success();
}

FailureOr<TokenizerData> TokenizerJsonReader::read() {
  data.addBos = false;
  data.addSpacePrefix = false;
  const Object &object = file.getObject();
  auto isThere = [&](llvm::StringRef key) {
    const Value *value = object.get(key);
    return value && value->kind() != Value::Null ? value : nullptr;
  };
  // Whether pieces are bytes is said by the steps around the model.
  if (const Value *value = isThere("normalizer"))
    if (failed(readNormalizer(*value, "normalizer")))
      return failure();
  recogniseBlanks();
  if (const Value *value = isThere("pre_tokenizer"))
    if (failed(readPreTokenizer(*value, "pre_tokenizer")))
      return failure();
  if (const Value *value = isThere("decoder"))
    if (failed(readDecoder(*value, "decoder")))
      return failure();
  if (failed(readModel()) || failed(readAddedTokens()))
    return failure();
  if (data.pieces.empty())
    return emitError("model.vocab") << "expected pieces, found none";
  if (isByteLevel)
    decodePieces(data.pieces);
  else if (!data.blank)
    data.blank = ""; // blanks are as they are
  if (const Value *value = isThere("post_processor"))
    if (failed(readPostProcessor(*value, "post_processor")))
      return failure();
  return std::move(data);
}

} // namespace espresso
