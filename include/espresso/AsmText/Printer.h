//===- Printer.h - Writes MIL text ------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout is that of Apple's compiler, byte for byte; see docs/Language.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ASMTEXT_PRINTER_H
#define ESPRESSO_ASMTEXT_PRINTER_H

#include "espresso/IR/Program.h"

#include "llvm/Support/raw_ostream.h"

#include <string>

namespace espresso {

struct PrintOptions {
  /// Scalars as `tensor<int32, []>` rather than `int32`. Printing a program or
  /// a function takes it from the program's version instead.
  bool tensorScalars = false;
};

/// Writes the program in its canonical layout. There is no newline after the
/// last brace: files that Apple's compiler writes have none.
void print(const Program &program, llvm::raw_ostream &os);
/// Writes one function as it stands in its program, with a final newline.
void print(const Function &function, llvm::raw_ostream &os);
/// Writes the statement without indentation and newline.
void printOperation(const Operation &op, llvm::raw_ostream &os,
                    const PrintOptions &options = {});
void printType(Type type, llvm::raw_ostream &os,
               const PrintOptions &options = {});
/// Writes `type(literal)`.
void printAttribute(const Attribute &attribute, llvm::raw_ostream &os,
                    const PrintOptions &options = {});

/// The text of `program`.
[[nodiscard]] std::string printToString(const Program &program);

} // namespace espresso

#endif // ESPRESSO_ASMTEXT_PRINTER_H
