//===- TokenizerData.h - A vocabulary and how it cuts text ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_TOKENIZERDATA_H
#define ESPRESSO_MODEL_TOKENIZERDATA_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace espresso {

/// A vocabulary: what lib/Plan/tokenizer.proto holds, without protobuf.
/// Enumerations are numbered as there.
struct TokenizerData {
  /// How text is cut into pieces.
  enum class Kind : uint8_t {
    /// Pieces with scores, merged greedily by best score, U+2581 for a blank,
    /// byte fallback through pieces spelt <0xNN>.
    SentencePieceBpe = 1,
    /// The same pieces; the cut with the best sum of scores.
    Unigram = 2,
    /// Pieces are bytes as they are; neighbours are joined by `merges`.
    ByteBpe = 3,
    /// Pieces are characters and longer; neighbours are joined by `merges`,
    /// byte fallback as above.
    CharacterBpe = 4,
  };
  enum class PieceType : uint8_t {
    Normal = 0,
    Unknown = 1,
    Control = 2,     // from text only if asked for; never printed
    UserDefined = 3, // found in text before anything else
    Unused = 4,
    Byte = 5,
  };
  struct Piece {
    /// Any bytes; usually UTF-8.
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;

    bool operator==(const Piece &) const = default;
  };
  /// How a piece that is Control, Unknown or UserDefined is found in text.
  struct AddedToken {
    uint32_t id = 0;
    bool stripLeft = false; ///< takes the white space before it
    bool stripRight = false;
    bool singleWord = false; ///< not inside of a word
    bool normalized = false; ///< looked for after normalising

    bool operator==(const AddedToken &) const = default;
  };
  /// One step of what happens to text before it is cut.
  struct Normalizer {
    enum class Kind : uint8_t {
      Nfc = 1,
      Nfd,
      Nfkc,
      Nfkd,
      Lowercase,
      StripAccents,
      Replace,      ///< each `text` by `content`
      ReplaceRegex, ///< each match of the pattern `text` by `content`
      Prepend,      ///< `text`, unless there is nothing
      StripLeft,
      StripRight,
      CollapseBlanks, ///< drops blanks at both ends, all but one of a run
      CharsMap,       ///< `text` is a precompiled map of SentencePiece
    };
    Kind kind = Kind::Nfc;
    std::string text = {};
    std::string content = {};

    bool operator==(const Normalizer &) const = default;
  };
  /// One step of cutting text into words, which the model cuts into pieces.
  struct Split {
    enum class Behavior : uint8_t {
      Isolated, ///< a match is a word
      Removed,
      MergedWithPrevious,
      MergedWithNext,
      Contiguous, ///< adjacent matches are one word
    };
    std::string pattern; ///< as espresso/Text/Regex.h takes it
    Behavior behavior = Behavior::Isolated;
    bool invert = false;

    bool operator==(const Split &) const = default;
  };
  enum class PrefixRule : uint8_t {
    Always = 0,
    UnlessBlank = 1, ///< unless the text begins with a blank
  };

  Kind kind = Kind::SentencePieceBpe;
  /// The index is the token id. Ids that nothing has are Unused and empty.
  std::vector<Piece> pieces;
  std::optional<uint32_t> bosId;
  std::optional<uint32_t> eosId;
  std::optional<uint32_t> unknownId;
  /// Generating one of these ends the text. Sorted, without repetitions.
  std::vector<uint32_t> stopIds;
  /// Put bosId before a prompt, eosId behind it.
  bool addBos = true;
  bool addEos = false;
  /// Further ids before a prompt (after bosId) and behind it (before eosId).
  std::vector<uint32_t> prefixIds;
  std::vector<uint32_t> suffixIds;
  /// Put a blank before a prompt's text; also before the text behind a special
  /// token, unless spacePrefixAtStartOnly.
  bool addSpacePrefix = true;
  PrefixRule spacePrefixRule = PrefixRule::Always;
  bool spacePrefixAtStartOnly = false;
  /// Ids of neighbours, best first. The piece they make is spelt as both.
  std::vector<std::pair<uint32_t, uint32_t>> merges;
  /// A word that is a piece is that piece, whatever the merges say.
  bool ignoreMerges = false;
  /// Unknown characters in a row are one unknown piece.
  bool fuseUnknown = false;
  std::vector<Normalizer> normalizers;
  std::vector<Split> splits;
  /// Only pieces that differ from the defaults need to be here.
  std::vector<AddedToken> added;
  /// What stands for a blank in pieces; nothing: U+2581, or for ByteBpe the
  /// blank itself.
  std::optional<std::string> blank;
  /// Jinja; empty: the checkpoint has none.
  std::string chatTemplate;
};

} // namespace espresso

#endif // ESPRESSO_MODEL_TOKENIZERDATA_H
