//===- MergeModel.cpp - Neighbours joined by rank -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/TokenModel.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <limits>

namespace espresso::runtime {

namespace {

constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
/// Words up to this many symbols are searched for the best pair again and
/// again, which is faster than a heap as long as they are short.
constexpr size_t kShortWord = 48;

struct Merge {
  uint32_t rank = kNoRank;
  int32_t id = -1;
};

/// One symbol of a long word; neighbours form a list.
struct Symbol {
  int32_t id;
  int32_t previous;
  int32_t next;
};

/// Two neighbours that can be joined.
struct Join {
  uint32_t rank;
  int32_t left;
  int32_t leftId, rightId; ///< tell a join of symbols that have since changed

  /// The heap gives the lowest rank, then the leftmost.
  bool operator<(const Join &other) const {
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

class MergeModel final : public TokenModel {
public:
  explicit MergeModel(const Vocabulary &vocabulary)
      : vocabulary(vocabulary),
        isBytes(vocabulary.getModel() == plan::Tokenizer::BYTE_BPE),
        ignoresMerges(vocabulary.getMessage().ignore_merges()) {}

  absl::Status addMerges();
  absl::Status encode(std::string_view word,
                      std::vector<int32_t> &ids) const override;

private:
  Merge find(int32_t left, int32_t right) const {
    if (left < 0 || right < 0)
      return {};
    const auto found = merges.find(makeKey(left, right));
    return found == merges.end() ? Merge() : found->second;
  }
  static uint64_t makeKey(int32_t left, int32_t right) {
    return (static_cast<uint64_t>(left) << 32) | static_cast<uint32_t>(right);
  }
  /// Of the symbol that `text` begins with: a byte, or a character.
  size_t getSymbolLength(std::string_view text) const {
    if (isBytes)
      return 1;
    const Utf8Prefix prefix = scanUtf8(text);
    return prefix.kind == Utf8Prefix::Character ? prefix.length : 1;
  }
  void joinShort(std::vector<int32_t> &symbols) const;
  void joinLong(std::vector<int32_t> &symbols) const;

  const Vocabulary &vocabulary;
  const bool isBytes;
  const bool ignoresMerges;
  absl::flat_hash_map<uint64_t, Merge> merges;
};

} // namespace

absl::Status MergeModel::addMerges() {
  const auto &pairs = vocabulary.getMessage().merges();
  if (pairs.size() % 2 != 0)
    return absl::InvalidArgumentError(
        absl::StrCat(pairs.size(), " ids of merges are no pairs"));
  merges.reserve(static_cast<size_t>(pairs.size() / 2));
  std::string joined;
  for (int i = 0; i < pairs.size(); i += 2) {
    const auto left = static_cast<int32_t>(pairs[i]);
    const auto right = static_cast<int32_t>(pairs[i + 1]);
    joined = vocabulary.getText(left);
    joined += vocabulary.getText(right);
    const int32_t id = vocabulary.find(joined);
    if (id < 0)
      return absl::InvalidArgumentError(
          absl::StrCat("merge ", i / 2, " joins pieces ", left, " and ", right,
                       " to something that is no piece"));
    // The first of equals.
    merges.try_emplace(makeKey(left, right),
                       Merge{static_cast<uint32_t>(i / 2), id});
  }
  return absl::OkStatus();
}

void MergeModel::joinShort(std::vector<int32_t> &symbols) const {
  // next[i] is what symbols i and i + 1 would make.
  Merge next[kShortWord];
  size_t count = symbols.size();
  for (size_t i = 0; i + 1 < count; ++i)
    next[i] = find(symbols[i], symbols[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (next[i].rank < next[best].rank)
        best = i;
    if (next[best].rank == kNoRank)
      break;
    symbols[best] = next[best].id;
    for (size_t i = best + 1; i + 1 < count; ++i) {
      symbols[i] = symbols[i + 1];
      next[i] = next[i + 1];
    }
    --count;
    if (best > 0)
      next[best - 1] = find(symbols[best - 1], symbols[best]);
    if (best + 1 < count)
      next[best] = find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(count);
}

void MergeModel::joinLong(std::vector<int32_t> &ids) const {
  std::vector<Symbol> symbols(ids.size());
  std::vector<Join> heap;
  const auto count = static_cast<int32_t>(ids.size());
  auto consider = [&](int32_t left) {
    const int32_t right = left < 0 ? -1 : symbols[left].next;
    if (right < 0)
      return;
    const Merge merge = find(symbols[left].id, symbols[right].id);
    if (merge.rank == kNoRank)
      return;
    heap.push_back({merge.rank, left, symbols[left].id, symbols[right].id});
    std::push_heap(heap.begin(), heap.end());
  };
  for (int32_t i = 0; i < count; ++i)
    symbols[i] = {ids[i], i - 1, i + 1 < count ? i + 1 : -1};
  for (int32_t i = 0; i < count; ++i)
    consider(i);
  constexpr int32_t kGone = -2;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Join join = heap.back();
    heap.pop_back();
    Symbol &left = symbols[join.left];
    if (left.id != join.leftId || left.next < 0 ||
        symbols[left.next].id != join.rightId)
      continue;
    Symbol &right = symbols[left.next];
    left.id = find(left.id, right.id).id;
    right.id = kGone;
    left.next = right.next;
    if (left.next >= 0)
      symbols[left.next].previous = join.left;
    consider(left.previous);
    consider(join.left);
  }
  size_t kept = 0;
  for (int32_t i = 0; i >= 0; i = symbols[i].next)
    ids[kept++] = symbols[i].id;
  ids.resize(kept);
}

absl::Status MergeModel::encode(std::string_view word,
                                std::vector<int32_t> &ids) const {
  if (const int32_t whole = ignoresMerges ? vocabulary.find(word) : -1;
      whole >= 0 && vocabulary.getType(whole) != plan::Tokenizer::UNUSED) {
    ids.push_back(whole);
    return absl::OkStatus();
  }
  // Symbols without a piece have the id -1 - n, n being where they begin.
  std::vector<int32_t> symbols;
  symbols.reserve(word.size());
  for (size_t at = 0; at < word.size();) {
    const size_t length = getSymbolLength(word.substr(at));
    int32_t id = isBytes
                     ? vocabulary.getByteIds()[static_cast<uint8_t>(word[at])]
                     : vocabulary.find(word.substr(at, length));
    if (id < 0)
      id = -1 - static_cast<int32_t>(at);
    symbols.push_back(id);
    at += length;
  }
  if (symbols.size() <= kShortWord)
    joinShort(symbols);
  else
    joinLong(symbols);
  for (int32_t id : symbols) {
    if (id >= 0) {
      ids.push_back(id);
      continue;
    }
    const std::string_view rest = word.substr(static_cast<size_t>(-1 - id));
    ESPRESSO_RETURN_IF_ERROR(
        vocabulary.appendUnknown(rest.substr(0, getSymbolLength(rest)), ids));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const TokenModel>>
makeMergeModel(const Vocabulary &vocabulary) {
  auto model = std::make_unique<MergeModel>(vocabulary);
  ESPRESSO_RETURN_IF_ERROR(model->addMerges());
  return std::unique_ptr<const TokenModel>(std::move(model));
}

} // namespace espresso::runtime
