//===- Tokenizer.cpp - Text to token ids and back -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Tokenizer.h"

#include "ParseMessage.h"
#include "Utf8.h"
#include "espresso/Plan/tokenizer.pb.h"

#include "absl/strings/str_cat.h"

#include <array>
#include <cmath>
#include <queue>
#include <set>
#include <unordered_map>

namespace espresso::runtime {

static constexpr std::string_view kBlank = "\xE2\x96\x81";         // U+2581
static constexpr std::string_view kUnknownText = " \xE2\x81\x87 "; // U+2047

struct Tokenizer::Tables {
  plan::Tokenizer message;
  /// Pieces that text may become, by their spelling; views into `message`.
  std::unordered_map<std::string_view, int32_t> idOf;
  /// User-defined pieces alone, and their lengths, longest first.
  std::unordered_map<std::string_view, int32_t> userDefined;
  std::set<size_t, std::greater<>> userDefinedLengths;
  /// Ids of the byte pieces, if there is one for every byte.
  std::array<int32_t, 256> byteIds;
  bool hasBytes = false;
  std::set<int32_t> stop;

  plan::Tokenizer::PieceType getType(int32_t id) const {
    return message.pieces(id).type();
  }
};

Tokenizer::Tokenizer(std::unique_ptr<const Tables> tables)
    : tables(std::move(tables)) {}
Tokenizer::Tokenizer(Tokenizer &&) noexcept = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) noexcept = default;
Tokenizer::~Tokenizer() = default;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The byte a piece spelt <0xNN> stands for, or -1.
static int parseByte(const std::string &text) {
  if (text.size() != 6 || text.compare(0, 3, "<0x") != 0 || text[5] != '>')
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

absl::StatusOr<Tokenizer> Tokenizer::parse(std::span<const uint8_t> bytes,
                                           const std::string &name) {
  auto invalid = [&](const auto &...args) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", args...));
  };
  auto tables = std::make_unique<Tables>();
  plan::Tokenizer &message = tables->message;
  if (!parseMessage(bytes, message))
    return invalid("the file is not a vocabulary (malformed protobuf)");
  if (message.model() != plan::Tokenizer::SENTENCEPIECE_BPE)
    return invalid("tokenizer model ", static_cast<int>(message.model()),
                   " is unknown to this program");
  const int size = message.pieces_size();
  if (size == 0)
    return invalid("the vocabulary is empty");
  tables->byteIds.fill(-1);
  for (int32_t id = 0; id < size; ++id) {
    const plan::Tokenizer::Piece &piece = message.pieces(id);
    if (std::isnan(piece.score()))
      return invalid("the score of piece ", id, " is not a number");
    switch (piece.type()) {
    case plan::Tokenizer::USER_DEFINED:
      if (piece.text().empty())
        return invalid("piece ", id, " is empty");
      tables->userDefined.emplace(piece.text(), id);
      tables->userDefinedLengths.insert(piece.text().size());
      [[fallthrough]];
    case plan::Tokenizer::NORMAL:
    case plan::Tokenizer::UNUSED:
      tables->idOf.emplace(piece.text(), id); // the first of equals
      break;
    case plan::Tokenizer::BYTE: {
      const int byte = parseByte(piece.text());
      if (byte < 0)
        return invalid("byte piece ", id, " is not spelt <0xNN>");
      if (tables->byteIds[byte] < 0)
        tables->byteIds[byte] = id;
      break;
    }
    case plan::Tokenizer::UNKNOWN:
    case plan::Tokenizer::CONTROL:
      break;
    default:
      return invalid("piece ", id, " has an unknown type");
    }
  }
  tables->hasBytes = true;
  for (int32_t id : tables->byteIds)
    tables->hasBytes = tables->hasBytes && id >= 0;
  auto isId = [&](uint32_t id) { return id < static_cast<uint32_t>(size); };
  if ((message.has_bos() && !isId(message.bos())) ||
      (message.has_unknown() && !isId(message.unknown())))
    return invalid("BOS or unknown is no id of the vocabulary of ", size);
  if (message.add_bos() && !message.has_bos())
    return invalid("a prompt begins with BOS, but there is none");
  for (uint32_t id : message.stop()) {
    if (!isId(id))
      return invalid("stop token ", id, " is no id of the vocabulary of ",
                     size);
    tables->stop.insert(static_cast<int32_t>(id));
  }
  return Tokenizer(std::move(tables));
}

int64_t Tokenizer::getVocabularySize() const {
  return tables->message.pieces_size();
}

std::optional<int32_t> Tokenizer::getBos() const {
  if (!tables->message.has_bos())
    return std::nullopt;
  return static_cast<int32_t>(tables->message.bos());
}

bool Tokenizer::isStop(int32_t id) const { return tables->stop.count(id) != 0; }

bool Tokenizer::addsSpacePrefix() const {
  return tables->message.add_space_prefix();
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

namespace {

/// A run of the text; neighbours form a list.
struct Symbol {
  std::string_view text; ///< empty once joined with the one before
  int64_t previous = -1;
  int64_t next = -1;
  bool frozen = false; ///< a user-defined piece, never joined
};

/// Two neighbours that make a piece.
struct Join {
  float score;
  int64_t left;
  int64_t right;
  size_t length; ///< of both; tells a join of symbols that have since changed

  /// Best score first, then leftmost.
  bool operator<(const Join &other) const {
    if (score != other.score)
      return score < other.score;
    return left > other.left;
  }
};

} // namespace

/// Spells blanks as the vocabulary does.
static std::string normalise(std::string_view text, bool addPrefix) {
  std::string result;
  if (addPrefix && !text.empty())
    result = kBlank;
  for (char c : text) {
    if (c == ' ')
      result += kBlank;
    else
      result += c;
  }
  return result;
}

/// Joins symbols until no neighbours make a piece. `Tables` is Tokenizer's.
template <typename Tables>
class Joiner {
public:
  Joiner(const Tables &tables, std::string_view text) : tables(tables) {
    split(text);
  }

  /// The texts of the symbols that are left, in order.
  std::vector<std::string_view> run() {
    for (size_t i = 1; i < symbols.size(); ++i)
      consider(static_cast<int64_t>(i) - 1, static_cast<int64_t>(i));
    while (!queue.empty()) {
      const Join join = queue.top();
      queue.pop();
      Symbol &left = symbols[join.left], &right = symbols[join.right];
      if (left.text.empty() || right.text.empty() ||
          left.text.size() + right.text.size() != join.length)
        continue;
      remember(left.text, right.text);
      left.text = {left.text.data(), join.length};
      left.next = right.next;
      if (right.next >= 0)
        symbols[right.next].previous = join.left;
      right.text = {};
      consider(left.previous, join.left);
      consider(join.left, left.next);
    }
    std::vector<std::string_view> texts;
    for (int64_t i = symbols.empty() ? -1 : 0; i >= 0; i = symbols[i].next)
      divide(symbols[i].text, texts);
    return texts;
  }

private:
  /// Falls into user-defined pieces, longest match, and single characters.
  void split(std::string_view text) {
    while (!text.empty()) {
      Symbol symbol;
      for (size_t length : tables.userDefinedLengths)
        if (length <= text.size() &&
            tables.userDefined.count(text.substr(0, length))) {
          symbol.text = text.substr(0, length);
          symbol.frozen = true;
          break;
        }
      if (!symbol.frozen) {
        const Utf8Prefix prefix = scanUtf8(text);
        // Bytes of no character stand alone.
        symbol.text = text.substr(
            0, prefix.kind == Utf8Prefix::Character ? prefix.length : 1);
      }
      text.remove_prefix(symbol.text.size());
      symbol.previous = static_cast<int64_t>(symbols.size()) - 1;
      if (!symbols.empty())
        symbols.back().next = static_cast<int64_t>(symbols.size());
      symbols.push_back(symbol);
    }
  }

  void consider(int64_t left, int64_t right) {
    if (left < 0 || right < 0 || symbols[left].frozen || symbols[right].frozen)
      return;
    const std::string_view joined(symbols[left].text.data(),
                                  symbols[left].text.size() +
                                      symbols[right].text.size());
    auto found = tables.idOf.find(joined);
    if (found != tables.idOf.end())
      queue.push({tables.message.pieces(found->second).score(), left, right,
                  joined.size()});
  }

  bool isUnused(std::string_view text) const {
    auto found = tables.idOf.find(text);
    return found != tables.idOf.end() &&
           tables.getType(found->second) == plan::Tokenizer::UNUSED;
  }

  void remember(std::string_view left, std::string_view right) {
    const std::string_view joined(left.data(), left.size() + right.size());
    if (isUnused(joined))
      parts.emplace(joined, left.size());
  }

  /// An unused piece is a step on the way only: it falls apart again.
  void divide(std::string_view text, std::vector<std::string_view> &texts) {
    std::vector<std::string_view> left = {text};
    while (!left.empty()) {
      const std::string_view last = left.back();
      left.pop_back();
      auto found = parts.find(last);
      if (found == parts.end()) {
        texts.push_back(last);
        continue;
      }
      left.push_back(last.substr(found->second));
      left.push_back(last.substr(0, found->second));
    }
  }

  const Tables &tables;
  std::vector<Symbol> symbols;
  std::priority_queue<Join> queue;
  std::unordered_map<std::string_view, size_t> parts;
};

absl::StatusOr<std::vector<int32_t>>
Tokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  if (tables->message.add_bos())
    ids.push_back(static_cast<int32_t>(tables->message.bos()));
  const std::string normal = normalise(text, addsSpacePrefix());
  for (std::string_view piece : Joiner(*tables, normal).run()) {
    auto found = tables->idOf.find(piece);
    if (found != tables->idOf.end()) {
      ids.push_back(found->second);
    } else if (tables->hasBytes) {
      for (char byte : piece)
        ids.push_back(tables->byteIds[static_cast<uint8_t>(byte)]);
    } else if (tables->message.has_unknown()) {
      ids.push_back(static_cast<int32_t>(tables->message.unknown()));
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "the vocabulary has no piece for the ", piece.size(), " bytes at ",
          piece.data() - normal.data(), " of the text"));
    }
  }
  return ids;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

std::string Tokenizer::decode(int32_t id) const {
  if (id < 0 || id >= getVocabularySize())
    return std::string();
  const plan::Tokenizer::Piece &piece = tables->message.pieces(id);
  switch (piece.type()) {
  case plan::Tokenizer::CONTROL:
    return std::string();
  case plan::Tokenizer::UNKNOWN:
    return std::string(kUnknownText);
  case plan::Tokenizer::BYTE:
    return std::string(1, static_cast<char>(parseByte(piece.text())));
  default:
    break;
  }
  std::string text = piece.text();
  for (size_t at = text.find(kBlank); at != std::string::npos;
       at = text.find(kBlank, at + 1))
    text.replace(at, kBlank.size(), " ");
  return text;
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  std::string text;
  for (int32_t id : ids)
    text += decode(id);
  if (addsSpacePrefix() && !text.empty() && text.front() == ' ')
    text.erase(0, 1);
  return text;
}

} // namespace espresso::runtime
