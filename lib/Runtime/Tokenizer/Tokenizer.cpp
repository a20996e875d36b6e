//===- Tokenizer.cpp - Text to token ids and back -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Tokenizer.h"

#include "Runtime/Tokenizer/AddedTokens.h"
#include "Runtime/Tokenizer/Normalizer.h"
#include "Runtime/Tokenizer/PreTokenizer.h"
#include "Runtime/Tokenizer/TokenModel.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

namespace espresso::runtime {

static constexpr std::string_view kUnknownText = " \xE2\x81\x87 "; // U+2047
/// Places in a text are 32-bit numbers inside.
static constexpr size_t kMaxText = size_t{1} << 30;

struct Tokenizer::Tables {
  std::unique_ptr<const Vocabulary> vocabulary;
  std::unique_ptr<const TokenModel> model;
  std::optional<Normalizer> normalizer;
  std::optional<PreTokenizer> preTokenizer;
  std::optional<AddedTokens> beforeNormalizing, afterNormalizing;

  const plan::Tokenizer &getMessage() const { return vocabulary->getMessage(); }
  /// The bytes one token stands for; none for ids that are none.
  std::string_view getDecoded(int32_t id) const {
    const auto at = static_cast<size_t>(id);
    if (id < 0 || at >= decodedEnds.size())
      return {};
    const size_t begin = at == 0 ? 0 : decodedEnds[at - 1];
    return std::string_view(decoded).substr(begin, decodedEnds[at] - begin);
  }
  absl::Status build();

private:
  void decodeAll();

  /// What all tokens stand for, one behind the other.
  std::string decoded;
  std::vector<size_t> decodedEnds;
};

Tokenizer::Tokenizer(std::unique_ptr<const Tables> tables)
    : tables(std::move(tables)) {}
Tokenizer::Tokenizer(Tokenizer &&) noexcept = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) noexcept = default;
Tokenizer::~Tokenizer() = default;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

absl::Status Tokenizer::Tables::build() {
  switch (vocabulary->getModel()) {
  case plan::Tokenizer::SENTENCEPIECE_BPE:
    model = makeSentencePieceModel(*vocabulary);
    break;
  case plan::Tokenizer::UNIGRAM:
    model = makeUnigramModel(*vocabulary);
    break;
  default: {
    ESPRESSO_ASSIGN_OR_RETURN(model, makeMergeModel(*vocabulary));
  }
  }
  ESPRESSO_ASSIGN_OR_RETURN(normalizer, Normalizer::create(*vocabulary));
  ESPRESSO_ASSIGN_OR_RETURN(preTokenizer, PreTokenizer::create(getMessage()));
  beforeNormalizing.emplace(*vocabulary, /*normalized=*/false);
  afterNormalizing.emplace(*vocabulary, /*normalized=*/true);
  decodeAll();
  return absl::OkStatus();
}

absl::StatusOr<Tokenizer> Tokenizer::parse(std::span<const uint8_t> bytes,
                                           const std::string &name) {
  auto tables = std::make_unique<Tables>();
  ESPRESSO_ASSIGN_OR_RETURN(tables->vocabulary, Vocabulary::parse(bytes, name));
  if (absl::Status status = tables->build(); !status.ok())
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", std::string(status.message())));
  return Tokenizer(std::move(tables));
}

int64_t Tokenizer::getVocabularySize() const {
  return tables->vocabulary->getSize();
}

std::optional<int32_t> Tokenizer::getBos() const {
  const plan::Tokenizer &message = tables->getMessage();
  if (!message.has_bos())
    return std::nullopt;
  return static_cast<int32_t>(message.bos());
}

std::optional<int32_t> Tokenizer::getEos() const {
  const plan::Tokenizer &message = tables->getMessage();
  if (!message.has_eos())
    return std::nullopt;
  return static_cast<int32_t>(message.eos());
}

bool Tokenizer::addsBos() const { return tables->getMessage().add_bos(); }

bool Tokenizer::isStop(int32_t id) const {
  return tables->vocabulary->isStop(id);
}

bool Tokenizer::addsSpacePrefix() const {
  return tables->getMessage().add_space_prefix();
}

std::string_view Tokenizer::getSpelling(int32_t id) const {
  if (id < 0 || id >= getVocabularySize())
    return {};
  return tables->vocabulary->getText(id);
}

const std::string &Tokenizer::getChatTemplate() const {
  return tables->getMessage().chat_template();
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

namespace {

/// Encodes words, and remembers those it has seen: texts repeat themselves.
class WordEncoder {
public:
  WordEncoder(const Vocabulary &vocabulary, const TokenModel &model,
              std::vector<int32_t> &ids)
      : model(model), ids(ids), textStart(ids.size()),
        fuses(vocabulary.getMessage().fuse_unknown()),
        unknown(vocabulary.getMessage().has_unknown()
                    ? static_cast<int32_t>(vocabulary.getMessage().unknown())
                    : -1) {}

  absl::Status encode(std::string_view word) {
    while (!word.empty()) {
      const size_t cut = model.findCut(word);
      ESPRESSO_RETURN_IF_ERROR(encodeUncut(word.substr(0, cut)));
      word.remove_prefix(cut);
    }
    return absl::OkStatus();
  }

private:
  struct Range {
    size_t begin, size; ///< in `remembered`
  };
  /// A longer word is hardly seen twice.
  static constexpr size_t kMaxRemembered = 64;

  absl::Status encodeUncut(std::string_view word) {
    const bool isShort = word.size() <= kMaxRemembered;
    if (isShort) {
      const auto found = seen.find(word);
      if (found != seen.end()) {
        const auto [begin, size] = found->second;
        append(std::span(remembered).subspan(begin, size));
        return absl::OkStatus();
      }
    }
    fresh.clear();
    ESPRESSO_RETURN_IF_ERROR(model.encode(word, fresh));
    if (isShort) {
      seen.emplace(word, Range{remembered.size(), fresh.size()});
      remembered.insert(remembered.end(), fresh.begin(), fresh.end());
    }
    append(fresh);
    return absl::OkStatus();
  }

  void append(std::span<const int32_t> some) {
    const bool fused = fuses && !some.empty() && some.front() == unknown &&
                       ids.size() > textStart && ids.back() == unknown;
    ids.insert(ids.end(), some.begin() + (fused ? 1 : 0), some.end());
  }

  const TokenModel &model;
  std::vector<int32_t> &ids;
  const size_t textStart;
  const bool fuses;
  const int32_t unknown;
  absl::flat_hash_map<std::string_view, Range> seen; // views into the text
  std::vector<int32_t> remembered, fresh;
};

} // namespace

/// Puts a blank before `text` if the vocabulary wants one, and spells blanks as
/// it does.
static std::string spellBlanks(const Vocabulary &vocabulary,
                               std::string_view text, bool mayPrefix) {
  const plan::Tokenizer &message = vocabulary.getMessage();
  const std::string &blank = vocabulary.getBlank();
  const bool hasBlank =
      !text.empty() &&
      (text.front() == ' ' ||
       (!blank.empty() && text.substr(0, blank.size()) == blank));
  const bool addsPrefix =
      mayPrefix && message.add_space_prefix() && !text.empty() &&
      !(message.space_prefix_rule() == plan::Tokenizer::UNLESS_BLANK &&
        hasBlank);
  std::string result;
  if (addsPrefix)
    result += ' ';
  result += text;
  if (blank.empty() || result.find(' ') == std::string::npos)
    return result;
  std::string spelt;
  spelt.reserve(result.size() + result.size() / 2);
  for (char c : result) {
    if (c == ' ')
      spelt += blank;
    else
      spelt += c;
  }
  return spelt;
}

/// Encodes one part of a text, which holds no added token but those that are
/// looked for after normalising.
template <typename Tables>
static absl::Status encodePart(const Tables &tables, std::string_view part,
                               bool isStart, const EncodeOptions &options,
                               std::vector<int32_t> &ids) {
  std::string normal;
  if (!tables.normalizer->isEmpty()) {
    ESPRESSO_ASSIGN_OR_RETURN(normal, tables.normalizer->run(part));
    part = normal;
  }
  const bool atStartOnly = tables.getMessage().space_prefix_at_start_only();
  std::vector<TextPart> parts;
  tables.afterNormalizing->split(part, options.parseSpecial, parts);
  for (const TextPart &inner : parts) {
    if (inner.id >= 0) {
      ids.push_back(inner.id);
      continue;
    }
    const bool isFirst = isStart && inner.text.data() == part.data();
    const bool mayPrefix = isFirst ? !options.isContinuation : !atStartOnly;
    const std::string text =
        spellBlanks(*tables.vocabulary, inner.text, mayPrefix);
    ESPRESSO_ASSIGN_OR_RETURN(std::vector<std::string_view> words,
                              tables.preTokenizer->split(text));
    WordEncoder encoder(*tables.vocabulary, *tables.model, ids);
    for (std::string_view word : words)
      ESPRESSO_RETURN_IF_ERROR(encoder.encode(word));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int32_t>>
Tokenizer::encode(std::string_view text, const EncodeOptions &options) const {
  if (text.size() > kMaxText)
    return absl::InvalidArgumentError(absl::StrCat(
        "a text of ", text.size(), " bytes; the limit is ", kMaxText));
  const plan::Tokenizer &message = tables->getMessage();
  std::vector<int32_t> ids;
  if (options.addSpecial && message.add_bos())
    ids.push_back(static_cast<int32_t>(message.bos()));
  if (options.addSpecial)
    ids.insert(ids.end(), message.prefix().begin(), message.prefix().end());
  std::vector<TextPart> parts;
  tables->beforeNormalizing->split(text, options.parseSpecial, parts);
  for (const TextPart &part : parts) {
    if (part.id >= 0)
      ids.push_back(part.id);
    else
      ESPRESSO_RETURN_IF_ERROR(encodePart(
          *tables, part.text, part.text.data() == text.data(), options, ids));
  }
  if (options.addSpecial)
    ids.insert(ids.end(), message.suffix().begin(), message.suffix().end());
  if (options.addSpecial && message.add_eos())
    ids.push_back(static_cast<int32_t>(message.eos()));
  return ids;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// The bytes one token stands for.
static std::string decodePiece(const Vocabulary &vocabulary, int32_t id) {
  switch (vocabulary.getType(id)) {
  case plan::Tokenizer::CONTROL:
    return std::string();
  case plan::Tokenizer::UNKNOWN:
    return std::string(kUnknownText);
  case plan::Tokenizer::BYTE:
    return std::string(1, static_cast<char>(vocabulary.getByte(id)));
  default:
    break;
  }
  std::string_view rest = vocabulary.getText(id);
  const std::string &blank = vocabulary.getBlank();
  std::string text;
  for (size_t at; !blank.empty() && (at = rest.find(blank)) != rest.npos;) {
    text.append(rest.substr(0, at)).push_back(' ');
    rest.remove_prefix(at + blank.size());
  }
  return text.append(rest);
}

void Tokenizer::Tables::decodeAll() {
  const int32_t size = vocabulary->getSize();
  decodedEnds.reserve(static_cast<size_t>(size));
  for (int32_t id = 0; id < size; ++id) {
    decoded += decodePiece(*vocabulary, id);
    decodedEnds.push_back(decoded.size());
  }
}

std::string Tokenizer::decode(int32_t id) const {
  return std::string(tables->getDecoded(id));
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  size_t size = 0;
  for (int32_t id : ids)
    size += tables->getDecoded(id).size();
  std::string text;
  text.reserve(size);
  for (int32_t id : ids)
    text += tables->getDecoded(id);
  if (addsSpacePrefix() && !text.empty() && text.front() == ' ')
    text.erase(0, 1);
  return text;
}

} // namespace espresso::runtime
