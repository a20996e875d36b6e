//===- Recurrent.cpp - Rules of recurrent layers --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

namespace {
/// What recurrent layers have in common.
struct Recurrence {
  TensorType x;
  int64_t hidden = 0;
  /// 2 for bidirectional layers.
  int64_t directions = 1;
};
} // namespace

static constexpr llvm::StringLiteral kActivations[] = {
    "hard_sigmoid", "linear",       "relu", "scaled_tanh",
    "sigmoid",      "sigmoid_hard", "tanh"};

/// Weights of one direction: `gates` matrices one after another.
static LogicalResult checkWeights(const Operation &op,
                                  const Recurrence &recurrence, int64_t gates,
                                  const std::string &suffix) {
  int64_t rows = getVolume({gates, recurrence.hidden});
  if (failed(checkShape(op, "weight_ih" + suffix,
                        {rows, recurrence.x.getDim(2)})) ||
      failed(checkShape(op, "weight_hh" + suffix, {rows, recurrence.hidden})))
    return failure();
  return checkShape(op, "bias" + suffix, {rows});
}

static FailureOr<Recurrence>
getRecurrence(const Operation &op, int64_t gates,
              llvm::ArrayRef<llvm::StringRef> directions) {
  if (failed(checkRank(op, "x", 3, 3)) ||
      failed(checkRank(op, "weight_hh", 2, 2)) ||
      failed(checkOneOf(op, "direction", directions)))
    return failure();
  llvm::SmallVector<llvm::StringRef, 12> names(std::begin(kActivations),
                                               std::end(kActivations));
  for (llvm::StringRef input :
       {"activation", "recurrent_activation", "cell_activation"})
    if (lookupOp(op)->findInput(input) && failed(checkOneOf(op, input, names)))
      return failure();
  Recurrence recurrence;
  recurrence.x = getTensor(op, "x");
  recurrence.hidden = getTensor(op, "weight_hh").getDim(1);
  recurrence.directions = getText(op, "direction") == "bidirectional" ? 2 : 1;
  if (failed(checkWeights(op, recurrence, gates, "")))
    return failure();
  return recurrence;
}

/// All states, and `numLast` times the last one.
static LogicalResult addStates(const Operation &op,
                               const Recurrence &recurrence, unsigned numLast,
                               TypeList &results) {
  int64_t batch = recurrence.x.getDim(1);
  int64_t width = getVolume({recurrence.hidden, recurrence.directions});
  for (llvm::StringRef input : {"initial_h", "initial_c"})
    if (failed(checkShape(op, input, {batch, width})))
      return failure();
  DataType element = recurrence.x.getElementType();
  int64_t length = getFlag(op, "output_sequence") ? recurrence.x.getDim(0) : 1;
  results.push_back(getTensorType(op, element, {length, batch, width}));
  for (unsigned i = 0; i < numLast; ++i)
    results.push_back(getTensorType(op, element, {batch, width}));
  return success();
}

LogicalResult inferRnn(const Operation &op, TypeList &results) {
  FailureOr<Recurrence> recurrence =
      getRecurrence(op, /*gates=*/1, {"forward", "reverse"});
  if (failed(recurrence))
    return failure();
  return addStates(op, *recurrence, /*numLast=*/1, results);
}

LogicalResult inferGru(const Operation &op, TypeList &results) {
  FailureOr<Recurrence> recurrence =
      getRecurrence(op, /*gates=*/3, {"forward", "reverse"});
  if (failed(recurrence) ||
      failed(
          checkShape(op, "input_bias", {getVolume({3, recurrence->hidden})})))
    return failure();
  return addStates(op, *recurrence, /*numLast=*/1, results);
}

LogicalResult inferLstm(const Operation &op, TypeList &results) {
  FailureOr<Recurrence> recurrence =
      getRecurrence(op, /*gates=*/4, {"forward", "reverse", "bidirectional"});
  if (failed(recurrence))
    return failure();
  for (llvm::StringRef input : {"weight_ih_back", "weight_hh_back"})
    if (recurrence->directions == 2 && !isGiven(op, input))
      return valueError(op) << "a bidirectional layer needs '" << input << "'";
  if (failed(checkWeights(op, *recurrence, /*gates=*/4, "_back")))
    return failure();
  for (llvm::StringRef input : {"peephole", "peephole_back"})
    if (failed(checkShape(op, input, {getVolume({3, recurrence->hidden})})))
      return failure();
  return addStates(op, *recurrence, /*numLast=*/2, results);
}

} // namespace espresso::rules
