//===- SentencePieceReader.cpp - SentencePiece vocabularies ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// `tokenizer.model` is a protobuf message: pieces (field 1: text 1, score 2,
// type 3), training settings (field 2: kind of model 3, blanks behind words 24,
// ids of unknown, beginning and end 40 to 42) and normalisation (field 3: map
// 2, blank before the text 3, one blank of several 4, blanks as U+2581 5). Few
// fields are wanted, so that the wire format is read as it stands.
//
//===----------------------------------------------------------------------===//

#include "ByteReader.h"
#include "Readers.h"

#include <cmath>

namespace espresso {

/// Far above every vocabulary known. A piece can take two bytes of a file and
/// takes many more in memory.
static constexpr size_t kMaxPieces = 1 << 22;

namespace {

/// One field of a message.
struct WireField {
  uint64_t number = 0;
  /// Of varints and fixed numbers.
  uint64_t value = 0;
  /// Of texts and messages.
  llvm::StringRef bytes;
};

/// Reads the fields of one message one by one.
class WireReader {
public:
  /// `bytes` are somewhere in the file at `path`.
  WireReader(llvm::StringRef bytes, llvm::StringRef path,
             DiagnosticEngine &diagnostics)
      : bytes(bytes), path(path), diagnostics(diagnostics) {}

  bool isAtEnd() const { return bytes.empty(); }
  FailureOr<WireField> read();
  InFlightDiagnostic emitError() const { return diagnostics.emitError(path); }
  WireReader enter(llvm::StringRef message) const {
    return {message, path, diagnostics};
  }

private:
  FailureOr<uint64_t> readVarint();

  llvm::StringRef bytes;
  llvm::StringRef path;
  DiagnosticEngine &diagnostics;
};

} // namespace

FailureOr<uint64_t> WireReader::readVarint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty())
      break;
    auto byte = static_cast<uint8_t>(bytes.front());
    bytes = bytes.drop_front();
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80)
      return value;
  }
  return emitError() << "expected a SentencePiece model, found a number that "
                        "does not end";
}

FailureOr<WireField> WireReader::read() {
  enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };
  FailureOr<uint64_t> tag = readVarint();
  if (failed(tag))
    return failure();
  WireField field;
  field.number = *tag >> 3;
  uint64_t size = 0;
  switch (*tag & 7) {
  case Varint: {
    FailureOr<uint64_t> value = readVarint();
    if (failed(value))
      return failure();
    field.value = *value;
    return field;
  }
  case Fixed64:
    size = 8;
    break;
  case Fixed32:
    size = 4;
    break;
  case Bytes: {
    FailureOr<uint64_t> length = readVarint();
    if (failed(length))
      return failure();
    size = *length;
    break;
  }
  default:
    return emitError() << "expected a SentencePiece model, found a field of "
                          "an unknown kind";
  }
  if (size > bytes.size())
    return emitError() << "expected a field of " << size
                       << " bytes, found a file that ends after "
                       << bytes.size();
  field.bytes = bytes.take_front(size);
  bytes = bytes.drop_front(size);
  if ((*tag & 7) != Bytes)
    std::memcpy(&field.value, field.bytes.data(), size);
  return field;
}

static FailureOr<TokenizerData::Piece> readPiece(WireReader reader,
                                                 size_t index) {
  using PieceType = TokenizerData::PieceType;
  // By number, from 1 on.
  static constexpr PieceType kTypes[] = {
      PieceType::Normal,      PieceType::Unknown, PieceType::Control,
      PieceType::UserDefined, PieceType::Unused,  PieceType::Byte,
  };
  TokenizerData::Piece piece;
  while (!reader.isAtEnd()) {
    FailureOr<WireField> field = reader.read();
    if (failed(field))
      return failure();
    if (field->number == 1) {
      piece.text = field->bytes.str();
    } else if (field->number == 2) {
      auto bits = static_cast<uint32_t>(field->value);
      std::memcpy(&piece.score, &bits, sizeof(bits));
    } else if (field->number == 3) {
      // In the file unused is 5 and byte is 6.
      if (field->value < 1 || field->value > std::size(kTypes))
        return reader.emitError() << "expected types of pieces from 1 to 6, "
                                     "found "
                                  << field->value << " for piece " << index;
      piece.type = kTypes[field->value - 1];
    }
  }
  if (std::isnan(piece.score) ||
      (piece.type == PieceType::Byte && !isBytePiece(piece.text)))
    return reader.emitError() << "expected a score, and bytes spelt '<0xNN>', "
                                 "found something else for piece "
                              << index;
  return piece;
}

namespace {

/// Negative ids stand for "none".
struct TrainerSettings {
  uint64_t modelType = 1;
  bool isSuffix = false;
  int32_t unknownId = 0;
  int32_t bosId = 1;
  int32_t eosId = 2;
};

} // namespace

static LogicalResult readTrainer(WireReader reader, TrainerSettings &settings) {
  while (!reader.isAtEnd()) {
    FailureOr<WireField> field = reader.read();
    if (failed(field))
      return failure();
    auto id = static_cast<int32_t>(field->value);
    if (field->number == 3)
      settings.modelType = field->value;
    else if (field->number == 24)
      settings.isSuffix = field->value != 0;
    else if (field->number == 40)
      settings.unknownId = id;
    else if (field->number == 41)
      settings.bosId = id;
    else if (field->number == 42)
      settings.eosId = id;
  }
  return success();
}

static LogicalResult readNormalizer(WireReader reader,
                                    TokenizerData &tokenizer) {
  llvm::StringRef charsMap;
  bool removesBlanks = true;
  while (!reader.isAtEnd()) {
    FailureOr<WireField> field = reader.read();
    if (failed(field))
      return failure();
    if (field->number == 2 && !field->bytes.empty())
      charsMap = field->bytes;
    else if (field->number == 3)
      tokenizer.addSpacePrefix = field->value != 0;
    else if (field->number == 4)
      removesBlanks = field->value != 0;
    else if (field->number == 5 && field->value == 0)
      tokenizer.blank = "";
  }
  using Kind = TokenizerData::Normalizer::Kind;
  if (!charsMap.empty())
    tokenizer.normalizers.push_back({Kind::CharsMap, charsMap.str()});
  if (removesBlanks)
    tokenizer.normalizers.push_back({Kind::CollapseBlanks});
  return success();
}

static LogicalResult readMessage(WireReader reader, TrainerSettings &settings,
                                 TokenizerData &tokenizer) {
  while (!reader.isAtEnd()) {
    FailureOr<WireField> field = reader.read();
    if (failed(field))
      return failure();
    WireReader inner = reader.enter(field->bytes);
    if (field->number == 1) {
      if (tokenizer.pieces.size() == kMaxPieces)
        return reader.emitError()
               << "expected at most " << kMaxPieces << " pieces";
      FailureOr<TokenizerData::Piece> piece =
          readPiece(inner, tokenizer.pieces.size());
      if (failed(piece))
        return failure();
      tokenizer.pieces.push_back(*std::move(piece));
    } else if (field->number == 2) {
      if (failed(readTrainer(inner, settings)))
        return failure();
    } else if (field->number == 3) {
      if (failed(readNormalizer(inner, tokenizer)))
        return failure();
    }
  }
  return success();
}

FailureOr<TokenizerData>
readSentencePieceTokenizer(llvm::StringRef path,
                           DiagnosticEngine &diagnostics) {
  constexpr uint64_t kUnigram = 1, kBpe = 2;
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  std::span<const uint8_t> bytes = (*file)->getBytes();
  WireReader reader(
      {reinterpret_cast<const char *>(bytes.data()), bytes.size()}, path,
      diagnostics);
  TokenizerData tokenizer;
  TrainerSettings settings;
  if (failed(readMessage(reader, settings, tokenizer)))
    return failure();
  if (tokenizer.pieces.empty())
    return reader.emitError() << "expected a SentencePiece model, found no "
                                 "pieces";
  if (settings.modelType != kBpe && settings.modelType != kUnigram)
    return reader.emitError()
           << "not supported: a SentencePiece model of kind "
           << settings.modelType << ", other than unigram (1) and BPE (2)";
  if (settings.isSuffix)
    return reader.emitError()
           << "not supported: blanks behind words (treat_whitespace_as_suffix)";
  tokenizer.kind = settings.modelType == kUnigram
                       ? TokenizerData::Kind::Unigram
                       : TokenizerData::Kind::SentencePieceBpe;
  tokenizer.fuseUnknown = true;
  auto check = [&](int32_t id) -> std::optional<uint32_t> {
    if (id < 0 || static_cast<size_t>(id) >= tokenizer.pieces.size())
      return std::nullopt;
    return static_cast<uint32_t>(id);
  };
  tokenizer.unknownId = check(settings.unknownId);
  tokenizer.bosId = check(settings.bosId);
  tokenizer.eosId = check(settings.eosId);
  return tokenizer;
}

} // namespace espresso
