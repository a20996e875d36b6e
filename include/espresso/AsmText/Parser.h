//===- Parser.h - Reads MIL text --------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The language is described in docs/Language.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ASMTEXT_PARSER_H
#define ESPRESSO_ASMTEXT_PARSER_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/StringRef.h"

#include <memory>

namespace espresso {

/// Reads the program in a buffer of the source manager of `context`. Reports
/// what is wrong, several errors if it can, and returns null. Names are bound
/// and literals match their types; nothing is checked against the records of
/// operations (see espresso/Ops/Verifier.h).
[[nodiscard]] std::unique_ptr<Program> parseProgram(Context &context,
                                                    unsigned bufferId);

/// The same for a piece of such a buffer: locations stay those of the buffer.
[[nodiscard]] std::unique_ptr<Program> parseProgramPiece(Context &context,
                                                         llvm::StringRef text);

/// The same for any text: it is copied into the source manager under
/// `bufferName`.
[[nodiscard]] std::unique_ptr<Program>
parseProgramText(Context &context, llvm::StringRef text,
                 llvm::StringRef bufferName = "<text>");

/// Reads one typed value, `tensor<int32, [2]>([1, 2])`. Null after an error.
[[nodiscard]] Attribute parseValue(Context &context, llvm::StringRef text,
                                   llvm::StringRef bufferName = "<value>");

/// Reads what stands between the parentheses of a value of `type`: `-1`,
/// `"valid"`, `[1, 2]`. Null after an error.
[[nodiscard]] Attribute parseLiteral(Context &context, Type type,
                                     llvm::StringRef text,
                                     llvm::StringRef bufferName = "<literal>");

/// Reads a type. Null after an error.
[[nodiscard]] Type parseType(Context &context, llvm::StringRef text,
                             llvm::StringRef bufferName = "<type>");

} // namespace espresso

#endif // ESPRESSO_ASMTEXT_PARSER_H
