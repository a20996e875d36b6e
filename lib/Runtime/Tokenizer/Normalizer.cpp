//===- Normalizer.cpp - What happens to text before it is cut -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Tokenizer/Normalizer.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Unicode.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

namespace espresso::runtime {

using Message = plan::Tokenizer::Normalizer;

/// A step must not make text longer than this many times what it was, and a
/// little: the longest compatibility mapping of Unicode makes 18 characters.
static constexpr size_t kMaxGrowth = 64;
static constexpr size_t kFreeGrowth = size_t{1} << 20;

static absl::Status checkGrowth(size_t from, size_t to) {
  if (to <= from * kMaxGrowth + kFreeGrowth)
    return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "normalising makes a text of ", from, " bytes longer than ", to));
}

absl::StatusOr<Normalizer> Normalizer::create(const Vocabulary &vocabulary) {
  Normalizer normalizer;
  for (const Message &message : vocabulary.getMessage().normalizers()) {
    Step step{&message, std::nullopt, std::nullopt};
    if (message.kind() == Message::KIND_UNSPECIFIED ||
        !Message::Kind_IsValid(message.kind()))
      return absl::InvalidArgumentError(
          absl::StrCat("normaliser ", static_cast<int>(message.kind()),
                       " is unknown to this program"));
    if (message.kind() == Message::REPLACE && message.text().empty())
      return absl::InvalidArgumentError("a normaliser replaces nothing");
    if (message.kind() == Message::REPLACE_REGEX) {
      ESPRESSO_ASSIGN_OR_RETURN(step.regex, Regex::compile(message.text()));
    } else if (message.kind() == Message::CHARSMAP) {
      ESPRESSO_ASSIGN_OR_RETURN(step.map, CharsMap::parse(message.text()));
    }
    normalizer.steps.push_back(std::move(step));
  }
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (int32_t id = 0; id < vocabulary.getSize(); ++id)
    if (vocabulary.getType(id) == plan::Tokenizer::USER_DEFINED)
      pieces.emplace_back(vocabulary.getText(id), id);
  normalizer.userDefined = PieceTrie(std::move(pieces));
  return normalizer;
}

absl::Status Normalizer::runMap(const CharsMap &map, std::string_view text,
                                std::string &to) const {
  const size_t size = text.size();
  while (!text.empty()) {
    size_t length = 0;
    userDefined.findPrefixes(text,
                             [&](size_t found, int32_t) { length = found; });
    if (length == 0) {
      const CharsMap::Replacement found = map.find(text);
      if (found.length != 0) {
        to.append(found.text);
        text.remove_prefix(found.length);
        ESPRESSO_RETURN_IF_ERROR(checkGrowth(size, to.size()));
        continue;
      }
      const Utf8Prefix prefix = scanUtf8(text);
      length = prefix.kind == Utf8Prefix::Character ? prefix.length : 1;
    }
    to.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return absl::OkStatus();
}

static absl::Status replaceText(std::string_view text, std::string_view what,
                                std::string_view by, std::string &to) {
  size_t start = 0;
  for (size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, start)) {
    to.append(text.substr(start, at - start)).append(by);
    start = at + what.size();
    ESPRESSO_RETURN_IF_ERROR(checkGrowth(text.size(), to.size()));
  }
  to.append(text.substr(start));
  return absl::OkStatus();
}

static absl::Status replaceMatches(std::string_view text, const Regex &regex,
                                   std::string_view by, std::string &to) {
  RegexMatcher matcher(regex);
  size_t start = 0, from = 0;
  for (;;) {
    ESPRESSO_ASSIGN_OR_RETURN(auto match, matcher.find(text, from));
    if (!match)
      break;
    to.append(text.substr(start, match->begin - start)).append(by);
    ESPRESSO_RETURN_IF_ERROR(checkGrowth(text.size(), to.size()));
    start = match->end;
    from = match->end;
    // After a match of nothing the next one must lie ahead.
    if (match->end == match->begin) {
      if (from == text.size())
        break;
      from += getUtf8Length(text[from]);
    }
  }
  to.append(text.substr(start));
  return absl::OkStatus();
}

static std::string collapseBlanks(std::string_view text) {
  std::string result;
  for (char c : text)
    if (c != ' ' || (!result.empty() && result.back() != ' '))
      result += c;
  if (!result.empty() && result.back() == ' ')
    result.pop_back();
  return result;
}

/// Applies `run` to what is UTF-8; the rest is copied.
template <typename Run>
static absl::StatusOr<std::string> runOnCharacters(std::string_view text,
                                                   const Run &run) {
  std::string result;
  while (!text.empty()) {
    const size_t valid = countValidUtf8(text);
    ESPRESSO_RETURN_IF_ERROR(run(text.substr(0, valid), result));
    text.remove_prefix(valid);
    while (!text.empty() && scanUtf8(text).kind != Utf8Prefix::Character) {
      result += text[0];
      text.remove_prefix(1);
    }
  }
  return result;
}

absl::StatusOr<std::string> Normalizer::runStep(const Step &step,
                                                std::string_view text) const {
  auto map = [&](const auto &function) {
    return runOnCharacters(text, [&](std::string_view part, std::string &to) {
      to += function(part);
      return absl::OkStatus();
    });
  };
  auto normalize = [&](NormalForm form) {
    return map(
        [form](std::string_view part) { return normalizeUnicode(form, part); });
  };
  const Message &message = *step.message;
  std::string result;
  switch (message.kind()) {
  case Message::NFC:
    return normalize(NormalForm::C);
  case Message::NFD:
    return normalize(NormalForm::D);
  case Message::NFKC:
    return normalize(NormalForm::KC);
  case Message::NFKD:
    return normalize(NormalForm::KD);
  case Message::LOWERCASE:
    return map(lowerUnicode);
  case Message::STRIP_ACCENTS:
    return map(stripMarks);
  case Message::REPLACE:
    ESPRESSO_RETURN_IF_ERROR(
        replaceText(text, message.text(), message.content(), result));
    return result;
  case Message::REPLACE_REGEX:
    return runOnCharacters(text, [&](std::string_view part, std::string &to) {
      return replaceMatches(part, *step.regex, message.content(), to);
    });
  case Message::PREPEND:
    return text.empty() ? std::string()
                        : absl::StrCat(message.text(), std::string(text));
  case Message::STRIP_LEFT:
    return std::string(text.substr(countLeadingSpace(text)));
  case Message::STRIP_RIGHT:
    return std::string(text.substr(0, text.size() - countTrailingSpace(text)));
  case Message::COLLAPSE_BLANKS:
    return collapseBlanks(text);
  case Message::CHARSMAP:
    ESPRESSO_RETURN_IF_ERROR(runMap(*step.map, text, result));
    return result;
  default:
    return absl::InternalError("an unknown normaliser");
  }
}

absl::StatusOr<std::string> Normalizer::run(std::string_view text) const {
  std::string current(text);
  for (const Step &step : steps) {
    ESPRESSO_ASSIGN_OR_RETURN(current, runStep(step, current));
  }
  return current;
}

} // namespace espresso::runtime
