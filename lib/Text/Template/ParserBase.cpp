//===- ParserBase.cpp - Reading the tokens of templates -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Parser.h"

#include "absl/strings/str_cat.h"

namespace espresso::jinja {

/// Nesting of expressions and blocks in the text of a template.
static constexpr int kMaxNesting = 100;
/// Levels of the tree of an expression, which operators in a row make, too.
static constexpr int kMaxTree = 500;

void ParserBase::fail(size_t place, std::string_view message) {
  if (status.ok())
    status = makeError(name, source, place, message);
  next = tokens.size() - 1; // nothing is left to read
}

ParserBase::Depth::Depth(ParserBase &parser) : parser(parser) {
  if (++parser.depth > kMaxNesting)
    parser.fail(parser.peek().place,
                absl::StrCat("nested deeper than ", kMaxNesting));
}

std::string ParserBase::describe() const {
  switch (peek().kind) {
  case TokenKind::Text:
  case TokenKind::End:
    return "the end";
  case TokenKind::VariableBegin:
    return "'{{'";
  case TokenKind::VariableEnd:
    return "'}}'";
  case TokenKind::BlockBegin:
    return "'{%'";
  case TokenKind::BlockEnd:
    return "'%}'";
  case TokenKind::String:
    return "a text";
  default:
    return absl::StrCat("'", peek().text, "'");
  }
}

bool ParserBase::takeOperator(std::string_view text) {
  if (!isOperator(text))
    return false;
  ++next;
  return true;
}

bool ParserBase::takeName(std::string_view text) {
  if (!isName(text))
    return false;
  ++next;
  return true;
}

void ParserBase::expectOperator(std::string_view text) {
  if (!takeOperator(text))
    fail(peek().place, absl::StrCat("expected '", std::string(text),
                                    "', found ", describe()));
}

void ParserBase::expect(TokenKind kind, std::string_view what) {
  if (peek().kind == kind)
    ++next;
  else
    fail(peek().place,
         absl::StrCat("expected ", std::string(what), ", found ", describe()));
}

std::string ParserBase::takeIdentifier(std::string_view what) {
  if (peek().kind == TokenKind::Name)
    return take().text;
  fail(peek().place,
       absl::StrCat("expected ", std::string(what), ", found ", describe()));
  return {};
}

void ParserBase::checkDepth(const ExprRef &expr) {
  if (expr && expr->depth > kMaxTree)
    fail(expr->place,
         absl::StrCat("an expression of more than ", kMaxTree, " levels"));
}

} // namespace espresso::jinja
