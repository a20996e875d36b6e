//===- Lexer.cpp - Templates to tokens ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Lexer.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::jinja {

absl::Status makeError(std::string_view name, std::string_view source,
                       size_t place, std::string_view message) {
  place = std::min(place, source.size());
  const std::string_view before = source.substr(0, place);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n'); // npos + 1 is 0
  return absl::InvalidArgumentError(absl::StrCat(std::string(name), ":", line,
                                                 ":", place - (start + 1) + 1,
                                                 ": ", std::string(message)));
}

namespace {

class Lexer {
public:
  Lexer(std::string_view source, std::string_view name)
      : source(source), name(name) {}

  absl::StatusOr<std::vector<Token>> run();

private:
  absl::Status error(size_t at, std::string_view message) const {
    return makeError(name, source, at, message);
  }
  bool startsWith(std::string_view text) const {
    return source.substr(place, text.size()) == text;
  }
  void add(TokenKind kind, std::string text, size_t at) {
    tokens.push_back({kind, std::move(text), at});
  }
  absl::Status lexTag(bool isBlock);
  absl::Status lexComment();
  absl::Status lexRaw();
  absl::Status lexToken();
  absl::Status lexString(char quote);
  void lexNumber();
  void addText(size_t begin, size_t end);
  /// Removes white space from the end of the text before a tag.
  void trimBefore(bool isBlock);
  void trimAfter(bool isBlock, char mark);

  std::string_view source;
  std::string_view name;
  size_t place = 0;
  size_t textStart = 0;
  std::vector<Token> tokens;
};

} // namespace

void Lexer::addText(size_t begin, size_t end) {
  if (end > begin)
    add(TokenKind::Text, std::string(source.substr(begin, end - begin)), begin);
}

/// `place` is at the tag's '{'.
void Lexer::trimBefore(bool isBlock) {
  size_t end = place;
  const char mark = place + 2 < source.size() ? source[place + 2] : '\0';
  if (mark == '-') {
    while (end > textStart && absl::ascii_isspace(source[end - 1]))
      --end;
  } else if (isBlock && mark != '+') {
    // Blanks from the start of the line on.
    size_t start = end;
    while (start > textStart &&
           (source[start - 1] == ' ' || source[start - 1] == '\t'))
      --start;
    if (start == 0 || source[start - 1] == '\n')
      end = start;
  }
  addText(textStart, end);
}

/// `place` is behind the tag, `mark` is what stands before its end.
void Lexer::trimAfter(bool isBlock, char mark) {
  if (mark == '-') {
    while (place < source.size() && absl::ascii_isspace(source[place]))
      ++place;
  } else if (isBlock && mark != '+') {
    if (startsWith("\r\n"))
      place += 2;
    else if (startsWith("\n"))
      ++place;
  }
  textStart = place;
}

absl::Status Lexer::lexComment() {
  const size_t begin = place;
  trimBefore(/*isBlock=*/true);
  const size_t end = source.find("#}", place + 2);
  if (end == std::string_view::npos)
    return error(begin, "the comment has no end, '#}'");
  const char mark = source[end - 1];
  place = end + 2;
  trimAfter(/*isBlock=*/true, mark);
  return absl::OkStatus();
}

/// True if `text` begins with a block of one word; its end is then in `end`.
static bool matchBlock(std::string_view text, std::string_view word,
                       size_t &end, char &mark) {
  size_t at = 2;
  if (text.substr(0, at) != "{%")
    return false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+'))
    ++at;
  while (at < text.size() && absl::ascii_isspace(text[at]))
    ++at;
  if (text.substr(at, word.size()) != word)
    return false;
  at += word.size();
  while (at < text.size() && absl::ascii_isspace(text[at]))
    ++at;
  mark = at < text.size() ? text[at] : '\0';
  if (mark == '-' || mark == '+')
    ++at;
  if (text.substr(at, 2) != "%}")
    return false;
  end = at + 2;
  return true;
}

/// What is between {% raw %} and {% endraw %} is text.
absl::Status Lexer::lexRaw() {
  const size_t begin = place;
  size_t end = 0;
  char mark = '\0';
  static_cast<void>(matchBlock(source.substr(place), "raw", end, mark));
  trimBefore(/*isBlock=*/true);
  place += end;
  trimAfter(/*isBlock=*/true, mark);
  for (; place < source.size(); ++place) {
    if (!matchBlock(source.substr(place), "endraw", end, mark))
      continue;
    trimBefore(/*isBlock=*/true);
    place += end;
    trimAfter(/*isBlock=*/true, mark);
    return absl::OkStatus();
  }
  return error(begin, "'raw' has no end, '{% endraw %}'");
}

absl::Status Lexer::lexTag(bool isBlock) {
  const size_t begin = place;
  trimBefore(isBlock);
  const std::string_view end = isBlock ? "%}" : "}}";
  place += 2;
  if (startsWith("-") || startsWith("+"))
    ++place;
  add(isBlock ? TokenKind::BlockBegin : TokenKind::VariableBegin, "", begin);
  int depth = 0; // of brackets: "}}" may end two dictionaries
  for (;;) {
    while (place < source.size() && absl::ascii_isspace(source[place]))
      ++place;
    if (place == source.size())
      return error(
          begin, absl::StrCat("the tag has no end, '", std::string(end), "'"));
    const bool hasMark = (source[place] == '-' || source[place] == '+') &&
                         source.substr(place + 1, 2) == end;
    if (hasMark || (depth <= 0 && startsWith(end))) {
      add(isBlock ? TokenKind::BlockEnd : TokenKind::VariableEnd, "", place);
      const char mark = source[place];
      place += hasMark ? 3 : 2;
      trimAfter(isBlock, mark);
      return absl::OkStatus();
    }
    if (std::string_view("{[(").find(source[place]) != std::string_view::npos)
      ++depth;
    if (std::string_view("}])").find(source[place]) != std::string_view::npos)
      --depth;
    ESPRESSO_RETURN_IF_ERROR(lexToken());
  }
}

absl::Status Lexer::lexString(char quote) {
  const size_t begin = place++;
  std::string value;
  for (; place < source.size(); ++place) {
    const char c = source[place];
    if (c == quote) {
      ++place;
      add(TokenKind::String, std::move(value), begin);
      return absl::OkStatus();
    }
    if (c != '\\' || place + 1 == source.size()) {
      value += c;
      continue;
    }
    const char escaped = source[++place];
    static constexpr std::string_view kNames = "ntrbfva0";
    static constexpr std::string_view kValues("\n\t\r\b\f\v\a\0", 8);
    const size_t index = kNames.find(escaped);
    const size_t digits = escaped == 'x' ? 2 : escaped == 'u' ? 4 : 0;
    if (index != std::string_view::npos) {
      value += kValues[index];
    } else if (digits != 0) {
      char32_t character = 0;
      for (size_t i = 1; i <= digits; ++i) {
        const char digit = place + i < source.size() ? source[place + i] : ' ';
        if (!absl::ascii_isxdigit(digit))
          return error(place - 1, "expected hexadecimal digits");
        character =
            character * 16 + (absl::ascii_isdigit(digit)
                                  ? digit - '0'
                                  : absl::ascii_tolower(digit) - 'a' + 10);
      }
      if (character >= 0xD800 && character < 0xE000)
        return error(place - 1, "surrogates are no characters");
      appendUtf8(value, character);
      place += digits;
    } else if (escaped == '\n') {
      // A continued line.
    } else {
      if (escaped != '\\' && escaped != '\'' && escaped != '"')
        value += '\\';
      value += escaped;
    }
  }
  return error(begin, "the text has no closing quote");
}

void Lexer::lexNumber() {
  const size_t begin = place;
  auto skipDigits = [&] {
    while (place < source.size() &&
           (absl::ascii_isdigit(source[place]) || source[place] == '_'))
      ++place;
  };
  skipDigits();
  TokenKind kind = TokenKind::Integer;
  if (place + 1 < source.size() && source[place] == '.' &&
      absl::ascii_isdigit(source[place + 1])) {
    kind = TokenKind::Float;
    ++place;
    skipDigits();
  }
  if (place < source.size() && (source[place] | 0x20) == 'e') {
    size_t at = place + 1;
    if (at < source.size() && (source[at] == '-' || source[at] == '+'))
      ++at;
    if (at < source.size() && absl::ascii_isdigit(source[at])) {
      kind = TokenKind::Float;
      place = at;
      skipDigits();
    }
  }
  std::string text(source.substr(begin, place - begin));
  text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
  add(kind, std::move(text), begin);
}

absl::Status Lexer::lexToken() {
  const char c = source[place];
  if (c == '"' || c == '\'')
    return lexString(c);
  if (absl::ascii_isdigit(c)) {
    lexNumber();
    return absl::OkStatus();
  }
  const size_t begin = place;
  auto isNameCharacter = [](char d) {
    return absl::ascii_isalnum(d) || d == '_' || static_cast<uint8_t>(d) > 127;
  };
  if (isNameCharacter(c)) {
    while (place < source.size() && isNameCharacter(source[place]))
      ++place;
    add(TokenKind::Name, std::string(source.substr(begin, place - begin)),
        begin);
    return absl::OkStatus();
  }
  static constexpr std::string_view kOperators[] = {
      "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "(",
      ")",  "[",  "]",  "{",  "}",  ",",  ".", ":", "|", "<", ">", "=", ";"};
  for (std::string_view op : kOperators)
    if (startsWith(op)) {
      place += op.size();
      add(TokenKind::Operator, std::string(op), begin);
      return absl::OkStatus();
    }
  return error(begin,
               absl::StrCat("unexpected character '", std::string(1, c), "'"));
}

absl::StatusOr<std::vector<Token>> Lexer::run() {
  // A line end at the very end is not printed.
  if (!source.empty() && source.back() == '\n')
    source.remove_suffix(1);
  while (place < source.size()) {
    size_t end = 0;
    char mark = '\0';
    if (startsWith("{#"))
      ESPRESSO_RETURN_IF_ERROR(lexComment());
    else if (matchBlock(source.substr(place), "raw", end, mark))
      ESPRESSO_RETURN_IF_ERROR(lexRaw());
    else if (startsWith("{%"))
      ESPRESSO_RETURN_IF_ERROR(lexTag(/*isBlock=*/true));
    else if (startsWith("{{"))
      ESPRESSO_RETURN_IF_ERROR(lexTag(/*isBlock=*/false));
    else
      ++place;
  }
  addText(textStart, place);
  add(TokenKind::End, "", source.size());
  return std::move(tokens);
}

absl::StatusOr<std::vector<Token>> tokenize(std::string_view source,
                                            std::string_view name) {
  return Lexer(source, name).run();
}

} // namespace espresso::jinja
