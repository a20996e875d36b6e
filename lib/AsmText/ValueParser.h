//===- ValueParser.h - Parser of typed values -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_VALUEPARSER_H
#define ESPRESSO_LIB_ASMTEXT_VALUEPARSER_H

#include "TypeParser.h"

#include "espresso/IR/Attribute.h"

namespace espresso {

/// Parses typed values. A null attribute means that an error was reported.
class ValueParser : public TypeParser {
public:
  using TypeParser::TypeParser;

  /// value ::= type "(" (literal | blob)? ")"
  Attribute parseValue();
  /// A literal of `type`, which types everything inside of it.
  Attribute parseLiteral(Type type);

protected:
  /// attributes ::= "[" (name "=" value ("," name "=" value)*)? "]"
  LogicalResult parseAttributes(AttributeList &attributes);

private:
  Attribute parseBlob(Type type);
  LogicalResult parseBlobField(llvm::StringRef name, DataType type,
                               Attribute &value);
  Attribute parseListLiteral(ListType type);
  Attribute parseTupleLiteral(TupleType type);
  Attribute parseDictLiteral(DictType type);

  // Tensors (TensorLiteralParser.cpp).
  Attribute parseTensorLiteral(TensorType type);
  LogicalResult parseAxis(TensorType type, unsigned axis,
                          DenseElements &elements);
  LogicalResult parseElement(DataType type, DenseElements &elements);
  LogicalResult parseBool(uint64_t &bits);
  LogicalResult parseIntegerElement(DataType type, uint64_t &bits);
  LogicalResult parseFloatElement(DataType type, uint64_t &bits);
};

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_VALUEPARSER_H
