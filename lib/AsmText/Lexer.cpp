//===- Lexer.cpp - Tokens of MIL text -------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Token
//===----------------------------------------------------------------------===//

std::string Token::describe() const {
  constexpr size_t kMaxLength = 32;
  if (kind == TokenKind::EndOfFile)
    return "end of file";
  if (kind == TokenKind::String && spelling.size() > kMaxLength)
    return "a string";
  if (spelling.size() > kMaxLength)
    return ("'" + spelling.take_front(kMaxLength) + "...'").str();
  return ("'" + spelling + "'").str();
}

/// The escapes of strings: the letter after the backslash, and what it means.
static constexpr std::pair<char, char> kEscapes[] = {
    {'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}};

static std::optional<char> unescape(char letter) {
  for (auto [escape, meaning] : kEscapes)
    if (escape == letter)
      return meaning;
  return std::nullopt;
}

std::string Token::getStringValue() const {
  assert(kind == TokenKind::String && "not a string");
  llvm::StringRef inside = spelling.drop_front().drop_back();
  std::string value;
  value.reserve(inside.size());
  for (size_t i = 0; i < inside.size(); ++i)
    value.push_back(inside[i] == '\\' ? *unescape(inside[++i]) : inside[i]);
  return value;
}

//===----------------------------------------------------------------------===//
// Lexer
//===----------------------------------------------------------------------===//

static bool isWordStart(char c) { return llvm::isAlpha(c) || c == '_'; }

static bool isWordCharacter(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '@';
}

Token Lexer::error(const char *start, const llvm::Twine &message) {
  Token token = make(TokenKind::Error, start);
  if (diagnostics)
    diagnostics->emitError(token.getLocation()) << message;
  return token;
}

void Lexer::skipBlanksAndComments() {
  while (true) {
    char c = at(0);
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++current;
    } else if (c == '/' && at(1) == '/') {
      while (current != end && *current != '\n')
        ++current;
    } else {
      return;
    }
  }
}

static TokenKind getPunctuation(char c) {
  switch (c) {
  case '(':
    return TokenKind::LeftParen;
  case ')':
    return TokenKind::RightParen;
  case '[':
    return TokenKind::LeftBracket;
  case ']':
    return TokenKind::RightBracket;
  case '{':
    return TokenKind::LeftBrace;
  case '}':
    return TokenKind::RightBrace;
  case '<':
    return TokenKind::Less;
  case '>':
    return TokenKind::Greater;
  case ',':
    return TokenKind::Comma;
  case ';':
    return TokenKind::Semicolon;
  case '=':
    return TokenKind::Equal;
  case '?':
    return TokenKind::Question;
  }
  return TokenKind::Error;
}

Token Lexer::next() {
  skipBlanksAndComments();
  const char *start = current;
  if (current == end)
    return make(TokenKind::EndOfFile, start);
  char c = *current++;
  TokenKind punctuation = getPunctuation(c);
  if (punctuation != TokenKind::Error)
    return make(punctuation, start);
  if (isWordStart(c))
    return lexWord(start);
  if (llvm::isDigit(c))
    return lexNumber(start);
  if (c == '"')
    return lexString(start);
  if (c != '-') {
    // The encoding was checked, so the rest of a character is there.
    current = start + llvm::getNumBytesForUTF8(static_cast<llvm::UTF8>(c));
    return error(start, "unexpected character '" +
                            llvm::StringRef(start, current - start) + "'");
  }
  if (at(0) == '>') {
    ++current;
    return make(TokenKind::Arrow, start);
  }
  if (llvm::isDigit(at(0))) {
    ++current;
    return lexNumber(start);
  }
  skipWordCharacters();
  Token token = make(TokenKind::NegativeInfinity, start);
  if (token.spelling == "-inf")
    return token;
  return error(start, "expected a number after '-'");
}

Token Lexer::peek() const {
  Lexer copy = *this;
  copy.diagnostics = nullptr;
  return copy.next();
}

void Lexer::skipWordCharacters() {
  while (isWordCharacter(at(0)))
    ++current;
}

void Lexer::skipBadNumber() {
  auto isExponentSign = [&] {
    return (at(0) == '+' || at(0) == '-') &&
           llvm::StringRef("eEpP").contains(current[-1]);
  };
  while (isWordCharacter(at(0)) || at(0) == '.' || isExponentSign())
    ++current;
}

size_t Lexer::skipDigits() {
  const char *start = current;
  while (llvm::isDigit(at(0)))
    ++current;
  return current - start;
}

// word ::= identifier ("." identifier)*
Token Lexer::lexWord(const char *start) {
  skipWordCharacters();
  TokenKind kind = TokenKind::Identifier;
  while (at(0) == '.' && isWordStart(at(1))) {
    kind = TokenKind::DottedIdentifier;
    ++current;
    skipWordCharacters();
  }
  return make(kind, start);
}

// hexreal ::= "-"? "0x" H+ ("." H*)? "p" ("+"|"-")? D+
Token Lexer::lexHexReal(const char *start) {
  const char *digits = current;
  while (llvm::isHexDigit(at(0)))
    ++current;
  bool wellFormed = current != digits;
  if (at(0) == '.') {
    ++current;
    while (llvm::isHexDigit(at(0)))
      ++current;
  }
  wellFormed &= at(0) == 'p' || at(0) == 'P';
  if (wellFormed) {
    ++current;
    if (at(0) == '+' || at(0) == '-')
      ++current;
    wellFormed = skipDigits() != 0;
  }
  if (wellFormed && !isWordCharacter(at(0)))
    return make(TokenKind::Real, start);
  skipBadNumber();
  return error(start, "malformed hexadecimal number; expected '0x1.8p+1'");
}

// number ::= "-"? D+ | "-"? D+ ("." D*)? ([eE] [+-]? D+)? | hexreal
Token Lexer::lexNumber(const char *start) {
  if (current[-1] == '0' && (at(0) == 'x' || at(0) == 'X')) {
    ++current;
    return lexHexReal(start);
  }
  skipDigits();
  TokenKind kind = TokenKind::Integer;
  if (at(0) == '.') {
    kind = TokenKind::Real;
    ++current;
    skipDigits();
  }
  bool wellFormed = true;
  if (at(0) == 'e' || at(0) == 'E') {
    kind = TokenKind::Real;
    ++current;
    if (at(0) == '+' || at(0) == '-')
      ++current;
    wellFormed = skipDigits() != 0;
  }
  if (wellFormed && !isWordCharacter(at(0)) && at(0) != '.')
    return make(kind, start);
  skipBadNumber();
  return error(start, "malformed number");
}

// string ::= '"' ( any byte but '"', '\' and line ends | '\' ["\ntr] )* '"'
Token Lexer::lexString(const char *start) {
  while (true) {
    char c = at(0);
    if (current == end || c == '\n' || c == '\r')
      return error(start, "unterminated string");
    ++current;
    if (c == '"')
      return make(TokenKind::String, start);
    if (c != '\\')
      continue;
    if (unescape(at(0))) {
      ++current;
      continue;
    }
    const char *escape = current - 1;
    Token bad = error(escape, "unknown escape in a string; expected one of "
                              "'\\\"', '\\\\', '\\n', '\\t' and '\\r'");
    // Go on behind the string, so that its rest is not taken for tokens.
    while (current != end && *current != '\n' && *current != '"')
      current += *current == '\\' && end - current > 1 ? 2 : 1;
    if (at(0) == '"')
      ++current;
    bad.spelling = llvm::StringRef(start, current - start);
    return bad;
  }
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

LogicalResult checkEncoding(llvm::StringRef text,
                            DiagnosticEngine &diagnostics) {
  const auto *byte = reinterpret_cast<const llvm::UTF8 *>(text.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(text.end());
  while (byte != end) {
    if (*byte - 1u < 0x7f) {
      ++byte;
      continue;
    }
    auto location = Location::at(
        llvm::SMLoc::getFromPointer(reinterpret_cast<const char *>(byte)));
    if (*byte == 0)
      return diagnostics.emitError(location) << "null byte in the text";
    unsigned length = llvm::getNumBytesForUTF8(*byte);
    if (length > static_cast<size_t>(end - byte) ||
        !llvm::isLegalUTF8Sequence(byte, byte + length))
      return diagnostics.emitError(location) << "the text is not UTF-8";
    byte += length;
  }
  return success();
}

} // namespace espresso
