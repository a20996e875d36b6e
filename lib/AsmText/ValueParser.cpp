//===- ValueParser.cpp - Parser of typed values ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueParser.h"

namespace espresso {

Attribute ValueParser::parseValue() {
  Type type = parseType();
  if (!type || failed(expect(TokenKind::LeftParen, "'('")))
    return {};
  if (takeIf(TokenKind::RightParen))
    return Attribute::empty(type);
  bool isBlob =
      token.isWord("BLOBFILE") && lexer.peek().is(TokenKind::LeftParen);
  Attribute value = isBlob ? parseBlob(type) : parseLiteral(type);
  if (!value || failed(expect(TokenKind::RightParen, "')'")))
    return {};
  return value;
}

//===----------------------------------------------------------------------===//
// Blob references
//===----------------------------------------------------------------------===//

// blob-field ::= name "=" value
LogicalResult ValueParser::parseBlobField(llvm::StringRef name, DataType type,
                                          Attribute &value) {
  if (failed(expectWord(name)) || failed(expect(TokenKind::Equal, "'='")))
    return failure();
  Token start = token;
  value = parseValue();
  if (!value)
    return failure();
  Type expectedType = TensorType::getScalar(context, type);
  if (value.getType() == expectedType && value.getDense())
    return success();
  InFlightDiagnostic diag = emitError(start);
  diag << "'" << name << "' of a blob must be a " << expectedType << ", found ";
  if (value.getType() == expectedType)
    return diag << "no value";
  return diag << value.getType();
}

// blob ::= "BLOBFILE" "(" "path" "=" value "," "offset" "=" value ")"
Attribute ValueParser::parseBlob(Type type) {
  Token start = take();
  auto tensor = type.getAs<TensorType>();
  if (!tensor || tensor.getElementType() == DataType::String) {
    emitError(start) << "a value of type '" << type
                     << "' cannot be in a weight file";
    return {};
  }
  Attribute path, offset;
  if (failed(expect(TokenKind::LeftParen, "'('")) ||
      failed(parseBlobField("path", DataType::String, path)) ||
      failed(expect(TokenKind::Comma, "','")) ||
      failed(parseBlobField("offset", DataType::UInt64, offset)) ||
      failed(expect(TokenKind::RightParen, "')'")))
    return {};
  return Attribute::blob(
      tensor, {path.getString().str(), offset.getBits(0), /*source=*/nullptr});
}

//===----------------------------------------------------------------------===//
// Containers
//===----------------------------------------------------------------------===//

Attribute ValueParser::parseLiteral(Type type) {
  Nesting nesting(*this);
  if (failed(nesting.check()))
    return {};
  switch (type.getKind()) {
  case TypeKind::Tensor:
    return parseTensorLiteral(type.castTo<TensorType>());
  case TypeKind::List:
    return parseListLiteral(type.castTo<ListType>());
  case TypeKind::Tuple:
    return parseTupleLiteral(type.castTo<TupleType>());
  case TypeKind::Dict:
    return parseDictLiteral(type.castTo<DictType>());
  case TypeKind::State:
  case TypeKind::TensorBuffer:
    break;
  }
  emitError(token) << "a value of type '" << type
                   << "' cannot be written as a literal";
  return {};
}

// list-literal ::= "[" (literal ("," literal)*)? "]"
Attribute ValueParser::parseListLiteral(ListType type) {
  Token start = token;
  std::vector<Attribute> elements;
  if (failed(expect(TokenKind::LeftBracket, "'['")) ||
      failed(parseList(TokenKind::RightBracket, "']'", [&] {
        elements.push_back(parseLiteral(type.getElementType()));
        return success(static_cast<bool>(elements.back()));
      })))
    return {};
  if (type.getLength() != kDynamic &&
      type.getLength() != static_cast<int64_t>(elements.size())) {
    emitError(start) << "expected " << type.getLength()
                     << " elements in the list, found " << elements.size();
    return {};
  }
  return Attribute::list(type, std::move(elements));
}

// tuple-literal ::= "(" (literal ("," literal)*)? ")"
Attribute ValueParser::parseTupleLiteral(TupleType type) {
  Token start = token;
  llvm::ArrayRef<Type> types = type.getElementTypes();
  std::vector<Attribute> elements;
  auto wrongCount = [&](const Token &place, const llvm::Twine &found) {
    return emitError(place) << "expected " << types.size()
                            << " elements in the tuple, found " << found;
  };
  if (failed(expect(TokenKind::LeftParen, "'('")) ||
      failed(parseList(TokenKind::RightParen, "')'", [&] {
        if (elements.size() == types.size())
          return LogicalResult(wrongCount(token, "more"));
        elements.push_back(parseLiteral(types[elements.size()]));
        return success(static_cast<bool>(elements.back()));
      })))
    return {};
  if (elements.size() != types.size()) {
    (void)wrongCount(start, llvm::Twine(elements.size()));
    return {};
  }
  return Attribute::tuple(type, std::move(elements));
}

// dict-literal ::= "{" (entry ("," entry)*)? "}"
// entry ::= "{" literal "," literal "}"
Attribute ValueParser::parseDictLiteral(DictType type) {
  std::vector<std::pair<Attribute, Attribute>> entries;
  auto parseEntry = [&]() -> LogicalResult {
    if (failed(expect(TokenKind::LeftBrace, "'{'")))
      return failure();
    Attribute key = parseLiteral(type.getKeyType());
    if (!key || failed(expect(TokenKind::Comma, "','")))
      return failure();
    Attribute value = parseLiteral(type.getValueType());
    if (!value)
      return failure();
    entries.emplace_back(std::move(key), std::move(value));
    return expect(TokenKind::RightBrace, "'}'");
  };
  if (failed(expect(TokenKind::LeftBrace, "'{'")) ||
      failed(parseList(TokenKind::RightBrace, "'}'", parseEntry)))
    return {};
  return Attribute::dict(type, std::move(entries));
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult ValueParser::parseAttributes(AttributeList &attributes) {
  if (failed(expect(TokenKind::LeftBracket, "'['")))
    return failure();
  return parseList(TokenKind::RightBracket, "']'", [&]() -> LogicalResult {
    Token name;
    if (failed(expectName(name, "the name of an attribute")))
      return failure();
    if (attributes.get(name.spelling))
      return emitError(name)
             << "attribute '" << name.spelling << "' is given twice";
    if (attributes.getEntries().size() == kMaxNamedEntries)
      return emitError(name)
             << "more than " << kMaxNamedEntries << " attributes";
    if (failed(expect(TokenKind::Equal, "'='")))
      return failure();
    Attribute value = parseValue();
    if (!value)
      return failure();
    attributes.set(context.intern(name.spelling), std::move(value));
    return success();
  });
}

} // namespace espresso
