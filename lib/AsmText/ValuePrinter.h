//===- ValuePrinter.h - Writes types and typed values -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_VALUEPRINTER_H
#define ESPRESSO_LIB_ASMTEXT_VALUEPRINTER_H

#include "espresso/AsmText/Printer.h"

namespace espresso {

/// Writes types and typed values in one dialect.
class ValuePrinter {
public:
  ValuePrinter(llvm::raw_ostream &os, const PrintOptions &options)
      : os(os), options(options) {}

  void print(Type type);
  void print(const Attribute &attribute);
  /// `[a = v, b = w]`, sorted by name.
  void print(const AttributeList &attributes);

private:
  void printScalarType(DataType element);
  void printDims(llvm::ArrayRef<int64_t> dims);
  void printString(llvm::StringRef text);
  void printBlob(const BlobReference &blob);
  void printDict(DictType type, const DictElements &dict, bool sorted);
  /// Without the type; `decimal` writes a scalar float in decimal.
  void printLiteral(const Attribute &attribute, bool decimal = false);
  void printAxis(const Attribute &attribute, size_t axis, int64_t &index,
                 bool decimal);
  void printElement(const Attribute &attribute, int64_t index, bool decimal);

  llvm::raw_ostream &os;
  PrintOptions options;
};

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_VALUEPRINTER_H
