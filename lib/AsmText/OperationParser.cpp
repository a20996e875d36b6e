//===- OperationParser.cpp - Parser of operations -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramParser.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

// statements ::= statement* "}"
LogicalResult ProgramParser::parseStatements(Block &block) {
  while (!takeIf(TokenKind::RightBrace)) {
    if (at(TokenKind::EndOfFile))
      return expected("an operation or '}'");
    if (failed(parseStatement(block)))
      skipStatement();
  }
  return success();
}

/// Moves behind the next `;`, or before the `} ->` that ends a function.
void ProgramParser::skipStatement() {
  while (!at(TokenKind::EndOfFile)) {
    if (at(TokenKind::RightBrace) && lexer.peek().is(TokenKind::Arrow))
      return;
    if (take().is(TokenKind::Semicolon))
      return;
  }
}

// statement ::= (result ("," result)* "=")? operation blocks? ";"
LogicalResult ProgramParser::parseStatement(Block &block) {
  llvm::SmallVector<NamedType, 2> results;
  if (startsResult() && failed(parseResults(results))) {
    scope->setDefinitionsLost();
    return failure();
  }
  std::unique_ptr<Operation> parsed = parseOperation();
  Operation *op = parsed ? block.append(std::move(parsed)) : nullptr;
  if (!op || (token.isWord("blocks") && failed(parseBlocks(*op))) ||
      failed(expect(TokenKind::Semicolon, "';' after the operation"))) {
    for (const NamedType &result : results)
      (void)scope->define(result.name, nullptr);
    return failure();
  }
  Function &function = *block.getFunction();
  for (const NamedType &result : results) {
    Value *value = op->addResult(context.intern(result.name.spelling),
                                 result.type, result.name.getLocation());
    function.reserveName(value->getName());
    (void)scope->define(result.name, value);
  }
  return success();
}

// results ::= result ("," result)* "="
// result ::= type name
LogicalResult
ProgramParser::parseResults(llvm::SmallVectorImpl<NamedType> &results) {
  do {
    if (failed(parseNamedType(results.emplace_back(), "the name of a result")))
      return failure();
  } while (takeIf(TokenKind::Comma));
  return expect(TokenKind::Equal, "',' or '='");
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

// operation ::= op-name ("<" opset ">")? "(" arguments? ")" attributes?
// op-name ::= identifier ("." identifier)*
std::unique_ptr<Operation> ProgramParser::parseOperation() {
  if (!at(TokenKind::Identifier) && !at(TokenKind::DottedIdentifier)) {
    (void)expected("the name of an operation");
    return nullptr;
  }
  Token name = take();
  std::unique_ptr<Operation> op =
      Operation::create(context.intern(name.spelling), name.getLocation());
  if (takeIf(TokenKind::Less)) {
    Token opset;
    if (failed(expectName(opset, "an opset")) ||
        failed(expect(TokenKind::Greater, "'>'")))
      return nullptr;
    op->setOpsetQualifier(context.intern(opset.spelling));
  }
  if (failed(expect(TokenKind::LeftParen, "'(' after the operation's name")) ||
      failed(parseList(TokenKind::RightParen, "')'",
                       [&] { return parseArgument(*op); })))
    return nullptr;
  if (!at(TokenKind::LeftBracket))
    return op;
  AttributeList attributes;
  if (failed(parseAttributes(attributes)))
    return nullptr;
  for (const NamedAttribute &attribute : attributes)
    op->setAttribute(attribute.name, attribute.value);
  return op;
}

//===----------------------------------------------------------------------===//
// Nested blocks
//===----------------------------------------------------------------------===//

LogicalResult ProgramParser::parseBlocks(Operation &op) {
  int64_t openBefore = openBraces;
  if (succeeded(parseBlockList(op)))
    return success();
  // Go on behind the last brace, so that one error stays one.
  while (openBraces > openBefore && !at(TokenKind::EndOfFile))
    take();
  return failure();
}

// blocks ::= "blocks" "{" block* "}"
LogicalResult ProgramParser::parseBlockList(Operation &op) {
  Nesting nesting(*this);
  if (failed(nesting.check()))
    return failure();
  take();
  if (failed(expect(TokenKind::LeftBrace, "'{'")))
    return failure();
  while (!takeIf(TokenKind::RightBrace)) {
    if (!at(TokenKind::LeftParen))
      return expected("'(' and the inputs of a block, or '}'");
    if (failed(parseBlock(*op.getFunction(), *op.addBlock())))
      return failure();
  }
  return success();
}

// block ::= "(" parameters? ")" "{" statements "->" "(" outputs? ")" ";"
LogicalResult ProgramParser::parseBlock(Function &function, Block &block) {
  size_t entered = scope->enterBlock();
  LogicalResult result = success(
      succeeded(parseParameters(function, block)) &&
      succeeded(expect(TokenKind::LeftBrace, "'{'")) &&
      succeeded(parseStatements(block)) &&
      succeeded(expect(TokenKind::Arrow, "'->' and the block's outputs")) &&
      succeeded(parseOutputs(block)) &&
      succeeded(expect(TokenKind::Semicolon, "';' after the block")));
  scope->leaveBlock(entered);
  return result;
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

// argument ::= name "=" (element | list)
LogicalResult ProgramParser::parseArgument(Operation &op) {
  Token name;
  if (failed(expectName(name, "the name of an argument")))
    return failure();
  if (op.hasBinding(name.spelling))
    return emitError(name) << "argument '" << name.spelling
                           << "' is given twice";
  if (op.getBindings().size() == kMaxNamedEntries)
    return emitError(name) << "more than " << kMaxNamedEntries << " arguments";
  if (failed(expect(TokenKind::Equal, "'='")))
    return failure();
  bool isList = at(TokenKind::LeftParen);
  auto binding =
      std::make_unique<Binding>(context.intern(name.spelling), isList);
  if (failed(isList ? parseArgumentList(op, *binding)
                    : parseArgumentElement(op, *binding)))
    return failure();
  op.setBinding(std::move(binding));
  return success();
}

// list ::= "(" (element ("," element)*)? ")"
LogicalResult ProgramParser::parseArgumentList(Operation &op,
                                               Binding &binding) {
  take();
  return parseList(TokenKind::RightParen, "')'", [&]() -> LogicalResult {
    if (at(TokenKind::LeftParen))
      return emitError(token) << "a list of arguments inside of a list; lists "
                                 "hold values and literals only";
    return parseArgumentElement(op, binding);
  });
}

// element ::= name | value
LogicalResult ProgramParser::parseArgumentElement(Operation &op,
                                                  Binding &binding) {
  if (startsTypedValue()) {
    Attribute literal = parseValue();
    if (!literal)
      return failure();
    binding.addLiteral(std::move(literal));
    return success();
  }
  if (at(TokenKind::Integer) || at(TokenKind::Real) || at(TokenKind::String) ||
      at(TokenKind::LeftBracket) || token.isWord("true") ||
      token.isWord("false"))
    return emitError(token).addHelp("write the type before the literal, as in "
                                    "'int32(1)'")
           << "expected a value, found " << token.describe()
           << " without a type";
  Token name;
  if (failed(expectName(name, "a value")))
    return failure();
  if (Value *value = scope->lookup(name))
    binding.addValue(value, &op);
  return success();
}

} // namespace espresso
