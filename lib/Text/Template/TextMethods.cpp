//===- TextMethods.cpp - Methods of texts in templates --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "espresso/Text/Unicode.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::jinja {

int64_t Evaluator::getInteger(const Arguments &arguments, size_t index,
                              std::string_view argument, int64_t other,
                              size_t at) {
  const Value *found = arguments.find(index, argument);
  if (!found || found->isNone())
    return other;
  if (found->isInt() || found->isBool())
    return found->getInt();
  fail(at, absl::StrCat("expected a whole number for '", std::string(argument),
                        "', found ", found->getKindName()));
  return other;
}

std::string Evaluator::getText(const Arguments &arguments, size_t index,
                               std::string_view argument,
                               std::string_view other, size_t at) {
  const Value *found = arguments.find(index, argument);
  if (!found || found->isNone())
    return std::string(other);
  if (found->isString())
    return found->getString();
  fail(at, absl::StrCat("expected a text for '", std::string(argument),
                        "', found ", found->getKindName()));
  return std::string(other);
}

/// `text` without characters of `set` at its ends; an empty set is white space.
static std::string strip(std::string_view text, std::string_view set, bool left,
                         bool right) {
  if (set.empty()) {
    if (left)
      text.remove_prefix(countLeadingSpace(text));
    if (right)
      text.remove_suffix(countTrailingSpace(text));
    return std::string(text);
  }
  auto isInSet = [&](std::string_view character) {
    return set.find(character) != std::string_view::npos;
  };
  while (left && !text.empty()) {
    const size_t length = std::min(getUtf8Length(text[0]), text.size());
    if (!isInSet(text.substr(0, length)))
      break;
    text.remove_prefix(length);
  }
  while (right && !text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80)
      --start;
    if (!isInSet(text.substr(start)))
      break;
    text.remove_suffix(text.size() - start);
  }
  return std::string(text);
}

/// Each word begins with upper case and goes on with lower.
static std::string makeTitle(const std::string &text, bool firstOnly) {
  std::string result;
  bool isInWord = false;
  for (size_t at = 0; at < text.size();) {
    const size_t length = std::min(getUtf8Length(text[at]), text.size() - at);
    const std::string character = text.substr(at, length);
    const bool startsWord = firstOnly ? at == 0 : !isInWord;
    result += startsWord ? upperUnicode(character) : lowerUnicode(character);
    isInWord = isLetter(decodeUtf8(character));
    at += length;
  }
  return result;
}

/// True if there are characters, and all are as asked.
template <typename Is>
static bool areAll(std::string_view text, const Is &is) {
  bool all = !text.empty();
  while (!text.empty() && all) {
    all = is(decodeUtf8(text));
    text.remove_prefix(std::min(getUtf8Length(text[0]), text.size()));
  }
  return all;
}

/// Cased letters, all of one case.
template <typename Is, typename IsNot>
static bool haveCase(std::string_view text, const Is &is, const IsNot &isNot) {
  bool any = false;
  while (!text.empty()) {
    const char32_t c = decodeUtf8(text);
    if (isNot(c))
      return false;
    any = any || is(c);
    text.remove_prefix(std::min(getUtf8Length(text[0]), text.size()));
  }
  return any;
}

Value Evaluator::splitText(const std::string &text, bool fromRight,
                           const Arguments &arguments, size_t at) {
  const std::string separator = getText(arguments, 0, "sep", "", at);
  int64_t most = getInteger(arguments, 1, "maxsplit", -1, at);
  const Value *given = arguments.find(0, "sep");
  if (given && given->isString() && separator.empty())
    return fail(at, "the separator is empty");
  Value::List parts;
  std::string_view rest = text;
  auto take = [&](size_t begin, size_t length) {
    parts.emplace_back(rest.substr(begin, length));
  };
  if (separator.empty()) { // runs of white space; none at the ends
    if (fromRight && most >= 0)
      return fail(at, "rsplit at white space with a limit is not supported");
    rest.remove_prefix(countLeadingSpace(rest));
    while (!rest.empty()) {
      size_t end = 0;
      while (end < rest.size() && most != 0 &&
             countLeadingSpace(rest.substr(end, 4)) == 0)
        ++end;
      if (most == 0)
        end = rest.size() - countTrailingSpace(rest);
      take(0, end);
      rest.remove_prefix(end);
      rest.remove_prefix(countLeadingSpace(rest));
      --most;
    }
    return makeList(std::move(parts), at);
  }
  if (!fromRight) {
    for (size_t end; most != 0 && (end = rest.find(separator)) != rest.npos;
         --most) {
      take(0, end);
      rest.remove_prefix(end + separator.size());
    }
    take(0, rest.size());
    return makeList(std::move(parts), at);
  }
  for (size_t end; most != 0 && (end = rest.rfind(separator)) != rest.npos;
       --most) {
    take(end + separator.size(), rest.npos);
    rest = rest.substr(0, end);
  }
  take(0, rest.size());
  std::reverse(parts.begin(), parts.end());
  return makeList(std::move(parts), at);
}

static Value splitLines(std::string_view text, bool keepEnds) {
  Value::List lines;
  while (!text.empty()) {
    size_t end = text.find_first_of("\r\n");
    size_t next = text.size();
    if (end == std::string_view::npos)
      end = text.size();
    else
      next = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
    lines.emplace_back(text.substr(0, keepEnds ? next : end));
    text.remove_prefix(next);
  }
  return Value(std::move(lines));
}

static bool startsOrEnds(std::string_view text, std::string_view part,
                         bool atEnd) {
  return text.size() >= part.size() &&
         text.substr(atEnd ? text.size() - part.size() : 0, part.size()) ==
             part;
}

/// Characters before a byte, for places that templates see.
static int64_t countCharacters(std::string_view text, size_t end) {
  int64_t count = 0;
  for (char c : text.substr(0, end))
    count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

Value Evaluator::callTextMethod(const std::string &text,
                                const std::string &method,
                                const Arguments &arguments, size_t at) {
  auto argument = [&](size_t index, const char *argumentName) {
    return getText(arguments, index, argumentName, "", at);
  };
  if (method == "strip" || method == "lstrip" || method == "rstrip")
    return makeText(strip(text, argument(0, "chars"), method != "rstrip",
                          method != "lstrip"));
  if (method == "upper")
    return makeText(upperUnicode(text));
  if (method == "lower")
    return makeText(lowerUnicode(text));
  if (method == "title" || method == "capitalize")
    return makeText(makeTitle(text, method == "capitalize"));
  if (method == "startswith" || method == "endswith") {
    const Value *part = arguments.find(0, "prefix");
    const bool atEnd = method == "endswith";
    if (part && part->isList()) {
      bool any = false;
      for (const Value &one : part->getList())
        any = any ||
              (one.isString() && startsOrEnds(text, one.getString(), atEnd));
      return Value(any);
    }
    if (!part)
      return fail(at, absl::StrCat("'", method, "' needs a text"));
    return Value(startsOrEnds(text, argument(0, "prefix"), atEnd));
  }
  if (method == "removeprefix" || method == "removesuffix") {
    const std::string part = argument(0, "part");
    const bool atEnd = method == "removesuffix";
    if (!startsOrEnds(text, part, atEnd))
      return makeText(text);
    return makeText(atEnd ? text.substr(0, text.size() - part.size())
                          : text.substr(part.size()));
  }
  if (method == "split" || method == "rsplit")
    return splitText(text, method == "rsplit", arguments, at);
  if (method == "splitlines") {
    const Value *keep = arguments.find(0, "keepends");
    return chargeBytes(text.size()) ? splitLines(text, keep && keep->isTrue())
                                    : Value::none();
  }
  if (method == "join")
    return applyFilter("join",
                       arguments.positional.empty() ? Value::none()
                                                    : arguments.positional[0],
                       Arguments{{Value(text)}, {}}, at);
  if (method == "replace")
    return applyFilter("replace", Value(text), arguments, at);
  if (method == "find" || method == "rfind" || method == "count") {
    const std::string what = argument(0, "sub");
    if (!chargeSearch(text.size(), what.size()))
      return Value::none();
    if (method == "count") {
      int64_t count = 0;
      for (size_t found = text.find(what);
           !what.empty() && found != std::string::npos;
           found = text.find(what, found + what.size()))
        ++count;
      return Value(count);
    }
    const size_t found = method == "find" ? text.find(what) : text.rfind(what);
    return Value(found == std::string::npos ? int64_t{-1}
                                            : countCharacters(text, found));
  }
  if (method == "isdigit")
    return Value(areAll(text, isDigit));
  if (method == "isalpha")
    return Value(areAll(text, isLetter));
  if (method == "isalnum")
    return Value(
        areAll(text, [](char32_t c) { return isLetter(c) || isDigit(c); }));
  if (method == "isspace")
    return Value(areAll(text, isWhiteSpace));
  if (method == "isupper")
    return Value(haveCase(text, isUpper, isLower));
  if (method == "islower")
    return Value(haveCase(text, isLower, isUpper));
  return fail(
      at, absl::StrCat("the method '", method, "' of texts is not supported"));
}

} // namespace espresso::jinja
