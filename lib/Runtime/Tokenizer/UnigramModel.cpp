//===- UnigramModel.cpp - The best sum of scores --------------------------===//
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
#include <cmath>
#include <limits>

namespace espresso::runtime {

namespace {

/// What an unknown character costs below the lowest score of a piece, as the
/// SentencePiece library has it.
constexpr double kUnknownPenalty = 10.0;
/// What a byte of a user-defined piece gains: more than any score.
constexpr double kUserDefinedBonus = 0.1;

class UnigramModel final : public TokenModel {
public:
  explicit UnigramModel(const Vocabulary &vocabulary);

  absl::Status encode(std::string_view word,
                      std::vector<int32_t> &ids) const override;
  size_t findCut(std::string_view text) const override {
    return cuts.find(text);
  }

private:
  static std::vector<std::pair<std::string_view, int32_t>>
  getPieces(const Vocabulary &vocabulary);
  double getScore(int32_t id, size_t length) const;

  const Vocabulary &vocabulary;
  const BlankCuts cuts;
  const PieceTrie pieces;
  double lowest = 0, highest = 0;
};

} // namespace

std::vector<std::pair<std::string_view, int32_t>>
UnigramModel::getPieces(const Vocabulary &vocabulary) {
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (int32_t id = 0; id < vocabulary.getSize(); ++id) {
    const plan::Tokenizer::PieceType type = vocabulary.getType(id);
    if ((type == plan::Tokenizer::NORMAL ||
         type == plan::Tokenizer::USER_DEFINED) &&
        !vocabulary.getText(id).empty())
      pieces.emplace_back(vocabulary.getText(id), id);
  }
  return pieces;
}

UnigramModel::UnigramModel(const Vocabulary &vocabulary)
    : vocabulary(vocabulary), cuts(vocabulary), pieces(getPieces(vocabulary)) {
  lowest = std::numeric_limits<double>::max();
  highest = std::numeric_limits<double>::lowest();
  for (int32_t id = 0; id < vocabulary.getSize(); ++id) {
    const plan::Tokenizer::Piece &piece = vocabulary.getMessage().pieces(id);
    if (piece.type() != plan::Tokenizer::NORMAL ||
        !std::isfinite(piece.score()))
      continue;
    lowest = std::min<double>(lowest, piece.score());
    highest = std::max<double>(highest, piece.score());
  }
  if (lowest > highest)
    lowest = highest = 0;
}

double UnigramModel::getScore(int32_t id, size_t length) const {
  const plan::Tokenizer::Piece &piece = vocabulary.getMessage().pieces(id);
  if (piece.type() == plan::Tokenizer::USER_DEFINED)
    return static_cast<double>(length) * highest - kUserDefinedBonus;
  return piece.score();
}

absl::Status UnigramModel::encode(std::string_view word,
                                  std::vector<int32_t> &ids) const {
  // best[i]: the best way to cut the first i bytes, and its last piece.
  struct Way {
    double score = -std::numeric_limits<double>::infinity();
    size_t from = 0;
    int32_t id = -1;
    bool reached = false;
  };
  std::vector<Way> best(word.size() + 1);
  best[0] = {0, 0, -1, true};
  const double unknownScore = lowest - kUnknownPenalty;
  for (size_t at = 0; at < word.size();) {
    const std::string_view rest = word.substr(at);
    const Utf8Prefix prefix = scanUtf8(rest);
    const size_t character =
        prefix.kind == Utf8Prefix::Character ? prefix.length : 1;
    const double before = best[at].score;
    auto offer = [&](size_t length, int32_t id, double score) {
      Way &way = best[at + length];
      if (!way.reached || before + score > way.score)
        way = {before + score, at, id, true};
    };
    bool hasSingle = false;
    pieces.findPrefixes(rest, [&](size_t length, int32_t id) {
      hasSingle |= length == character;
      offer(length, id, getScore(id, length));
    });
    if (!hasSingle)
      offer(character, -1, unknownScore);
    // Pieces are whole characters, so the next place that can be reached is
    // the next character; pieces that are not are skipped with it.
    do
      ++at;
    while (at < word.size() && !best[at].reached);
  }
  std::vector<std::pair<size_t, size_t>> cut; // places and ends, last first
  for (size_t end = word.size(); end > 0; end = best[end].from)
    cut.emplace_back(best[end].from, end);
  std::reverse(cut.begin(), cut.end());
  for (const auto &[from, end] : cut) {
    if (best[end].id >= 0)
      ids.push_back(best[end].id);
    else
      ESPRESSO_RETURN_IF_ERROR(
          vocabulary.appendUnknown(word.substr(from, end - from), ids));
  }
  return absl::OkStatus();
}

std::unique_ptr<const TokenModel>
makeUnigramModel(const Vocabulary &vocabulary) {
  return std::make_unique<UnigramModel>(vocabulary);
}

} // namespace espresso::runtime
