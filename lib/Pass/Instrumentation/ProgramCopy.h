//===- ProgramCopy.h - Copies of parts of programs --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PASS_PROGRAMCOPY_H
#define ESPRESSO_LIB_PASS_PROGRAMCOPY_H

#include "espresso/IR/Program.h"

#include <memory>

namespace espresso {

/// An empty program with the attributes and the dialect of `program`.
std::unique_ptr<Program> makeEmptyLike(const Program &program);
/// Appends a copy of `function` to a program of the same context.
void copyFunction(const Function &function, Program &into);

} // namespace espresso

#endif // ESPRESSO_LIB_PASS_PROGRAMCOPY_H
