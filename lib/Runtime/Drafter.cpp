//===- Drafter.cpp - Guesses at the next tokens ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Drafter.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/BatchSession.h"

#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::runtime {

namespace {

//===----------------------------------------------------------------------===//
// Lookup
//===----------------------------------------------------------------------===//

class LookupDrafter : public Drafter {
public:
  explicit LookupDrafter(int64_t longest) : longest(longest) {}

  absl::Status draft(std::span<const int32_t> history, int64_t count,
                     std::vector<int32_t> &drafts) override {
    drafts.clear();
    const int64_t size = static_cast<int64_t>(history.size());
    for (int64_t n = std::min(longest, size - 1); n > 0; --n) {
      const int64_t found = find(history, n);
      if (found < 0)
        continue;
      const int64_t taken = std::min(count, size - (found + n));
      drafts.assign(history.begin() + found + n,
                    history.begin() + found + n + taken);
      break;
    }
    return absl::OkStatus();
  }

private:
  /// Where the last n tokens stood last before, or -1.
  static int64_t find(std::span<const int32_t> history, int64_t n) {
    const auto end = history.end() - n;
    for (auto at = end; at != history.begin();)
      if (std::equal(end, history.end(), --at))
        return at - history.begin();
    return -1;
  }

  int64_t longest;
};

//===----------------------------------------------------------------------===//
// Another model
//===----------------------------------------------------------------------===//

class ModelDrafter : public Drafter {
public:
  explicit ModelDrafter(std::unique_ptr<BatchSession> batch)
      : batch(std::move(batch)) {}
  absl::Status draft(std::span<const int32_t> history, int64_t count,
                     std::vector<int32_t> &drafts) override;

private:
  std::unique_ptr<BatchSession> batch;
  std::vector<int32_t> read; ///< what slot 0 holds
};

} // namespace

absl::Status ModelDrafter::draft(std::span<const int32_t> history,
                                 int64_t count, std::vector<int32_t> &drafts) {
  drafts.clear();
  // The last token is read again, if need be: what follows it is wanted.
  size_t same = 0;
  while (same < read.size() && same + 1 < history.size() &&
         read[same] == history[same])
    ++same;
  batch->rollBack(0, static_cast<int64_t>(same));
  read.resize(same);
  const int64_t room =
      batch->getContextLength() - static_cast<int64_t>(history.size());
  count = std::min(count, room + 1);
  if (count < 1)
    return absl::OkStatus(); // the text has outgrown this model
  std::span<const int32_t> unread = history.subspan(same);
  while (true) {
    ESPRESSO_RETURN_IF_ERROR(batch->read(0, unread, BatchResult::Choice));
    read.insert(read.end(), unread.begin(), unread.end());
    const int32_t best = batch->getChoice(0).id;
    if (best < 0)
      return absl::OkStatus();
    drafts.push_back(best);
    if (static_cast<int64_t>(drafts.size()) == count ||
        batch->getBundle().getTokenizer().isStop(best))
      return absl::OkStatus();
    unread = std::span<const int32_t>(drafts).last(1);
  }
}

std::unique_ptr<Drafter> createLookupDrafter(int64_t longest) {
  return std::make_unique<LookupDrafter>(longest);
}

/// A token must be the same piece in both models.
static absl::Status checkVocabulary(const Bundle &draft, const Bundle &target) {
  const int64_t ours = draft.getModel().vocabularySize;
  const int64_t theirs = target.getModel().vocabularySize;
  const Tokenizer &a = draft.getTokenizer(), &b = target.getTokenizer();
  if (ours != theirs || a.getVocabularySize() != b.getVocabularySize())
    return absl::InvalidArgumentError(absl::StrCat(
        draft.getPath(), ": a draft model needs the vocabulary of the model; ",
        "it has ", ours, " tokens and ", a.getVocabularySize(),
        " pieces, expected ", theirs, " and ", b.getVocabularySize()));
  for (int32_t id = 0; id < a.getVocabularySize(); ++id)
    if (a.getSpelling(id) != b.getSpelling(id))
      return absl::InvalidArgumentError(absl::StrCat(
          draft.getPath(), ": a draft model needs the vocabulary of the model;",
          " token ", id, " is '", std::string(a.getSpelling(id)),
          "', expected '", std::string(b.getSpelling(id)), "'"));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Drafter>>
createModelDrafter(std::shared_ptr<const Bundle> draft, const Bundle &target,
                   const HostOptions &options) {
  ESPRESSO_RETURN_IF_ERROR(checkVocabulary(*draft, target));
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<BatchSession> batch,
      BatchSession::create(std::move(draft), /*slots=*/1, options));
  return std::unique_ptr<Drafter>(new ModelDrafter(std::move(batch)));
}

} // namespace espresso::runtime
