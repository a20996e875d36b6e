//===- TensorLiteralParser.cpp - Parser of tensor literals ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensor literals may be long, so the elements go straight into bytes.
//
//===----------------------------------------------------------------------===//

#include "ValueParser.h"

#include "espresso/AsmText/Numbers.h"
#include "espresso/Base/Half.h"

#include <cmath>
#include <limits>

namespace espresso {

// tensor-literal ::= element | axis
Attribute ValueParser::parseTensorLiteral(TensorType type) {
  DenseElements elements;
  elements.shape.assign(type.getShape().begin(), type.getShape().end());
  if (failed(parseAxis(type, /*axis=*/0, elements)))
    return {};
  // An axis below an empty one was never seen.
  for (int64_t &extent : elements.shape)
    if (extent == kDynamic)
      extent = 0;
  return Attribute::dense(type, std::move(elements));
}

// axis ::= "[" (tensor-literal ("," tensor-literal)*)? "]"
//
// An unknown extent is that of the first place where the axis occurs.
LogicalResult ValueParser::parseAxis(TensorType type, unsigned axis,
                                     DenseElements &elements) {
  if (axis == type.getRank())
    return parseElement(type.getElementType(), elements);
  Nesting nesting(*this);
  if (failed(nesting.check()))
    return failure();
  Token start = token;
  if (failed(expect(TokenKind::LeftBracket,
                    "'[' for axis " + llvm::Twine(axis) + " of the tensor")))
    return failure();
  int64_t count = 0;
  if (failed(parseList(TokenKind::RightBracket, "']'", [&] {
        ++count;
        return parseAxis(type, axis + 1, elements);
      })))
    return failure();
  int64_t &extent = elements.shape[axis];
  if (extent == kDynamic)
    extent = count;
  if (extent == count)
    return success();
  return emitError(start) << "expected " << extent << " elements along axis "
                          << axis << ", found " << count;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

LogicalResult ValueParser::parseElement(DataType type,
                                        DenseElements &elements) {
  if (type == DataType::String) {
    if (!at(TokenKind::String))
      return expected("a string");
    elements.strings.push_back(take().getStringValue());
    return success();
  }
  uint64_t bits = 0;
  LogicalResult result = type == DataType::Bool ? parseBool(bits)
                         : isFloat(type)        ? parseFloatElement(type, bits)
                                         : parseIntegerElement(type, bits);
  for (unsigned i = 0, width = getStorageByteWidth(type); i < width; ++i)
    elements.bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  return result;
}

LogicalResult ValueParser::parseBool(uint64_t &bits) {
  if (!token.isWord("true") && !token.isWord("false"))
    return expected("'true' or 'false'");
  bits = take().spelling == "true";
  return success();
}

static uint64_t getLargestMagnitude(DataType type, bool negative) {
  if (negative)
    return 0 - static_cast<uint64_t>(getMinValue(type));
  if (type == DataType::UInt64)
    return std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(getMaxValue(type));
}

LogicalResult ValueParser::parseIntegerElement(DataType type, uint64_t &bits) {
  if (!at(TokenKind::Integer))
    return expected("an integer");
  std::optional<ParsedInteger> value = parseInteger(token.spelling);
  if (!value || value->magnitude > getLargestMagnitude(type, value->negative))
    return emitError(token)
           << token.spelling << " is out of range of "
           << llvm::StringRef(getName(type)) << ", " << getMinValue(type)
           << " to " << getLargestMagnitude(type, /*negative=*/false);
  take();
  bits = value->negative ? 0 - value->magnitude : value->magnitude;
  return success();
}

LogicalResult ValueParser::parseFloatElement(DataType type, uint64_t &bits) {
  std::optional<double> value;
  if (at(TokenKind::Real) || at(TokenKind::Integer)) {
    value = parseReal(token.spelling);
    if (value && !std::isfinite(roundToType(type, *value)))
      getDiagnostics().emitWarning(token.getLocation())
          << token.describe() << " is out of range of "
          << llvm::StringRef(getName(type));
  } else if (at(TokenKind::NegativeInfinity)) {
    value = -std::numeric_limits<double>::infinity();
  } else if (token.isWord("inf")) {
    value = std::numeric_limits<double>::infinity();
  } else if (token.isWord("nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  }
  if (!value)
    return expected("a number");
  take();
  bits = encodeFloat(type, *value);
  return success();
}

} // namespace espresso
