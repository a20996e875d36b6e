//===- SentencePieceModel.cpp - Neighbours joined by score ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/BlankCuts.h"
#include "Runtime/Tokenizer/PieceTrie.h"
#include "Runtime/Tokenizer/TokenModel.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include <algorithm>

namespace espresso::runtime {

namespace {

/// A run of the text; neighbours form a list.
struct Symbol {
  std::string_view text; ///< empty once joined with the one before
  int32_t previous = -1;
  int32_t next = -1;
  bool frozen = false; ///< a user-defined piece, never joined
};

/// Two neighbours that make a piece.
struct Join {
  float score;
  int32_t left;
  int32_t right;
  size_t length; ///< of both; tells a join of symbols that have since changed

  /// Best score first, then leftmost.
  bool operator<(const Join &other) const {
    if (score != other.score)
      return score < other.score;
    return left > other.left;
  }
};

std::vector<std::pair<std::string_view, int32_t>>
getUserDefined(const Vocabulary &vocabulary) {
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (int32_t id = 0; id < vocabulary.getSize(); ++id)
    if (vocabulary.getType(id) == plan::Tokenizer::USER_DEFINED)
      pieces.emplace_back(vocabulary.getText(id), id);
  return pieces;
}

class SentencePieceModel final : public TokenModel {
public:
  explicit SentencePieceModel(const Vocabulary &vocabulary)
      : vocabulary(vocabulary), cuts(vocabulary),
        userDefined(getUserDefined(vocabulary)) {}

  absl::Status encode(std::string_view word,
                      std::vector<int32_t> &ids) const override;
  size_t findCut(std::string_view text) const override {
    return cuts.find(text);
  }

private:
  friend class Joiner;
  const Vocabulary &vocabulary;
  const BlankCuts cuts;
  const PieceTrie userDefined;
};

/// Joins the symbols of one word until no neighbours make a piece.
class Joiner {
public:
  Joiner(const SentencePieceModel &model, std::string_view word)
      : model(model), vocabulary(model.vocabulary) {
    split(word);
  }

  absl::Status run(std::vector<int32_t> &ids) {
    for (size_t i = 1; i < symbols.size(); ++i)
      consider(static_cast<int32_t>(i) - 1, static_cast<int32_t>(i));
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end());
      const Join join = heap.back();
      heap.pop_back();
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
    for (int32_t i = symbols.empty() ? -1 : 0; i >= 0; i = symbols[i].next)
      ESPRESSO_RETURN_IF_ERROR(divide(symbols[i].text, ids));
    return absl::OkStatus();
  }

private:
  /// Falls into user-defined pieces, longest match, and single characters.
  void split(std::string_view text) {
    symbols.reserve(text.size());
    while (!text.empty()) {
      Symbol symbol;
      size_t length = 0;
      model.userDefined.findPrefixes(
          text, [&](size_t found, int32_t) { length = found; });
      symbol.frozen = length != 0;
      if (!symbol.frozen) {
        // Bytes of no character stand alone.
        const Utf8Prefix prefix = scanUtf8(text);
        length = prefix.kind == Utf8Prefix::Character ? prefix.length : 1;
      }
      symbol.text = text.substr(0, length);
      text.remove_prefix(length);
      const auto place = static_cast<int32_t>(symbols.size());
      symbol.previous = place - 1;
      if (!symbols.empty())
        symbols.back().next = place;
      symbols.push_back(symbol);
    }
  }

  void consider(int32_t left, int32_t right) {
    if (left < 0 || right < 0 || symbols[left].frozen || symbols[right].frozen)
      return;
    const std::string_view joined(symbols[left].text.data(),
                                  symbols[left].text.size() +
                                      symbols[right].text.size());
    if (joined.size() > vocabulary.getLongest())
      return;
    const int32_t id = vocabulary.find(joined);
    if (id < 0)
      return;
    heap.push_back({vocabulary.getMessage().pieces(id).score(), left, right,
                    joined.size()});
    std::push_heap(heap.begin(), heap.end());
  }

  void remember(std::string_view left, std::string_view right) {
    const std::string_view joined(left.data(), left.size() + right.size());
    if (vocabulary.getType(vocabulary.find(joined)) == plan::Tokenizer::UNUSED)
      parts.emplace(joined, left.size());
  }

  /// An unused piece is a step on the way only: it falls apart again.
  absl::Status divide(std::string_view text, std::vector<int32_t> &ids) {
    std::vector<std::string_view> left = {text};
    while (!left.empty()) {
      const std::string_view last = left.back();
      left.pop_back();
      if (const auto found = parts.find(last); found != parts.end()) {
        left.push_back(last.substr(found->second));
        left.push_back(last.substr(0, found->second));
        continue;
      }
      if (const int32_t id = vocabulary.find(last); id >= 0)
        ids.push_back(id);
      else
        ESPRESSO_RETURN_IF_ERROR(vocabulary.appendUnknown(last, ids));
    }
    return absl::OkStatus();
  }

  const SentencePieceModel &model;
  const Vocabulary &vocabulary;
  std::vector<Symbol> symbols;
  std::vector<Join> heap;
  absl::flat_hash_map<std::string_view, size_t> parts;
};

} // namespace

absl::Status SentencePieceModel::encode(std::string_view word,
                                        std::vector<int32_t> &ids) const {
  return Joiner(*this, word).run(ids);
}

std::unique_ptr<const TokenModel>
makeSentencePieceModel(const Vocabulary &vocabulary) {
  return std::make_unique<SentencePieceModel>(vocabulary);
}

} // namespace espresso::runtime
