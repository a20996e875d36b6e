//===- ParserBase.cpp - Tokens and errors for the parsers -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParserBase.h"

namespace espresso {

Token ParserBase::take() {
  Token taken = token;
  if (at(TokenKind::LeftBrace))
    ++openBraces;
  else if (at(TokenKind::RightBrace))
    --openBraces;
  previousEnd = token.getEnd();
  token = lexer.next();
  return taken;
}

bool ParserBase::takeIf(TokenKind kind) {
  if (!at(kind))
    return false;
  take();
  return true;
}

LogicalResult ParserBase::expected(const llvm::Twine &what) {
  if (at(TokenKind::Error))
    return failure();
  return getDiagnostics().emitError(Location::at(previousEnd))
         << "expected " << what << ", found " << token.describe();
}

LogicalResult ParserBase::expect(TokenKind kind, const llvm::Twine &what) {
  if (takeIf(kind))
    return success();
  return expected(what);
}

LogicalResult ParserBase::expectWord(llvm::StringRef word) {
  if (!token.isWord(word))
    return expected("'" + word + "'");
  take();
  return success();
}

LogicalResult ParserBase::expectName(Token &result, const llvm::Twine &what) {
  if (at(TokenKind::DottedIdentifier))
    return emitError(token) << "only names of operations may have dots";
  if (!at(TokenKind::Identifier))
    return expected(what);
  result = take();
  return success();
}

LogicalResult ParserBase::expectEnd() {
  return at(TokenKind::EndOfFile) ? success() : expected("end of file");
}

LogicalResult
ParserBase::parseList(TokenKind close, const llvm::Twine &closeName,
                      llvm::function_ref<LogicalResult()> parseElement) {
  if (takeIf(close))
    return success();
  do {
    if (failed(parseElement()))
      return failure();
  } while (takeIf(TokenKind::Comma));
  return expect(close, "',' or " + closeName);
}

LogicalResult ParserBase::Nesting::check() {
  if (parser.depth <= kMaxNesting)
    return success();
  return parser.emitError(parser.token)
         << "nested deeper than " << kMaxNesting << " levels";
}

} // namespace espresso
