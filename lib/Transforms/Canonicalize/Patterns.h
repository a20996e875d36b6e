//===- Patterns.h - Rewrites of canonicalize --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H
#define ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H

#include "espresso/IR/Builder.h"
#include "espresso/Transforms/Passes.h"

namespace espresso {

/// Looks at an operation with one result, and returns a value of the same type
/// to use in place of that result, or null to leave it alone. The value is
/// defined before `op`: an operand of something, or the result of an operation
/// that the pattern has just made with `builder`, which inserts before `op`.
/// Returning null, it has made nothing.
using Pattern = Value *(*)(Operation &op, Builder &builder,
                           const CanonicalizeOptions &options);

/// A pattern and the operation it is for; an empty name is for all.
struct PatternRow {
  llvm::StringRef opName;
  Pattern pattern;
};

// One table a family; in each, what is tried first stands first.
llvm::ArrayRef<PatternRow> getIdentityPatterns();
llvm::ArrayRef<PatternRow> getArithmeticPatterns();
llvm::ArrayRef<PatternRow> getCastPatterns();
llvm::ArrayRef<PatternRow> getShapePatterns();
llvm::ArrayRef<PatternRow> getTransposePatterns();
llvm::ArrayRef<PatternRow> getSlicePatterns();
llvm::ArrayRef<PatternRow> getCommutativePatterns();

//===----------------------------------------------------------------------===//
// What patterns share
//===----------------------------------------------------------------------===//

/// `value` if it has the type of the result of `op`, else null: most patterns
/// are right only where nothing is broadcast or left open.
[[nodiscard]] Value *ifSameType(Value *value, const Operation &op);

/// The operation that defines `value` if it has that name, else null.
[[nodiscard]] Operation *getProducer(Value *value, llvm::StringRef opName);

/// The elements of an integer constant held in memory; nothing if `input` is
/// unknown, or its weights are outside.
[[nodiscard]] std::optional<llvm::SmallVector<int64_t, 4>>
getKnownIntegers(const Operation &op, llvm::StringRef input);

/// A copy of `op` before it, but for `input`, which is bound to `value`.
Value *copyWithOperand(Operation &op, Builder &builder, llvm::StringRef input,
                       Value *value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H
