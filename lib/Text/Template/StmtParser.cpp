//===- StmtParser.cpp - Statements of templates ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Parser.h"

#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <initializer_list>

namespace espresso::jinja {

namespace {

class StmtParser : public ExprParser {
public:
  using ExprParser::ExprParser;

  absl::StatusOr<StmtList> run() {
    StmtList list = parseList({});
    if (!hasFailed() && peek().kind != TokenKind::End)
      fail(peek(1).place,
           absl::StrCat("'", peek(1).text, "' ends nothing that was begun"));
    if (hasFailed())
      return getStatus();
    return list;
  }

private:
  using StmtRef = std::unique_ptr<Stmt>;
  using Words = std::initializer_list<std::string_view>;

  /// Statements up to a block that begins with one of `ends`, whose "{%" is
  /// then the next token.
  StmtList parseList(Words ends);
  StmtRef parseBlock();
  StmtRef parseIf(size_t place);
  StmtRef parseFor(size_t place);
  StmtRef parseSet(size_t place);
  StmtRef parseMacro(size_t place);
  StmtRef parseGroup(size_t place, std::string_view end);
  StmtRef makeStmt(StmtKind kind, size_t place) {
    auto stmt = std::make_unique<Stmt>();
    stmt->kind = kind;
    stmt->place = place;
    return stmt;
  }
  void expectBlockEnd() { expect(TokenKind::BlockEnd, "'%}'"); }
  /// "{% word %}"
  void expectEnd(std::string_view word, size_t begin);

  int loops = 0;
};

} // namespace

StmtList StmtParser::parseList(Words ends) {
  StmtList list;
  const Depth depth(*this);
  while (!hasFailed()) {
    const Token &token = peek();
    if (token.kind == TokenKind::Text) {
      StmtRef stmt = makeStmt(StmtKind::Text, token.place);
      stmt->text = take().text;
      list.push_back(std::move(stmt));
    } else if (token.kind == TokenKind::VariableBegin) {
      StmtRef stmt = makeStmt(StmtKind::Print, take().place);
      stmt->expression = parseTuple();
      expect(TokenKind::VariableEnd, "'}}'");
      list.push_back(std::move(stmt));
    } else if (token.kind == TokenKind::BlockBegin) {
      const std::string &word = peek(1).text;
      const bool isEnd =
          word.substr(0, 3) == "end" || word == "else" || word == "elif";
      if (isEnd)
        break;
      list.push_back(parseBlock());
    } else {
      break;
    }
  }
  const bool isFine =
      ends.size() == 0 ||
      (peek().kind == TokenKind::BlockBegin &&
       std::find(ends.begin(), ends.end(), peek(1).text) != ends.end());
  if (!isFine && !hasFailed())
    fail(peek().place,
         absl::StrCat("expected '{% ", std::string(*(ends.end() - 1)),
                      " %}', found ",
                      peek().kind == TokenKind::BlockBegin
                          ? absl::StrCat("'{% ", peek(1).text, " %}'")
                          : describe()));
  return list;
}

void StmtParser::expectEnd(std::string_view word, size_t begin) {
  expect(TokenKind::BlockBegin, "'{%'");
  if (!takeName(word))
    fail(peek().place, absl::StrCat("expected '", std::string(word),
                                    "', found ", describe()));
  // The name of a macro may be repeated.
  if (word == "endmacro" && peek().kind == TokenKind::Name)
    take();
  expectBlockEnd();
}

std::unique_ptr<Stmt> StmtParser::parseBlock() {
  const size_t place = take().place; // {%
  const size_t wordPlace = peek().place;
  const std::string word = takeIdentifier("the name of a statement");
  if (word == "if")
    return parseIf(place);
  if (word == "for")
    return parseFor(place);
  if (word == "set")
    return parseSet(place);
  if (word == "macro")
    return parseMacro(place);
  // What a model generates, marked for training: it is printed.
  if (word == "generation")
    return parseGroup(place, "endgeneration");
  if (word == "break" || word == "continue") {
    if (loops == 0)
      fail(wordPlace, absl::StrCat("'", word, "' outside of a loop"));
    expectBlockEnd();
    return makeStmt(word == "break" ? StmtKind::Break : StmtKind::Continue,
                    place);
  }
  fail(wordPlace,
       absl::StrCat("the statement '", word,
                    "' is not supported; known are: break, continue, for, "
                    "generation, if, macro, raw, set"));
  return nullptr;
}

std::unique_ptr<Stmt> StmtParser::parseIf(size_t place) {
  StmtRef stmt = makeStmt(StmtKind::If, place);
  ExprRef condition = parseTuple();
  expectBlockEnd();
  for (;;) {
    StmtList body = parseList({"elif", "else", "endif"});
    stmt->branches.emplace_back(std::move(condition), std::move(body));
    if (hasFailed())
      return stmt;
    if (peek(1).text == "elif") {
      take();
      take();
      condition = parseTuple();
      expectBlockEnd();
      continue;
    }
    if (peek(1).text == "else") {
      take();
      take();
      expectBlockEnd();
      StmtList other = parseList({"endif"});
      stmt->branches.emplace_back(nullptr, std::move(other));
    }
    expectEnd("endif", place);
    return stmt;
  }
}

std::unique_ptr<Stmt> StmtParser::parseFor(size_t place) {
  StmtRef stmt = makeStmt(StmtKind::For, place);
  const bool isBracketed = takeOperator("(");
  do
    stmt->names.push_back(takeIdentifier("the name of a loop's variable"));
  while (takeOperator(","));
  if (isBracketed)
    expectOperator(")");
  if (!takeName("in"))
    fail(peek().place, absl::StrCat("expected 'in', found ", describe()));
  // `if` here filters; it is no conditional expression.
  stmt->expression = parseTuple(/*withConditional=*/false);
  if (takeName("if"))
    stmt->filter = parseExpr();
  if (isName("recursive"))
    fail(peek().place, "recursive loops are not supported");
  expectBlockEnd();
  ++loops;
  stmt->body = parseList({"else", "endfor"});
  --loops;
  if (!hasFailed() && peek(1).text == "else") {
    take();
    take();
    expectBlockEnd();
    stmt->orElse = parseList({"endfor"});
  }
  expectEnd("endfor", place);
  return stmt;
}

std::unique_ptr<Stmt> StmtParser::parseSet(size_t place) {
  StmtRef stmt = makeStmt(StmtKind::Set, place);
  do
    stmt->names.push_back(takeIdentifier("the name of a variable"));
  while (takeOperator(","));
  if (takeOperator(".")) {
    stmt->kind = StmtKind::SetField;
    stmt->names.push_back(takeIdentifier("a name after '.'"));
  }
  if (takeOperator("=")) {
    stmt->expression = parseTuple();
    expectBlockEnd();
    return stmt;
  }
  if (stmt->kind == StmtKind::SetField || stmt->names.size() != 1)
    fail(peek().place, absl::StrCat("expected '=', found ", describe()));
  stmt->kind = StmtKind::SetBlock;
  // The operand of the filters is what the body prints.
  while (takeOperator("|"))
    stmt->expression = parseFilter(std::move(stmt->expression));
  expectBlockEnd();
  stmt->body = parseList({"endset"});
  expectEnd("endset", place);
  return stmt;
}

std::unique_ptr<Stmt> StmtParser::parseMacro(size_t place) {
  StmtRef stmt = makeStmt(StmtKind::Macro, place);
  stmt->text = takeIdentifier("the name of a macro");
  expectOperator("(");
  while (!hasFailed() && !isOperator(")")) {
    stmt->names.push_back(takeIdentifier("the name of a parameter"));
    stmt->defaults.push_back(takeOperator("=") ? parseExpr() : nullptr);
    if (!takeOperator(","))
      break;
  }
  expectOperator(")");
  expectBlockEnd();
  const int outer = loops;
  loops = 0;
  stmt->body = parseList({"endmacro"});
  loops = outer;
  expectEnd("endmacro", place);
  return stmt;
}

std::unique_ptr<Stmt> StmtParser::parseGroup(size_t place,
                                             std::string_view end) {
  StmtRef stmt = makeStmt(StmtKind::Group, place);
  expectBlockEnd();
  stmt->body = parseList({end});
  expectEnd(end, place);
  return stmt;
}

absl::StatusOr<StmtList> parseTemplate(std::string_view source,
                                       std::string_view name) {
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<Token> tokens, tokenize(source, name));
  return StmtParser(source, name, std::move(tokens)).run();
}

} // namespace espresso::jinja
