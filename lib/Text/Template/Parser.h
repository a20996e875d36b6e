//===- Parser.h - Templates to trees ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TEXT_TEMPLATE_PARSER_H
#define ESPRESSO_LIB_TEXT_TEMPLATE_PARSER_H

#include "Text/Template/Ast.h"
#include "Text/Template/Lexer.h"

#include <algorithm>

namespace espresso::jinja {

/// Parses a template. Errors: InvalidArgument with line and column; what Jinja
/// has and this subset has not is named.
[[nodiscard]] absl::StatusOr<StmtList> parseTemplate(std::string_view source,
                                                     std::string_view name);

/// Reads tokens; the first error is kept, and ends everything.
class ParserBase {
public:
  ParserBase(std::string_view source, std::string_view name,
             std::vector<Token> tokens)
      : source(source), name(name), tokens(std::move(tokens)) {}

protected:
  const Token &peek(size_t ahead = 0) const {
    return tokens[std::min(next + ahead, tokens.size() - 1)];
  }
  Token take() { return tokens[std::min(next++, tokens.size() - 1)]; }
  bool isOperator(std::string_view text) const {
    return peek().kind == TokenKind::Operator && peek().text == text;
  }
  bool isName(std::string_view text) const {
    return peek().kind == TokenKind::Name && peek().text == text;
  }
  bool takeOperator(std::string_view text);
  bool takeName(std::string_view text);
  void expectOperator(std::string_view text);
  void expect(TokenKind kind, std::string_view what);
  std::string takeIdentifier(std::string_view what);
  /// What the next token is, for messages.
  std::string describe() const;

  void fail(size_t place, std::string_view message);
  bool hasFailed() const { return !status.ok(); }
  absl::Status getStatus() const { return status; }

  /// An error for a tree so deep that walking it might exhaust the stack.
  void checkDepth(const ExprRef &expr);

  /// Recursion that ends with an error before the stack does.
  class Depth {
  public:
    explicit Depth(ParserBase &parser);
    ~Depth() { --parser.depth; }

  private:
    ParserBase &parser;
  };

private:
  std::string_view source;
  std::string_view name;
  std::vector<Token> tokens;
  size_t next = 0;
  int depth = 0;
  absl::Status status;
};

/// Parses expressions.
class ExprParser : public ParserBase {
public:
  using ParserBase::ParserBase;

protected:
  /// With `cond if x else y`, or, and so on. Null after an error.
  ExprRef parseExpr(bool withConditional = true);
  /// Several with commas are a list.
  ExprRef parseTuple(bool withConditional = true);
  /// `| name(...)`, behind the bar.
  ExprRef parseFilter(ExprRef operand);

private:
  ExprRef parseOr();
  ExprRef parseAnd();
  ExprRef parseNot();
  ExprRef parseComparison();
  /// Left-associative levels: 0 is + and -, 1 is ~, 2 is * / // %.
  ExprRef parseBinary(int level);
  ExprRef parsePower();
  ExprRef parseUnary(bool withFilters);
  ExprRef parsePrimary();
  ExprRef parseNumber();
  ExprRef parseString();
  ExprRef parseList(std::string_view end);
  ExprRef parseDict();
  ExprRef parsePostfix(ExprRef operand);
  ExprRef parseSubscript(ExprRef operand);
  ExprRef parseTest(ExprRef operand);
  void parseArguments(Expr &call);
};

/// A node at `place` with `operands`.
template <typename... Operands>
ExprRef makeExpr(ExprKind kind, size_t place, std::string text,
                 Operands... operands) {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->place = place;
  expr->text = std::move(text);
  (expr->operands.push_back(std::move(operands)), ...);
  for (const ExprRef &operand : expr->operands)
    expr->depth = std::max(expr->depth, operand ? operand->depth + 1 : 1);
  return expr;
}

} // namespace espresso::jinja

#endif // ESPRESSO_LIB_TEXT_TEMPLATE_PARSER_H
