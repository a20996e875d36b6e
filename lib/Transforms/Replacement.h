//===- Replacement.h - Values in place of others ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_REPLACEMENT_H
#define ESPRESSO_LIB_TRANSFORMS_REPLACEMENT_H

#include "espresso/IR/Program.h"

namespace espresso {

/// True if `value` is an output of the function it is in: its name is seen by
/// users.
[[nodiscard]] bool isFunctionOutput(const Value &value);

/// Exchanges the names of two values of one function.
void swapNames(Value &a, Value &b);

/// Makes uses of `old` uses of `with`, which must be defined before all of them
/// and have the same type. The outputs of the function keep their names: if
/// `old` is one, `with` takes its name; where it cannot, because it is an input
/// or an output itself, the outputs go on using `old`. Returns whether any use
/// was replaced.
bool replaceUses(Value &old, Value &with);

/// Erases `op` if it is pure and unused, and then, likewise, what it used. Only
/// operations before `op` go. Returns how many went.
unsigned eraseIfDead(Operation &op);
/// The same of several.
unsigned eraseIfDead(llvm::ArrayRef<Operation *> ops);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_REPLACEMENT_H
