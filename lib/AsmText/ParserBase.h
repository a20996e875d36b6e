//===- ParserBase.h - Tokens and errors for the parsers ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_PARSERBASE_H
#define ESPRESSO_LIB_ASMTEXT_PARSERBASE_H

#include "Lexer.h"

#include "espresso/IR/Context.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace espresso {

/// The current token, the errors about it, and what every production needs.
/// The parsers derive from it in a chain: types, then values, then programs.
class ParserBase {
public:
  /// Types and literals nested deeper than this are refused.
  static constexpr unsigned kMaxNesting = 64;
  /// Dimensions of a tensor; its literal nests that deep and once more.
  static constexpr unsigned kMaxRank = kMaxNesting - 1;
  /// Arguments of an operation, or attributes in one pair of brackets.
  static constexpr unsigned kMaxNamedEntries = 1024;

  ParserBase(Context &context, llvm::StringRef text)
      : context(context), lexer(text, context.getDiagnostics()) {
    token = lexer.next();
    previousEnd = token.getStart();
  }

  /// Fails unless the text ends here.
  LogicalResult expectEnd();

protected:
  DiagnosticEngine &getDiagnostics() { return context.getDiagnostics(); }

  // Tokens.
  bool at(TokenKind kind) const { return token.is(kind); }
  /// Goes on to the next token and returns the one left behind.
  Token take();
  bool takeIf(TokenKind kind);
  /// Takes a token of `kind` or reports "expected `what`".
  LogicalResult expect(TokenKind kind, const llvm::Twine &what);
  /// The same for a word that the grammar fixes.
  LogicalResult expectWord(llvm::StringRef word);
  /// Takes an identifier into `result`.
  LogicalResult expectName(Token &result, const llvm::Twine &what);

  // Errors.
  InFlightDiagnostic emitError(const Token &place) {
    return getDiagnostics().emitError(place.getLocation());
  }
  /// "expected `what`, found …" at the end of the previous token. Silent if the
  /// lexer has already complained about the current one.
  LogicalResult expected(const llvm::Twine &what);

  /// Parses elements separated by commas up to `close`, which it takes; there
  /// may be none.
  LogicalResult parseList(TokenKind close, const llvm::Twine &closeName,
                          llvm::function_ref<LogicalResult()> parseElement);

  /// Counts a level of nesting while it lives.
  class Nesting {
  public:
    explicit Nesting(ParserBase &parser) : parser(parser) { ++parser.depth; }
    ~Nesting() { --parser.depth; }
    Nesting(const Nesting &) = delete;
    Nesting &operator=(const Nesting &) = delete;
    /// Reports and fails if this level is one too many.
    LogicalResult check();

  private:
    ParserBase &parser;
  };

  Context &context;
  Lexer lexer;
  Token token;
  llvm::SMLoc previousEnd;
  unsigned depth = 0;
  /// Braces taken and not closed yet.
  int64_t openBraces = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_PARSERBASE_H
