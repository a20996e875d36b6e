//===- Lexer.h - Tokens of MIL text -----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_LEXER_H
#define ESPRESSO_LIB_ASMTEXT_LEXER_H

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace espresso {

enum class TokenKind : uint8_t {
  EndOfFile,
  /// Something that is no token; already reported.
  Error,
  /// `[A-Za-z_][A-Za-z0-9_@]*`.
  Identifier,
  /// Identifiers joined by dots, as in `espresso.rope`.
  DottedIdentifier,
  Integer,
  /// A hexadecimal or decimal float.
  Real,
  /// `-inf`; `inf` and `nan` are identifiers.
  NegativeInfinity,
  /// Quotes and escapes included.
  String,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  Less,
  Greater,
  Comma,
  Semicolon,
  Equal,
  Question,
  Arrow,
};

/// A piece of the text and what it is. Does not own the text.
struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  llvm::StringRef spelling;

  bool is(TokenKind other) const { return kind == other; }
  bool isWord(llvm::StringRef word) const {
    return kind == TokenKind::Identifier && spelling == word;
  }
  llvm::SMLoc getStart() const {
    return llvm::SMLoc::getFromPointer(spelling.begin());
  }
  llvm::SMLoc getEnd() const {
    return llvm::SMLoc::getFromPointer(spelling.end());
  }
  Location getLocation() const {
    return Location::range({getStart(), getEnd()});
  }
  /// For messages: `'relu'`, or `end of file`. Long spellings are cut.
  std::string describe() const;
  /// The bytes a String token stands for.
  std::string getStringValue() const;
};

/// Cuts MIL text into tokens. Copying it is cheap and gives look-ahead.
class Lexer {
public:
  /// `text` must lie in a buffer of the engine's source manager.
  Lexer(llvm::StringRef text, DiagnosticEngine &diagnostics)
      : current(text.begin()), end(text.end()), diagnostics(&diagnostics) {}

  /// The next token; EndOfFile for ever at the end. Reports what is no token.
  Token next();
  /// The next token without taking it and without reporting.
  Token peek() const;

private:
  void skipBlanksAndComments();
  Token lexWord(const char *start);
  Token lexNumber(const char *start);
  Token lexHexReal(const char *start);
  Token lexString(const char *start);
  Token make(TokenKind kind, const char *start) const {
    return {kind, llvm::StringRef(start, current - start)};
  }
  Token error(const char *start, const llvm::Twine &message);
  char at(size_t offset) const {
    return static_cast<size_t>(end - current) > offset ? current[offset] : '\0';
  }
  void skipWordCharacters();
  /// Moves over what somebody may have meant as one number.
  void skipBadNumber();
  size_t skipDigits();

  const char *current;
  const char *end;
  /// Null in a lexer made for looking ahead.
  DiagnosticEngine *diagnostics;
};

/// Reports the first null byte or malformed UTF-8 sequence in `text`.
[[nodiscard]] LogicalResult checkEncoding(llvm::StringRef text,
                                          DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_LEXER_H
