//===- Vocabulary.cpp - Pieces and what they are --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/Vocabulary.h"

#include "Runtime/ParseMessage.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <cmath>

namespace espresso::runtime {

/// The byte a piece spelt <0xNN> stands for, or -1.
static int parseByte(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>')
    return -1;
  int value = 0;
  for (char digit : text.substr(3, 2)) {
    static constexpr std::string_view kDigits = "0123456789ABCDEFabcdef";
    const size_t at = kDigits.find(digit);
    if (at == std::string_view::npos)
      return -1;
    value = value * 16 + static_cast<int>(at < 16 ? at : at - 6);
  }
  return value;
}

template <typename... Args>
static absl::Status invalid(const Args &...args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}

absl::StatusOr<std::unique_ptr<const Vocabulary>>
Vocabulary::parse(std::span<const uint8_t> bytes, const std::string &name) {
  std::unique_ptr<Vocabulary> vocabulary(new Vocabulary());
  if (!parseMessage(bytes, vocabulary->message))
    return invalid(name, ": the file is not a vocabulary (malformed protobuf)");
  absl::Status status = vocabulary->check();
  if (!status.ok())
    return invalid(name, ": ", std::string(status.message()));
  return vocabulary;
}

absl::Status Vocabulary::addPiece(int32_t id) {
  const plan::Tokenizer::Piece &piece = message.pieces(id);
  if (std::isnan(piece.score()))
    return invalid("the score of piece ", id, " is not a number");
  switch (piece.type()) {
  case plan::Tokenizer::USER_DEFINED:
    if (piece.text().empty())
      return invalid("piece ", id, " is empty");
    [[fallthrough]];
  case plan::Tokenizer::NORMAL:
  case plan::Tokenizer::UNUSED:
    if (piece.text().size() > kMaxPieceBytes)
      return invalid("piece ", id, " has ", piece.text().size(),
                     " bytes; the limit is ", kMaxPieceBytes);
    if (piece.text().empty())
      return absl::OkStatus();      // an id that nothing has
    idOf.emplace(piece.text(), id); // the first of equals
    longest = std::max(longest, piece.text().size());
    return absl::OkStatus();
  case plan::Tokenizer::BYTE: {
    const int byte = parseByte(piece.text());
    if (byte < 0)
      return invalid("byte piece ", id, " is not spelt <0xNN>");
    if (byteIds[byte] < 0)
      byteIds[byte] = id;
    return absl::OkStatus();
  }
  case plan::Tokenizer::UNKNOWN:
  case plan::Tokenizer::CONTROL:
    if (piece.text().size() > kMaxPieceBytes)
      return invalid("piece ", id, " has ", piece.text().size(),
                     " bytes; the limit is ", kMaxPieceBytes);
    return absl::OkStatus();
  default:
    return invalid("piece ", id, " has an unknown type");
  }
}

absl::Status Vocabulary::checkIds() const {
  const auto size = static_cast<uint32_t>(getSize());
  auto check = [&](uint32_t id, const char *what) -> absl::Status {
    if (id < size)
      return absl::OkStatus();
    return invalid(what, " ", id, " is no id of the vocabulary of ", size);
  };
  if (message.has_bos())
    ESPRESSO_RETURN_IF_ERROR(check(message.bos(), "BOS"));
  if (message.has_eos())
    ESPRESSO_RETURN_IF_ERROR(check(message.eos(), "EOS"));
  if (message.has_unknown())
    ESPRESSO_RETURN_IF_ERROR(check(message.unknown(), "the unknown piece"));
  if (message.add_bos() && !message.has_bos())
    return invalid("a prompt begins with BOS, but there is none");
  if (message.add_eos() && !message.has_eos())
    return invalid("a prompt ends with EOS, but there is none");
  for (uint32_t id : message.stop())
    ESPRESSO_RETURN_IF_ERROR(check(id, "stop token"));
  for (uint32_t id : message.prefix())
    ESPRESSO_RETURN_IF_ERROR(check(id, "prefix token"));
  for (uint32_t id : message.suffix())
    ESPRESSO_RETURN_IF_ERROR(check(id, "suffix token"));
  for (uint32_t id : message.merges())
    ESPRESSO_RETURN_IF_ERROR(check(id, "piece of a merge"));
  for (const plan::Tokenizer::AddedToken &token : message.added())
    ESPRESSO_RETURN_IF_ERROR(check(token.id(), "added token"));
  return absl::OkStatus();
}

absl::Status Vocabulary::check() {
  const plan::Tokenizer::Model model = message.model();
  if (model == plan::Tokenizer::MODEL_UNSPECIFIED ||
      !plan::Tokenizer::Model_IsValid(model))
    return invalid("tokenizer model ", static_cast<int>(model),
                   " is unknown to this program");
  if (getSize() == 0)
    return invalid("the vocabulary is empty");
  byteIds.fill(-1);
  idOf.reserve(static_cast<size_t>(getSize()));
  for (int32_t id = 0; id < getSize(); ++id)
    ESPRESSO_RETURN_IF_ERROR(addPiece(id));
  const bool isBytes = model == plan::Tokenizer::BYTE_BPE;
  for (int byte = 0; isBytes && byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    byteIds[byte] = find({&text, 1});
  }
  hasBytes = true;
  for (int32_t id : byteIds)
    hasBytes = hasBytes && id >= 0;
  if (message.has_blank())
    blank = message.blank();
  else if (!isBytes)
    blank = "\xE2\x96\x81"; // U+2581
  ESPRESSO_RETURN_IF_ERROR(checkIds());
  for (uint32_t id : message.stop())
    stop.insert(static_cast<int32_t>(id));
  return absl::OkStatus();
}

uint8_t Vocabulary::getByte(int32_t id) const {
  return static_cast<uint8_t>(parseByte(getText(id)));
}

absl::Status Vocabulary::appendUnknown(std::string_view text,
                                       std::vector<int32_t> &ids) const {
  if (hasBytes) {
    for (char byte : text)
      ids.push_back(byteIds[static_cast<uint8_t>(byte)]);
    return absl::OkStatus();
  }
  if (!message.has_unknown())
    return invalid("the vocabulary has no piece for the ", text.size(),
                   " bytes '", std::string(text.substr(0, 32)),
                   "' of the text");
  const auto unknown = static_cast<int32_t>(message.unknown());
  if (!message.fuse_unknown() || ids.empty() || ids.back() != unknown)
    ids.push_back(unknown);
  return absl::OkStatus();
}

} // namespace espresso::runtime
