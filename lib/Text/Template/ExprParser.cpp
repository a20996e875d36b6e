//===- ExprParser.cpp - Expressions of templates --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Parser.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace espresso::jinja {

/// expr := or ['if' or ['else' expr]]
ExprRef ExprParser::parseExpr(bool withConditional) {
  const Depth depth(*this);
  if (hasFailed())
    return nullptr;
  ExprRef result = parseOr();
  while (withConditional && isName("if")) {
    const size_t place = take().place;
    ExprRef condition = parseOr();
    ExprRef other = takeName("else") ? parseExpr() : nullptr;
    result = makeExpr(ExprKind::Conditional, place, "", std::move(result),
                      std::move(condition), std::move(other));
    checkDepth(result);
  }
  return hasFailed() ? nullptr : std::move(result);
}

ExprRef ExprParser::parseTuple(bool withConditional) {
  ExprRef first = parseExpr(withConditional);
  if (!isOperator(",") || hasFailed())
    return first;
  const size_t place = first->place;
  ExprRef list = makeExpr(ExprKind::List, place, "", std::move(first));
  while (takeOperator(",")) {
    const bool isEnd = peek().kind == TokenKind::BlockEnd ||
                       peek().kind == TokenKind::VariableEnd ||
                       isOperator(")") || isOperator("=");
    if (isEnd || hasFailed())
      break;
    list->operands.push_back(parseExpr(withConditional));
  }
  return hasFailed() ? nullptr : std::move(list);
}

ExprRef ExprParser::parseOr() {
  ExprRef left = parseAnd();
  while (isName("or")) {
    const size_t place = take().place;
    ExprRef right = parseAnd();
    left = makeExpr(ExprKind::Or, place, "", std::move(left), std::move(right));
    checkDepth(left);
  }
  return left;
}

ExprRef ExprParser::parseAnd() {
  ExprRef left = parseNot();
  while (isName("and")) {
    const size_t place = take().place;
    ExprRef right = parseNot();
    left =
        makeExpr(ExprKind::And, place, "", std::move(left), std::move(right));
    checkDepth(left);
  }
  return left;
}

ExprRef ExprParser::parseNot() {
  if (!isName("not"))
    return parseComparison();
  const Depth depth(*this);
  const size_t place = take().place;
  if (hasFailed())
    return nullptr;
  return makeExpr(ExprKind::Unary, place, "not", parseNot());
}

ExprRef ExprParser::parseComparison() {
  const size_t place = peek().place;
  ExprRef first = parseBinary(0);
  ExprRef chain;
  for (;;) {
    std::string op;
    if (peek().kind == TokenKind::Operator) {
      static constexpr std::string_view kOperators[] = {"==", "!=", "<",
                                                        "<=", ">",  ">="};
      for (std::string_view known : kOperators)
        if (peek().text == known)
          op = known;
    } else if (isName("in")) {
      op = "in";
    } else if (isName("not") && peek(1).kind == TokenKind::Name &&
               peek(1).text == "in") {
      take();
      op = "not in";
    }
    if (op.empty())
      break;
    take();
    if (!chain)
      chain = makeExpr(ExprKind::Comparison, place, "", std::move(first));
    chain->names.push_back(op);
    chain->operands.push_back(parseBinary(0));
  }
  return chain ? std::move(chain) : std::move(first);
}

ExprRef ExprParser::parseBinary(int level) {
  static const std::vector<std::string_view> kLevels[] = {
      {"+", "-"}, {"~"}, {"*", "/", "//", "%"}};
  if (level == 3)
    return parsePower();
  ExprRef left = parseBinary(level + 1);
  for (;;) {
    bool found = false;
    for (std::string_view op : kLevels[level]) {
      if (!isOperator(op))
        continue;
      const Token token = take();
      ExprRef right = parseBinary(level + 1);
      left = makeExpr(ExprKind::Binary, token.place, token.text,
                      std::move(left), std::move(right));
      checkDepth(left);
      found = true;
      break;
    }
    if (!found)
      return left;
  }
}

ExprRef ExprParser::parsePower() {
  ExprRef left = parseUnary(/*withFilters=*/true);
  while (isOperator("**")) {
    const size_t place = take().place;
    ExprRef right = parseUnary(/*withFilters=*/true);
    left = makeExpr(ExprKind::Binary, place, "**", std::move(left),
                    std::move(right));
    checkDepth(left);
  }
  return left;
}

ExprRef ExprParser::parseUnary(bool withFilters) {
  const Depth depth(*this);
  if (hasFailed())
    return nullptr;
  ExprRef result;
  if (isOperator("-") || isOperator("+")) {
    const Token sign = take();
    result = makeExpr(ExprKind::Unary, sign.place, sign.text,
                      parseUnary(/*withFilters=*/false));
  } else {
    result = parsePrimary();
  }
  result = parsePostfix(std::move(result));
  while (withFilters && !hasFailed()) {
    if (takeOperator("|"))
      result = parseFilter(std::move(result));
    else if (isName("is"))
      result = parseTest(std::move(result));
    else if (isOperator("(") || isOperator(".") || isOperator("["))
      result = parsePostfix(std::move(result));
    else
      break;
    checkDepth(result);
  }
  return hasFailed() ? nullptr : std::move(result);
}

ExprRef ExprParser::parseNumber() {
  const Token token = take();
  ExprRef literal = makeExpr(ExprKind::Literal, token.place, "");
  int64_t integer = 0;
  double real = 0;
  if (token.kind == TokenKind::Integer &&
      absl::SimpleAtoi(token.text, &integer))
    literal->value = TemplateValue(integer);
  else if (token.kind == TokenKind::Float &&
           absl::SimpleAtod(token.text, &real))
    literal->value = TemplateValue(real);
  else
    fail(token.place, absl::StrCat("'", token.text, "' is out of range"));
  return literal;
}

ExprRef ExprParser::parseString() {
  ExprRef literal = makeExpr(ExprKind::Literal, peek().place, "");
  std::string text = take().text;
  while (peek().kind == TokenKind::String) // "a" "b" is "ab"
    text += take().text;
  literal->value = TemplateValue(std::move(text));
  return literal;
}

ExprRef ExprParser::parsePrimary() {
  const Token &token = peek();
  if (token.kind == TokenKind::Integer || token.kind == TokenKind::Float)
    return parseNumber();
  if (token.kind == TokenKind::String)
    return parseString();
  if (token.kind == TokenKind::Name) {
    const Token name = take();
    ExprRef literal = makeExpr(ExprKind::Literal, name.place, "");
    if (name.text == "true" || name.text == "True")
      literal->value = TemplateValue(true);
    else if (name.text == "false" || name.text == "False")
      literal->value = TemplateValue(false);
    else if (name.text == "none" || name.text == "None")
      literal->value = TemplateValue::none();
    else
      return makeExpr(ExprKind::Name, name.place, name.text);
    return literal;
  }
  if (takeOperator("["))
    return parseList("]");
  if (isOperator("{"))
    return parseDict();
  if (isOperator("(")) {
    const size_t place = take().place;
    if (takeOperator(")"))
      return makeExpr(ExprKind::List, place, "");
    ExprRef inner = parseTuple();
    expectOperator(")");
    return inner;
  }
  fail(token.place, absl::StrCat("expected an expression, found ", describe()));
  return nullptr;
}

ExprRef ExprParser::parseList(std::string_view end) {
  ExprRef list = makeExpr(ExprKind::List, peek().place, "");
  while (!hasFailed() && !isOperator(end)) {
    list->operands.push_back(parseExpr());
    if (!takeOperator(","))
      break;
  }
  expectOperator(end);
  return list;
}

ExprRef ExprParser::parseDict() {
  ExprRef dict = makeExpr(ExprKind::Dict, take().place, "");
  while (!hasFailed() && !isOperator("}")) {
    dict->operands.push_back(parseExpr());
    expectOperator(":");
    dict->operands.push_back(parseExpr());
    if (!takeOperator(","))
      break;
  }
  expectOperator("}");
  return dict;
}

} // namespace espresso::jinja
