//===- Legalize.h - Rewrites that rules ask for -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LEGALIZE_LEGALIZE_H
#define ESPRESSO_LIB_TRANSFORMS_LEGALIZE_LEGALIZE_H

#include "../OpBuilder.h"

#include "espresso/Pass/Pass.h"
#include "espresso/Target/ANE/Target.h"

namespace espresso {

/// What rewrites are told: the target, and where remarks go.
class Legalizer {
public:
  Legalizer(const ane::Target &target, PassContext &context,
            llvm::StringRef attention, bool rewritesConcat, bool warnsOfFp32)
      : target(target), context(context), attention(attention),
        rewritesConcat(rewritesConcat), warnsOfFp32(warnsOfFp32) {}

  const ane::Target target;
  PassContext &context;
  /// "auto", "keep", "decompose" or "fuse".
  llvm::StringRef attention;
  bool rewritesConcat;
  bool warnsOfFp32;

  [[nodiscard]] bool holds(ane::RuleId rule) const {
    return appliesTo(rule, target);
  }
  /// Says why something was changed.
  InFlightDiagnostic remark(const Operation &op, ane::RuleId rule) {
    return std::move(
        context.emitRemark(op.getLocation()).setRule(ane::getRule(rule).name));
  }
};

/// Looks at an operation, which the rule concerns, and writes something else
/// before it. Returns what takes the place of its result; null, having written
/// nothing, if there is nothing to do.
using Legalization = Value *(*)(Operation &op, OpBuilder &builder,
                                Legalizer &legalizer);

/// A rewrite, the operation it is for, and the rule that asks for it.
struct LegalizationRow {
  llvm::StringRef opName;
  ane::RuleId rule;
  Legalization rewrite;
};

[[nodiscard]] llvm::ArrayRef<LegalizationRow> getOperatorLegalizations();
[[nodiscard]] llvm::ArrayRef<LegalizationRow> getProductLegalizations();
[[nodiscard]] llvm::ArrayRef<LegalizationRow> getAttentionLegalizations();
[[nodiscard]] llvm::ArrayRef<LegalizationRow> getAxisLegalizations();
[[nodiscard]] llvm::ArrayRef<LegalizationRow> getRankLegalizations();

/// Masks below what the engine takes, literals of calls, tensors in the text.
/// Returns whether anything changed.
bool legalizeConstants(Function &function, Legalizer &legalizer);

/// Reports what breaks a rule and could not be rewritten.
void reportBreaches(Function &function, Legalizer &legalizer);

/// The numbers that `input` is bound to at compile time; nothing if they are
/// not known.
[[nodiscard]] std::optional<llvm::SmallVector<int64_t, 4>>
getIntegers(const Operation &op, llvm::StringRef input);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LEGALIZE_LEGALIZE_H
