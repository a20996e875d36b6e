//===- Ranges.h - Between what the elements of values lie -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranges of values, by interval arithmetic over a function or from running it.
// See docs/Ranges.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_RANGES_H
#define ESPRESSO_ANALYSIS_RANGES_H

#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"

#include <limits>
#include <optional>

namespace espresso {

/// Between what the elements of a value lie, before they are rounded to its
/// type. A value.
struct ValueRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  /// The root of the mean of squares; of results of products an estimate, as if
  /// their terms were independent. Nothing if it is not known.
  std::optional<double> rms;
  /// Of products: what the magnitude of a running sum may reach, in whatever
  /// order it is formed; infinite if that is not known, 0 for other operations.
  double accumulator = 0;

  [[nodiscard]] bool isBounded() const;
  /// The largest magnitude.
  [[nodiscard]] double getMagnitude() const;
  /// Makes it contain `other`.
  void include(const ValueRange &other);

  static ValueRange exactly(double value);
  static ValueRange between(double low, double high) {
    return {low, high, std::nullopt, 0};
  }
};

/// Ranges of the float values of functions; what is not there is not known.
class RangeMap {
public:
  void set(const Value &value, ValueRange range) { ranges[&value] = range; }
  /// Adds what `other` has; of values in both, what contains both.
  void include(const RangeMap &other);
  /// Null if nothing is known.
  const ValueRange *find(const Value &value) const;
  /// The range of what is bound to `input` of `op`, which may be a constant or
  /// a literal; unbounded if nothing is known.
  ValueRange getArgument(const Operation &op, llvm::StringRef input) const;

  /// Constants of more elements are not read: of them nothing is known.
  void setMaxElements(int64_t elements) { maxElements = elements; }
  [[nodiscard]] bool mayRead(const Attribute &constant) const;

private:
  llvm::DenseMap<const Value *, ValueRange> ranges;
  int64_t maxElements = std::numeric_limits<int64_t>::max();
};

/// What is assumed of the inputs of functions.
struct RangeAssumptions {
  /// By name; what is not there has the range of `others`.
  std::vector<std::pair<std::string, ValueRange>> inputs;
  ValueRange others;
  /// Constants of more elements are not read, and taken for unknown.
  int64_t maxElements = std::numeric_limits<int64_t>::max();
};

/// Interval arithmetic over `function`. Weights are read; those that are not on
/// disk are not known. What uses a value that may leave fp16, where that is its
/// type, sees infinity beyond.
[[nodiscard]] RangeMap computeRanges(Function &function,
                                     const RangeAssumptions &assumptions = {});

/// Runs a function in binary32, whatever the declared types, so that what would
/// overflow is seen, and keeps the ranges of everything computed; functions
/// that are called are seen too. Reports and fails as Evaluator::run does.
[[nodiscard]] FailureOr<RangeMap>
observeRanges(Program &program, Function &function, const NamedTensors &inputs);

/// The range of the elements of a tensor; bounds are infinite where it has
/// infinite elements, and nothing is known of one with NaN.
[[nodiscard]] ValueRange getRange(const Tensor &tensor);

/// The range of a constant; unbounded if its elements cannot be had.
[[nodiscard]] ValueRange getRange(const Attribute &value);

/// The range of the first result of `op` from those of its arguments: the step
/// of computeRanges, which see.
[[nodiscard]] ValueRange computeRange(Operation &op, const RangeMap &ranges);

/// Of convolutions, linear layers and products of matrices: the number of
/// products under one sum; 0 for other operations or if it is not known.
[[nodiscard]] int64_t getContractionLength(const Operation &op);

/// Of the same: the names of the inputs that are multiplied.
[[nodiscard]] std::optional<std::pair<llvm::StringRef, llvm::StringRef>>
getFactors(const Operation &op);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_RANGES_H
