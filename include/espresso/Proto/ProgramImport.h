//===- ProgramImport.h - Programs from protobuf -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PROTO_PROGRAMIMPORT_H
#define ESPRESSO_PROTO_PROGRAMIMPORT_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/ArrayRef.h"

#include <memory>

namespace espresso {

/// The program in `bytes`, a `Program` message. Nothing in it is trusted.
/// `subject` is whose bytes they are. Functions, arguments and attributes come
/// in order of their names. What is imported has no lines: locations are names,
/// `function/value`. Reports and returns null on failure.
///
/// The text version is 1.3 if a function needs it (ios18 and later) or the
/// program was compiled by a compiler that writes nothing else, otherwise 1.0.
/// Fields that the IR has no place for are dropped: use a ModelDocument to keep
/// them.
[[nodiscard]] std::unique_ptr<Program>
importProgram(Context &context, llvm::ArrayRef<uint8_t> bytes,
              llvm::StringRef subject);

} // namespace espresso

#endif // ESPRESSO_PROTO_PROGRAMIMPORT_H
