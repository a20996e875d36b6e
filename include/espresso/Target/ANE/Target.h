//===- Target.h - What a program is made for --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TARGET_ANE_TARGET_H
#define ESPRESSO_TARGET_ANE_TARGET_H

#include "espresso/Support/Diagnostics.h"
#include "espresso/Target/ANE/Tables.h"

#include <string>

namespace espresso::ane {

/// The chip a program is made for, and the way it is to take to the engine. By
/// default any chip: the smallest limit there is holds. A value.
struct Target {
  /// Null for any.
  const Generation *generation = nullptr;
  /// Null for any of the generation.
  const Chip *chip = nullptr;
  PathSet paths = Path::Public | Path::Direct;

  /// "M1 Max", "H13" or "any".
  [[nodiscard]] llvm::StringRef getName() const;
};

/// The target of a chip, of one of its aliases, of a generation, or "any".
/// Case, blanks, dashes and underscores do not count: "m1-max", "M1Max".
/// Nothing if there is none.
[[nodiscard]] std::optional<Target> findTarget(llvm::StringRef name);
/// The same; says what is wrong: "unknown chip 'M1 Mx'; did you mean 'M1
/// Max'?".
[[nodiscard]] std::optional<Target> findTarget(llvm::StringRef name,
                                               std::string &error);

/// Which rules count: "public", "direct" or "both". Nothing for other words.
[[nodiscard]] std::optional<PathSet> findPaths(llvm::StringRef name);

/// Whether `rule` holds for the target.
[[nodiscard]] bool appliesTo(const Rule &rule, const Target &target);
[[nodiscard]] inline bool appliesTo(RuleId id, const Target &target) {
  return appliesTo(getRule(id), target);
}

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

/// What chip or generation say of the limit themselves, or null.
[[nodiscard]] const LimitValue *findLimitValue(Limit limit,
                                               const Target &target);

/// The limit for the target: what the chip says, or its generation, or what
/// holds for all. Nothing if it differs by chip and is not known for this one:
/// say so rather than guess.
[[nodiscard]] std::optional<int64_t> getLimit(Limit limit,
                                              const Target &target = {});

/// Elements (rows × columns) that the weight of a head on the engine may have.
[[nodiscard]] int64_t getHeadBudget(const Target &target = {});

/// Bytes of weights that a program may have.
[[nodiscard]] int64_t getProgramBytes(const Target &target = {});

/// Bytes that an input or output of a program has at least.
[[nodiscard]] int64_t getBoundaryBytes(const Target &target = {});

/// Whether a surface of that size satisfies the above.
[[nodiscard]] bool meetsBoundaryMinimum(int64_t bytes,
                                        const Target &target = {});

/// The smallest power of two S such that [1, channels, 1, S] satisfies the
/// above. `channels` and `elementBytes` must be positive.
[[nodiscard]] int64_t getMinimumSpatial(int64_t channels,
                                        int64_t elementBytes = 2,
                                        const Target &target = {});

/// Whether an operand of that size is streamed rather than kept resident.
[[nodiscard]] bool isStreamed(int64_t bytes, const Target &target = {});

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// The severity with which a breach of `rule` is reported.
[[nodiscard]] Severity getSeverity(const Rule &rule);

/// Begins a message about `rule`, with its severity and name. A note says that
/// it is disputed, and by what.
[[nodiscard]] InFlightDiagnostic emitBreach(DiagnosticEngine &diagnostics,
                                            Location location, RuleId id);

} // namespace espresso::ane

#endif // ESPRESSO_TARGET_ANE_TARGET_H
