//===- AddedTokens.cpp - Tokens found in text as they are -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/AddedTokens.h"

#include "espresso/Text/Unicode.h"
#include "espresso/Text/Utf8.h"

namespace espresso::runtime {

AddedTokens::AddedTokens(const Vocabulary &vocabulary, bool normalized) {
  const plan::Tokenizer &message = vocabulary.getMessage();
  absl::flat_hash_map<int32_t, bool> listed; // id → is it ours
  for (const plan::Tokenizer::AddedToken &token : message.added()) {
    const auto id = static_cast<int32_t>(token.id());
    listed[id] = token.normalized() == normalized;
    if (token.strip_left() || token.strip_right() || token.single_word())
      flags[id] = {token.strip_left(), token.strip_right(),
                   token.single_word()};
  }
  // The models of SentencePiece find user-defined pieces themselves.
  const bool isMerging = message.model() == plan::Tokenizer::BYTE_BPE ||
                         message.model() == plan::Tokenizer::CHARACTER_BPE;
  std::vector<std::pair<std::string_view, int32_t>> some, more;
  for (int32_t id = 0; id < vocabulary.getSize(); ++id) {
    const plan::Tokenizer::PieceType type = vocabulary.getType(id);
    const bool isSpecial =
        type == plan::Tokenizer::CONTROL || type == plan::Tokenizer::UNKNOWN;
    const auto found = listed.find(id);
    const bool isListed = found != listed.end();
    const bool isAdded = isListed || isSpecial ||
                         (type == plan::Tokenizer::USER_DEFINED && isMerging);
    const bool isOurs = isListed ? found->second : !normalized;
    if (!isAdded || !isOurs || vocabulary.getText(id).empty())
      continue;
    more.emplace_back(vocabulary.getText(id), id);
    if (!isSpecial)
      some.emplace_back(vocabulary.getText(id), id);
  }
  ordinary = PieceTrie(std::move(some));
  all = PieceTrie(std::move(more));
}

AddedTokens::Flags AddedTokens::getFlags(int32_t id) const {
  const auto found = flags.find(id);
  return found == flags.end() ? Flags() : found->second;
}

/// The characters on both sides of [begin, end) must not be of a word.
static bool isSingleWord(std::string_view text, size_t begin, size_t end) {
  size_t before = begin;
  while (before > 0 && (static_cast<uint8_t>(text[--before]) & 0xC0) == 0x80)
    continue;
  auto isWordAt = [&](size_t at) {
    return scanUtf8(text.substr(at)).kind == Utf8Prefix::Character &&
           isWordCharacter(decodeUtf8(text.substr(at)));
  };
  return !(begin > 0 && isWordAt(before)) &&
         !(end < text.size() && isWordAt(end));
}

void AddedTokens::split(std::string_view text, bool special,
                        std::vector<TextPart> &parts) const {
  const PieceTrie &trie = special ? all : ordinary;
  size_t start = 0; // of the text that is in no part yet
  for (size_t at = 0; at < text.size() && !trie.isEmpty();) {
    size_t length = 0;
    int32_t id = -1;
    if (trie.mayBegin(text[at]))
      trie.findPrefixes(text.substr(at), [&](size_t found, int32_t foundId) {
        length = found;
        id = foundId;
      });
    const Flags flag = id < 0 ? Flags() : getFlags(id);
    if (id < 0 || (flag.singleWord && !isSingleWord(text, at, at + length))) {
      ++at;
      continue;
    }
    std::string_view before = text.substr(start, at - start);
    if (flag.stripLeft)
      before.remove_suffix(countTrailingSpace(before));
    if (!before.empty())
      parts.push_back({before, -1});
    parts.push_back({text.substr(at, length), id});
    at += length;
    if (flag.stripRight)
      at += countLeadingSpace(text.substr(at));
    start = at;
  }
  if (start < text.size())
    parts.push_back({text.substr(start), -1});
}

} // namespace espresso::runtime
