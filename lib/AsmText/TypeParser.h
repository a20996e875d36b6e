//===- TypeParser.h - Parser of types ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_TYPEPARSER_H
#define ESPRESSO_LIB_ASMTEXT_TYPEPARSER_H

#include "ParserBase.h"

#include "espresso/IR/Type.h"

namespace espresso {

/// Parses types. A null type means that an error was reported.
class TypeParser : public ParserBase {
public:
  using ParserBase::ParserBase;

  Type parseType();

protected:
  /// Whether a typed value starts here: a scalar type and `(`, or a type
  /// constructor and `<`. Anything else is a name, whatever its spelling.
  bool startsTypedValue() const;
  /// Whether a typed result starts here, rather than the name of an operation.
  bool startsResult() const;

private:
  using Production = Type (TypeParser::*)();
  static Production findConstructor(llvm::StringRef word);

  Type parseTensor();
  Type parseState();
  Type parseListType();
  Type parseDict();
  Type parseTuple();
  Type parseTensorBuffer();
  LogicalResult parseElementType(DataType &element);
  LogicalResult parseExtent(int64_t &extent);
  LogicalResult parseDims(llvm::SmallVectorImpl<int64_t> &dims);
};

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_TYPEPARSER_H
