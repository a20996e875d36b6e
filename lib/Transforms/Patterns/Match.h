//===- Match.h - What patterns look for ----------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PATTERNS_MATCH_H
#define ESPRESSO_LIB_TRANSFORMS_PATTERNS_MATCH_H

#include "espresso/IR/Builder.h"

#include <optional>

namespace espresso {

/// `value` if it has the type of the result of `op`, else null: most patterns
/// are right only where nothing is broadcast or left open.
[[nodiscard]] Value *ifSameType(Value *value, const Operation &op);

/// The operation that defines `value` if it has that name, else null.
[[nodiscard]] Operation *getProducer(Value *value, llvm::StringRef opName);

/// The elements of an integer constant held in memory; nothing if `input` is
/// unknown, or its weights are outside.
[[nodiscard]] std::optional<llvm::SmallVector<int64_t, 4>>
getKnownIntegers(const Operation &op, llvm::StringRef input);

/// The same, as axes of a tensor of `rank` axes, counted from the front.
/// Nothing if one is out of range.
[[nodiscard]] std::optional<llvm::SmallVector<int64_t, 4>>
getKnownAxes(const Operation &op, llvm::StringRef input, int64_t rank);

/// A copy of `op` before it, but for `input`, which is bound to `value`.
Value *copyWithOperand(Operation &op, Builder &builder, llvm::StringRef input,
                       Value *value);

/// The argument `from` of `op`, to be given to another operation as `to`.
[[nodiscard]] NamedArgument
copyArgument(const Operation &op, llvm::StringRef from, llvm::StringRef to);

/// The number that all elements of a short constant in memory are, with the
/// same sign of zero; nothing if there is none.
[[nodiscard]] std::optional<double> getUniform(const Operation &op,
                                               llvm::StringRef input);
/// True if that number is `number`, -0 and +0 told apart.
[[nodiscard]] bool isUniform(const Operation &op, llvm::StringRef input,
                             double number);
/// True if that number is `number` to about the precision of fp16.
[[nodiscard]] bool isNear(const Operation &op, llvm::StringRef input,
                          double number);

/// `value ∘ constant` or `constant ∘ value`.
struct ValueAndConstant {
  Value *value;
  /// The input that the constant is bound to.
  llvm::StringRef constantInput;
};
/// The parts of an operation of `x` and `y` of which one is constant.
[[nodiscard]] std::optional<ValueAndConstant> splitConstant(Operation &op);

struct ValueAndNumber {
  Value *value;
  double number;
};
/// The same where the constant is one number and leaves the type of `value`.
[[nodiscard]] std::optional<ValueAndNumber> splitNumber(Operation &op);

/// The boolean that `input` is bound to; `fallback` if it is absent or unknown.
[[nodiscard]] bool getFlag(const Operation &op, llvm::StringRef input,
                           bool fallback = false);

[[nodiscard]] bool hasStaticShape(const Value &value);
[[nodiscard]] bool isFloatTensor(const Value &value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PATTERNS_MATCH_H
