//===- PatternDriver.h - Rewriting by local patterns ---------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PATTERNS_PATTERNDRIVER_H
#define ESPRESSO_LIB_TRANSFORMS_PATTERNS_PATTERNDRIVER_H

#include "espresso/IR/Builder.h"

#include "llvm/ADT/StringMap.h"

namespace espresso {

/// What patterns may be asked to take into account.
struct PatternOptions {
  /// Casts to a narrower float and back may go.
  bool allowLossyCasts = false;
  /// Convolutions may have a bias.
  bool convBias = true;
  /// Scales and shifts by channel become normalisations by statistics.
  bool useBatchNorm = false;
};

/// Looks at an operation with one result, and returns a value of the same type
/// to use in place of that result, or null to leave it alone. The value is
/// defined before `op`: an operand of something, or the result of an operation
/// that the pattern has just made with `builder`, which inserts before `op`.
/// Returning null, it has made nothing.
using Pattern = Value *(*)(Operation &op, Builder &builder,
                           const PatternOptions &options);

/// A pattern and the operation it is for; an empty name is for all.
struct PatternRow {
  llvm::StringRef opName;
  Pattern pattern;
};

/// Applies patterns to functions. Names of the inputs and outputs of a function
/// stay: what takes the place of an output takes its name; where it is an input
/// of the function or another of its outputs, an `identity` of that name passes
/// it on. Attributes of what is replaced go to what is made in its place. What
/// a rewrite leaves unused is removed at once.
class PatternDriver {
public:
  explicit PatternDriver(PatternOptions options = {}) : options(options) {}

  /// In the order in which they are tried.
  void add(llvm::ArrayRef<PatternRow> rows);
  /// Sweeps over the function, first to last operation, until nothing changes
  /// or `maxSweeps` are done. Returns whether anything changed.
  bool run(Function &function, int64_t maxSweeps);

  /// Of the last run().
  uint64_t getNumRewrites() const { return numRewrites; }
  uint64_t getNumSweeps() const { return numSweeps; }

private:
  bool sweep(Block &block);
  bool simplify(Operation &op);
  Value *findReplacement(Operation &op);

  PatternOptions options;
  llvm::StringMap<llvm::SmallVector<Pattern, 4>> patterns;
  llvm::SmallVector<Pattern, 2> patternsForAll;
  uint64_t numRewrites = 0;
  uint64_t numSweeps = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PATTERNS_PATTERNDRIVER_H
