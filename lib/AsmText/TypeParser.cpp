//===- TypeParser.cpp - Parser of types -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TypeParser.h"

#include "espresso/AsmText/Numbers.h"
#include "espresso/IR/Attribute.h"

#include "llvm/ADT/StringSwitch.h"

#include <limits>

namespace espresso {

TypeParser::Production TypeParser::findConstructor(llvm::StringRef word) {
  return llvm::StringSwitch<Production>(word)
      .Case("tensor", &TypeParser::parseTensor)
      .Case("state", &TypeParser::parseState)
      .Case("list", &TypeParser::parseListType)
      .Case("dict", &TypeParser::parseDict)
      .Case("tuple", &TypeParser::parseTuple)
      .Case("tensor_buffer", &TypeParser::parseTensorBuffer)
      .Default(nullptr);
}

bool TypeParser::startsTypedValue() const {
  if (!at(TokenKind::Identifier))
    return false;
  if (parseDataType(token.spelling))
    return lexer.peek().is(TokenKind::LeftParen);
  return findConstructor(token.spelling) && lexer.peek().is(TokenKind::Less);
}

bool TypeParser::startsResult() const {
  if (!at(TokenKind::Identifier))
    return false;
  if (findConstructor(token.spelling))
    return lexer.peek().is(TokenKind::Less);
  return !lexer.peek().is(TokenKind::LeftParen) &&
         !lexer.peek().is(TokenKind::Less);
}

// type ::= scalar | tensor | state | list | dict | tuple | tensor-buffer
Type TypeParser::parseType() {
  Nesting nesting(*this);
  if (failed(nesting.check()))
    return {};
  if (!at(TokenKind::Identifier)) {
    (void)expected("a type");
    return {};
  }
  if (std::optional<DataType> scalar = parseDataType(token.spelling)) {
    take();
    return TensorType::getScalar(context, *scalar);
  }
  if (Production production = findConstructor(token.spelling)) {
    take();
    if (failed(expect(TokenKind::Less, "'<'")))
      return {};
    return (this->*production)();
  }
  llvm::SmallVector<llvm::StringRef, 32> words = {
      "tensor", "state", "list", "dict", "tuple", "tensor_buffer"};
  for (unsigned i = 0; i < kNumDataTypes; ++i)
    words.push_back(getName(static_cast<DataType>(i)));
  InFlightDiagnostic diag = emitError(token);
  diag << "unknown type '" << token.spelling << "'";
  if (std::optional<llvm::StringRef> near =
          findNearMiss(token.spelling, words)) {
    diag << "; did you mean '" << *near << "'?";
    diag.addFixIt({token.getStart(), token.getEnd()}, *near);
  }
  return {};
}

LogicalResult TypeParser::parseElementType(DataType &element) {
  std::optional<DataType> scalar;
  if (at(TokenKind::Identifier))
    scalar = parseDataType(token.spelling);
  if (!scalar)
    return expected("an element type such as 'fp16'");
  take();
  element = *scalar;
  return success();
}

// extent ::= integer | "?"
LogicalResult TypeParser::parseExtent(int64_t &extent) {
  if (takeIf(TokenKind::Question)) {
    extent = kDynamic;
    return success();
  }
  if (!at(TokenKind::Integer))
    return expected("an extent or '?'");
  std::optional<ParsedInteger> value = parseInteger(token.spelling);
  if (!value || value->negative ||
      value->magnitude > uint64_t{std::numeric_limits<int64_t>::max()})
    return emitError(token)
           << "extent " << token.spelling << " is out of range; expected 0 to "
           << std::numeric_limits<int64_t>::max();
  take();
  extent = static_cast<int64_t>(value->magnitude);
  return success();
}

// dims ::= "[" (extent ("," extent)*)? "]"
LogicalResult TypeParser::parseDims(llvm::SmallVectorImpl<int64_t> &dims) {
  if (failed(expect(TokenKind::LeftBracket, "'['")))
    return failure();
  return parseList(TokenKind::RightBracket, "']'", [&] {
    if (dims.size() == kMaxRank)
      return LogicalResult(emitError(token)
                           << "more than " << kMaxRank << " dimensions");
    return parseExtent(dims.emplace_back());
  });
}

// tensor ::= "tensor" "<" scalar "," dims ">"
Type TypeParser::parseTensor() {
  Token start = token;
  DataType element;
  llvm::SmallVector<int64_t, 4> shape;
  if (failed(parseElementType(element)) ||
      failed(expect(TokenKind::Comma, "','")) || failed(parseDims(shape)) ||
      failed(expect(TokenKind::Greater, "'>'")))
    return {};
  int64_t bytes = std::max(1u, getStorageByteWidth(element));
  for (int64_t extent : shape) {
    if (extent == kDynamic ||
        !__builtin_mul_overflow(bytes, std::max<int64_t>(extent, 1), &bytes))
      continue;
    emitError(start) << "a tensor of 2^63 bytes or more";
    return {};
  }
  return TensorType::get(context, element, shape);
}

// state ::= "state" "<" type ">"
Type TypeParser::parseState() {
  Type wrapped = parseType();
  if (!wrapped || failed(expect(TokenKind::Greater, "'>'")))
    return {};
  return StateType::get(context, wrapped);
}

// list ::= "list" "<" type "," extent ">"
Type TypeParser::parseListType() {
  int64_t length = 0;
  Type element = parseType();
  if (!element || failed(expect(TokenKind::Comma, "','")) ||
      failed(parseExtent(length)) || failed(expect(TokenKind::Greater, "'>'")))
    return {};
  return ListType::get(context, element, length);
}

// dict ::= "dict" "<" type "," type ">"
Type TypeParser::parseDict() {
  Type key = parseType();
  if (!key || failed(expect(TokenKind::Comma, "','")))
    return {};
  Type value = parseType();
  if (!value || failed(expect(TokenKind::Greater, "'>'")))
    return {};
  return DictType::get(context, key, value);
}

// tuple ::= "tuple" "<" (type ("," type)*)? ">"
Type TypeParser::parseTuple() {
  llvm::SmallVector<Type, 4> elements;
  LogicalResult result = parseList(TokenKind::Greater, "'>'", [&] {
    elements.push_back(parseType());
    return success(static_cast<bool>(elements.back()));
  });
  return succeeded(result) ? TupleType::get(context, elements) : Type();
}

// tensor-buffer ::= "tensor_buffer" "<" scalar ("," name "=" dims)* ">"
Type TypeParser::parseTensorBuffer() {
  DataType element;
  if (failed(parseElementType(element)))
    return {};
  llvm::SmallVector<TensorBufferType::NamedDims, 4> properties;
  while (takeIf(TokenKind::Comma)) {
    Token name;
    llvm::SmallVector<int64_t, 4> dims;
    if (failed(expectName(name, "a property such as 'shape'")) ||
        failed(expect(TokenKind::Equal, "'='")) || failed(parseDims(dims)))
      return {};
    properties.emplace_back(name.spelling.str(), dims);
  }
  if (failed(expect(TokenKind::Greater, "',' or '>'")))
    return {};
  return TensorBufferType::get(context, element, properties);
}

} // namespace espresso
