//===- PrecisionLint.h - Where numbers may be lost --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_PRECISIONLINT_H
#define ESPRESSO_ANALYSIS_PRECISIONLINT_H

#include "espresso/Analysis/Ranges.h"
#include "espresso/Target/ANE/Target.h"

#include <string>
#include <vector>

namespace espresso {

/// A place where the arithmetic of the engine may lose a number, and why.
struct PrecisionFinding {
  const Operation *op = nullptr;
  ane::RuleId rule = ane::RuleId::Fp16Overflow;
  /// That of the rule, or worse.
  Severity severity = Severity::Warning;
  /// Without the rule's name.
  std::string message;
};

enum class RangeOrigin : uint8_t { Static, Observed };

/// What the rules on precision that hold for `target` say of `function`, given
/// its ranges, in the order of its operations: values beyond fp16, subnormal
/// and lost constants, sums of squares that overflow, products that vanish,
/// accumulators that saturate, masks that turn into infinities.
[[nodiscard]] std::vector<PrecisionFinding>
lintPrecision(Function &function, const RangeMap &ranges,
              const ane::Target &target, RangeOrigin origin);

/// Reports findings at their operations, with what to do about them.
void report(llvm::ArrayRef<PrecisionFinding> findings,
            DiagnosticEngine &diagnostics);

/// The same as JSON: `{"findings": [...]}`.
void printAsJson(llvm::ArrayRef<PrecisionFinding> findings,
                 const llvm::SourceMgr &sources, llvm::raw_ostream &os);

/// The ranges of all float values, for people.
void printRanges(Function &function, const RangeMap &ranges,
                 llvm::raw_ostream &os);
/// The same of several functions as JSON: `{"functions": [...]}`; what is not
/// known is null.
void printRangesAsJson(llvm::ArrayRef<Function *> functions,
                       const RangeMap &ranges, llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_PRECISIONLINT_H
