//===- PreTokenizer.cpp - Text to words -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/PreTokenizer.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

#include <chrono>

namespace espresso::runtime {

using Split = plan::Tokenizer::Split;

absl::StatusOr<PreTokenizer>
PreTokenizer::create(const plan::Tokenizer &message) {
  PreTokenizer result;
  for (const Split &split : message.splits()) {
    if (!Split::Behavior_IsValid(split.behavior()))
      return absl::InvalidArgumentError(
          absl::StrCat("split behaviour ", static_cast<int>(split.behavior()),
                       " is unknown to this program"));
    ESPRESSO_ASSIGN_OR_RETURN(Regex regex, Regex::compile(split.pattern()));
    result.steps.push_back(
        {std::move(regex), split.behavior(), split.invert()});
  }
  return result;
}

namespace {

/// Matches and what is between them.
struct Stretch {
  size_t begin, end;
  bool isMatch;
};

/// Ends a search that takes unreasonably long: patterns come with models, and
/// some need time quadratic in a text, or worse.
class Deadline {
public:
  explicit Deadline(size_t bytes) {
    constexpr std::chrono::seconds kBase(10);
    constexpr std::chrono::microseconds kPerByte(20);
    end = std::chrono::steady_clock::now() + kBase + kPerByte * bytes;
  }
  bool isOver() {
    constexpr unsigned kEvery = 16; // asking costs as much as a short match
    return ++asked % kEvery == 0 && std::chrono::steady_clock::now() > end;
  }

private:
  std::chrono::steady_clock::time_point end;
  unsigned asked = 0;
};

} // namespace

static void addWord(std::string_view word,
                    std::vector<std::string_view> &words) {
  if (!word.empty())
    words.push_back(word);
}

/// Joins stretches to words as `behavior` says. `matches` means what the
/// vocabulary takes for matches, after inversion.
static void addWords(std::string_view text,
                     const std::vector<Stretch> &stretches,
                     Split::Behavior behavior,
                     std::vector<std::string_view> &words) {
  auto cut = [&](size_t begin, size_t end) {
    addWord(text.substr(begin, end - begin), words);
  };
  const size_t count = stretches.size();
  switch (behavior) {
  case Split::REMOVED:
    for (const Stretch &s : stretches)
      if (!s.isMatch)
        cut(s.begin, s.end);
    return;
  case Split::CONTIGUOUS:
    for (size_t i = 0; i < count;) {
      size_t last = i;
      while (last + 1 < count &&
             stretches[last + 1].isMatch == stretches[i].isMatch)
        ++last;
      cut(stretches[i].begin, stretches[last].end);
      i = last + 1;
    }
    return;
  case Split::MERGED_WITH_PREVIOUS:
    for (size_t i = 0; i < count; ++i) {
      const bool takesNext =
          !stretches[i].isMatch && i + 1 < count && stretches[i + 1].isMatch;
      cut(stretches[i].begin, stretches[takesNext ? i + 1 : i].end);
      i += takesNext ? 1 : 0;
    }
    return;
  case Split::MERGED_WITH_NEXT:
    for (size_t i = 0; i < count; ++i) {
      const bool takesNext =
          stretches[i].isMatch && i + 1 < count && !stretches[i + 1].isMatch;
      cut(stretches[i].begin, stretches[takesNext ? i + 1 : i].end);
      i += takesNext ? 1 : 0;
    }
    return;
  default: // ISOLATED
    for (const Stretch &s : stretches)
      cut(s.begin, s.end);
    return;
  }
}

absl::Status PreTokenizer::runStep(const Step &step, RegexMatcher &matcher,
                                   std::string_view word,
                                   std::vector<std::string_view> &result) {
  Deadline deadline(word.size());
  std::vector<Stretch> stretches;
  size_t start = 0, from = 0;
  while (from <= word.size()) {
    ESPRESSO_ASSIGN_OR_RETURN(auto match, matcher.find(word, from));
    if (!match)
      break;
    if (deadline.isOver())
      return absl::ResourceExhaustedError(
          absl::StrCat("pattern '", step.regex.getPattern().substr(0, 200),
                       "' takes too long on this text"));
    if (match->begin > start)
      stretches.push_back({start, match->begin, step.invert});
    if (match->end > match->begin)
      stretches.push_back({match->begin, match->end, !step.invert});
    start = match->end;
    from = match->end;
    // A match of nothing is a cut, and the next one must lie ahead.
    if (match->begin == match->end)
      from += from < word.size() ? getUtf8Length(word[from]) : 1;
  }
  if (start < word.size())
    stretches.push_back({start, word.size(), step.invert});
  addWords(word, stretches, step.behavior, result);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string_view>>
PreTokenizer::split(std::string_view text) const {
  std::vector<RegexMatcher> matchers;
  for (const Step &step : steps)
    matchers.emplace_back(step.regex);
  std::vector<std::string_view> all, words, next;
  while (!text.empty()) {
    const size_t valid = countValidUtf8(text);
    words.clear();
    addWord(text.substr(0, valid), words);
    for (size_t i = 0; i < steps.size(); ++i) {
      next.clear();
      for (std::string_view word : words)
        ESPRESSO_RETURN_IF_ERROR(runStep(steps[i], matchers[i], word, next));
      words.swap(next);
    }
    if (all.empty() && valid == text.size())
      return words; // nearly always
    all.insert(all.end(), words.begin(), words.end());
    text.remove_prefix(valid);
    size_t invalid = 0;
    while (invalid < text.size() &&
           scanUtf8(text.substr(invalid)).kind != Utf8Prefix::Character)
      ++invalid;
    addWord(text.substr(0, invalid), all);
    text.remove_prefix(invalid);
  }
  return all;
}

} // namespace espresso::runtime
