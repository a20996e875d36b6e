//===- PostfixParser.cpp - What follows an operand ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Parser.h"

#include "absl/strings/str_cat.h"

namespace espresso::jinja {

ExprRef ExprParser::parsePostfix(ExprRef operand) {
  while (!hasFailed()) {
    const size_t place = peek().place;
    if (takeOperator(".")) {
      if (peek().kind == TokenKind::Integer) {
        ExprRef index = parseNumber();
        operand = makeExpr(ExprKind::Index, place, "", std::move(operand),
                           std::move(index));
        continue;
      }
      std::string name = takeIdentifier("a name after '.'");
      operand = makeExpr(ExprKind::Attribute, place, std::move(name),
                         std::move(operand));
    } else if (takeOperator("[")) {
      operand = parseSubscript(std::move(operand));
    } else if (isOperator("(")) {
      operand = makeExpr(ExprKind::Call, place, "", std::move(operand));
      parseArguments(*operand);
    } else {
      break;
    }
    checkDepth(operand);
  }
  return operand;
}

/// Behind the '[': an index, or start:stop:step, each of which may be absent.
ExprRef ExprParser::parseSubscript(ExprRef operand) {
  const size_t place = peek().place;
  ExprRef parts[3];
  int count = 0;
  bool isSlice = false;
  for (; count < 3 && !hasFailed(); ++count) {
    if (!isOperator(":") && !isOperator("]"))
      parts[count] = parseExpr();
    if (!takeOperator(":"))
      break;
    isSlice = true;
  }
  expectOperator("]");
  if (isSlice)
    return makeExpr(ExprKind::Slice, place, "", std::move(operand),
                    std::move(parts[0]), std::move(parts[1]),
                    std::move(parts[2]));
  if (!parts[0])
    fail(place, "expected an index");
  return makeExpr(ExprKind::Index, place, "", std::move(operand),
                  std::move(parts[0]));
}

void ExprParser::parseArguments(Expr &call) {
  expectOperator("(");
  while (!hasFailed() && !isOperator(")")) {
    if (isOperator("*") || isOperator("**"))
      fail(peek().place, "unpacked arguments (* and **) are not supported");
    const bool isNamed = peek().kind == TokenKind::Name &&
                         peek(1).kind == TokenKind::Operator &&
                         peek(1).text == "=";
    if (isNamed) {
      std::string name = take().text;
      take();
      call.namedArguments.emplace_back(std::move(name), parseExpr());
    } else {
      call.arguments.push_back(parseExpr());
    }
    if (!takeOperator(","))
      break;
  }
  expectOperator(")");
  for (const ExprRef &argument : call.arguments)
    call.depth = std::max(call.depth, argument ? argument->depth + 1 : 1);
  for (const auto &[name, argument] : call.namedArguments)
    call.depth = std::max(call.depth, argument ? argument->depth + 1 : 1);
}

ExprRef ExprParser::parseFilter(ExprRef operand) {
  const size_t place = peek().place;
  std::string name = takeIdentifier("the name of a filter");
  ExprRef filter =
      makeExpr(ExprKind::Filter, place, std::move(name), std::move(operand));
  if (isOperator("("))
    parseArguments(*filter);
  return filter;
}

ExprRef ExprParser::parseTest(ExprRef operand) {
  take(); // is
  const bool isNegated = takeName("not");
  const size_t place = peek().place;
  std::string name = takeIdentifier("the name of a test");
  ExprRef test =
      makeExpr(ExprKind::Test, place, std::move(name), std::move(operand));
  const Token &token = peek();
  static constexpr std::string_view kWords[] = {"else", "or", "and", "is",
                                                "if",   "in", "not"};
  const bool isWord = token.kind == TokenKind::Name &&
                      std::find(std::begin(kWords), std::end(kWords),
                                token.text) != std::end(kWords);
  if (isOperator("("))
    parseArguments(*test);
  else if ((token.kind == TokenKind::Name && !isWord) ||
           token.kind == TokenKind::String ||
           token.kind == TokenKind::Integer || token.kind == TokenKind::Float ||
           isOperator("[") || isOperator("{"))
    test->arguments.push_back(parsePostfix(parsePrimary()));
  if (isNegated)
    test = makeExpr(ExprKind::Unary, place, "not", std::move(test));
  return test;
}

} // namespace espresso::jinja
