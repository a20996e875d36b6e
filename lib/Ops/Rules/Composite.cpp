//===- Composite.cpp - Rules of the model altitude ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace espresso::rules {

/// Activations are `[1, C, 1, S]`.
static LogicalResult checkActivation(const Operation &op, llvm::StringRef input,
                                     int64_t channels = kDynamic,
                                     int64_t columns = kDynamic) {
  return checkShape(op, input, {1, channels, 1, columns});
}

LogicalResult inferEmbedding(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "table", 2, 2)))
    return failure();
  TensorType table = getTensor(op, "table");
  results.push_back(
      getTensorType(op, table.getElementType(),
                    {1, table.getDim(1), 1, getTensor(op, "ids").getDim(0)}));
  return success();
}

/// The column whose gains are shared by `groups` has as many in each.
static LogicalResult checkGains(const Operation &op, llvm::StringRef input,
                                int64_t channels, int64_t groups) {
  TensorType gains = getTensor(op, input);
  if (gains && groups > 1 && agree(gains.getDim(0), channels / groups))
    return success();
  return checkShape(op, input, {channels});
}

/// Gains are one for each channel, or for each channel of a group.
LogicalResult inferColumnNorm(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")))
    return failure();
  TensorType x = getTensor(op, "x");
  int64_t channels = x.getDim(1);
  int64_t groups = getInteger(op, "groups").value_or(1);
  if (groups < 1 || (channels != kDynamic && channels % groups != 0))
    return valueError(op) << "'groups' is " << groups
                          << ", expected a divisor of the channels of 'x' "
                          << toText(x.getShape());
  for (llvm::StringRef input : {"weight", "gamma", "beta"})
    if (failed(checkGains(op, input, channels, groups)))
      return failure();
  results.push_back(x);
  return success();
}

/// Checks `weight` as `[O, I]` for `x` and returns O.
static FailureOr<int64_t> getOutputChannels(const Operation &op) {
  if (failed(checkActivation(op, "x")) ||
      failed(
          checkShape(op, "weight", {kDynamic, getTensor(op, "x").getDim(1)})))
    return failure();
  return getTensor(op, "weight").getDim(0);
}

LogicalResult inferColumnLinear(const Operation &op, TypeList &results) {
  FailureOr<int64_t> channels = getOutputChannels(op);
  if (failed(channels) || failed(checkShape(op, "bias", {*channels})))
    return failure();
  TensorType x = getTensor(op, "x");
  results.push_back(
      getTensorType(op, x.getElementType(), {1, *channels, 1, x.getDim(3)}));
  return success();
}

/// The scalar `input`, if it is given and known, is above 0.
static LogicalResult checkPositive(const Operation &op, llvm::StringRef input) {
  Attribute value = op.getConstant(input);
  if (!value || !value.getDense())
    return success();
  bool isReal = isFloat(value.getType().castTo<TensorType>().getElementType());
  double number =
      isReal ? value.getReal() : static_cast<double>(value.getInteger());
  if (number > 0 && std::isfinite(number))
    return success();
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", number);
  return valueError(op) << "'" << input << "' is " << text
                        << ", expected a number above 0";
}

/// Checks a head and returns its vocabulary.
static FailureOr<int64_t> getVocabulary(const Operation &op) {
  FailureOr<int64_t> channels = getOutputChannels(op);
  if (failed(channels) || failed(checkShape(op, "bias", {*channels})) ||
      failed(checkPositive(op, "softcap")))
    return failure();
  return channels;
}

LogicalResult inferHead(const Operation &op, TypeList &results) {
  FailureOr<int64_t> channels = getVocabulary(op);
  if (failed(channels))
    return failure();
  results.push_back(getTensorType(
      op, DataType::Float32, {1, *channels, 1, getTensor(op, "x").getDim(3)}));
  return success();
}

static void addArgMaxTypes(const Operation &op, int64_t columns,
                           TypeList &results) {
  results.push_back(getTensorType(op, DataType::Int32, {columns}));
  results.push_back(getTensorType(op, DataType::Float32, {columns}));
}

LogicalResult inferColumnArgMax(const Operation &op, TypeList &results) {
  int64_t columns = kDynamic;
  for (TensorType type : getTensors(op, "values")) {
    llvm::ArrayRef<int64_t> shape = type.getShape();
    if (!agree(shape, {1, kDynamic, 1, columns}))
      return shapeError(op)
             << "one of 'values' has shape " << toText(shape) << ", expected "
             << toText({1, kDynamic, 1, columns});
    columns = known(columns, shape[3]);
  }
  addArgMaxTypes(op, columns, results);
  return success();
}

LogicalResult inferGreedyHead(const Operation &op, TypeList &results) {
  if (failed(getVocabulary(op)))
    return failure();
  addArgMaxTypes(op, getTensor(op, "x").getDim(3), results);
  return success();
}

/// `route` and `expert` come together, the route having a row for the expert.
static LogicalResult checkRoute(const Operation &op) {
  if (isGiven(op, "route") != isGiven(op, "expert"))
    return valueError(op) << "'route' and 'expert' are given together";
  if (!isGiven(op, "route"))
    return success();
  if (failed(
          checkActivation(op, "route", kDynamic, getTensor(op, "x").getDim(3))))
    return failure();
  int64_t experts = getTensor(op, "route").getDim(1);
  std::optional<int64_t> expert = getInteger(op, "expert");
  if (!expert || (*expert >= 0 && (experts == kDynamic || *expert < experts)))
    return success();
  return valueError(op) << "'expert' is " << *expert << ", expected one of the "
                        << experts << " of 'route'";
}

LogicalResult inferFeedForward(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) || failed(checkRank(op, "up", 2, 2)) ||
      failed(
          checkOneOf(op, "activation", {"silu", "gelu", "gelu_tanh", "relu"})))
    return failure();
  TensorType x = getTensor(op, "x");
  int64_t channels = x.getDim(1);
  int64_t hidden = getTensor(op, "up").getDim(0);
  if (failed(checkShape(op, "up", {hidden, channels})) ||
      failed(checkShape(op, "gate", {hidden, channels})) ||
      failed(checkShape(op, "down", {channels, hidden})) ||
      failed(checkShape(op, "gate_bias", {hidden})) ||
      failed(checkShape(op, "up_bias", {hidden})) ||
      failed(checkShape(op, "down_bias", {channels})))
    return failure();
  if (isGiven(op, "gate_bias") && !isGiven(op, "gate"))
    return valueError(op) << "'gate_bias' is given without 'gate'";
  if (failed(checkRoute(op)))
    return failure();
  results.push_back(x);
  return success();
}

LogicalResult inferRouter(const Operation &op, TypeList &results) {
  FailureOr<int64_t> experts = getOutputChannels(op);
  if (failed(experts))
    return failure();
  int64_t count = getInteger(op, "top_k").value_or(1);
  if (count < 1 || (*experts != kDynamic && count > *experts))
    return valueError(op) << "'top_k' is " << count
                          << ", expected a number of experts, of which there "
                             "are "
                          << *experts;
  TensorType x = getTensor(op, "x");
  results.push_back(
      getTensorType(op, x.getElementType(), {1, *experts, 1, x.getDim(3)}));
  return success();
}

//===----------------------------------------------------------------------===//
// Heads and caches
//===----------------------------------------------------------------------===//

/// `head_dim`, which must divide the channels of `input` and, for rotation, be
/// even.
static FailureOr<int64_t> getHeadDim(const Operation &op, llvm::StringRef input,
                                     bool isEven = false) {
  int64_t headDim = getInteger(op, "head_dim").value_or(0);
  if (headDim < 1 || (isEven && headDim % 2 != 0))
    return valueError(op) << "'head_dim' is " << headDim << ", expected "
                          << (isEven ? "an even number" : "at least 1");
  int64_t channels = getTensor(op, input).getDim(1);
  if (channels != kDynamic && channels % headDim != 0)
    return shapeError(op) << "'head_dim' " << headDim << " does not divide the "
                          << channels << " channels of '" << input << "'";
  return headDim;
}

/// `rotary_dim`, or all of the head, which must be even.
static FailureOr<int64_t> getRotaryDim(const Operation &op) {
  std::optional<int64_t> rotary = getInteger(op, "rotary_dim");
  FailureOr<int64_t> headDim = getHeadDim(op, "x", /*isEven=*/!rotary);
  if (failed(headDim) || !rotary)
    return headDim;
  if (*rotary < 2 || *rotary % 2 != 0 || *rotary > *headDim)
    return valueError(op) << "'rotary_dim' is " << *rotary
                          << ", expected an even number from 2 to 'head_dim', "
                          << *headDim;
  return *rotary;
}

LogicalResult inferRope(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) ||
      failed(checkShape(op, "position", {1})))
    return failure();
  FailureOr<int64_t> rotary = getRotaryDim(op);
  if (failed(rotary) || failed(checkShape(op, "frequencies", {*rotary / 2})))
    return failure();
  if (isGiven(op, "theta") == isGiven(op, "frequencies"))
    return valueError(op) << "expected either 'theta' or 'frequencies', found "
                          << (isGiven(op, "theta") ? "both" : "neither");
  if (failed(checkPositive(op, "theta")))
    return failure();
  results.push_back(getTensor(op, "x"));
  return success();
}

static LogicalResult checkGroupedHeads(const Operation &op) {
  if (failed(checkActivation(op, "q")) || failed(checkActivation(op, "k")))
    return failure();
  TensorType q = getTensor(op, "q");
  TensorType k = getTensor(op, "k");
  if (failed(checkActivation(op, "k", k.getDim(1), q.getDim(3))) ||
      failed(checkActivation(op, "v", k.getDim(1), q.getDim(3))) ||
      failed(getHeadDim(op, "q")) || failed(getHeadDim(op, "k")))
    return failure();
  if (q.getDim(1) != kDynamic && k.getDim(1) != kDynamic &&
      (k.getDim(1) == 0 || q.getDim(1) % k.getDim(1) != 0))
    return shapeError(op) << "the " << k.getDim(1)
                          << " channels of 'k' do not divide the "
                          << q.getDim(1) << " of 'q'";
  if (failed(checkPositive(op, "window")))
    return failure();
  return checkPositive(op, "softcap");
}

LogicalResult inferCausalAttention(const Operation &op, TypeList &results) {
  if (failed(checkGroupedHeads(op)))
    return failure();
  results.push_back(getTensor(op, "q"));
  return success();
}

/// The state `input` holds `[P, channels]`.
static LogicalResult checkCache(const Operation &op, llvm::StringRef input,
                                int64_t channels) {
  auto contents = op.getArgumentType(input)
                      .castTo<StateType>()
                      .getWrappedType()
                      .getAs<TensorType>();
  if (contents && agree(contents.getShape(), {kDynamic, channels}))
    return success();
  return shapeError(op) << "'" << input << "' is " << op.getArgumentType(input)
                        << ", expected a state of "
                        << toText({kDynamic, channels});
}

LogicalResult inferCachedAttention(const Operation &op, TypeList &results) {
  if (failed(checkGroupedHeads(op)) || failed(checkShape(op, "position", {1})))
    return failure();
  int64_t channels = getTensor(op, "k").getDim(1);
  if (failed(checkCache(op, "k_cache", channels)) ||
      failed(checkCache(op, "v_cache", channels)))
    return failure();
  results.push_back(getTensor(op, "q"));
  return success();
}

LogicalResult inferCacheWrite(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) ||
      failed(checkShape(op, "position", {1})))
    return failure();
  return checkCache(op, "cache", getTensor(op, "x").getDim(1));
}

LogicalResult inferPositionEmbedding(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) ||
      failed(checkShape(op, "position", {1})) ||
      failed(checkShape(op, "table", {kDynamic, getTensor(op, "x").getDim(1)})))
    return failure();
  results.push_back(getTensor(op, "x"));
  return success();
}

LogicalResult inferShortConvolution(const Operation &op, TypeList &results) {
  if (failed(inferCacheWrite(op, results)))
    return failure();
  int64_t channels = getTensor(op, "x").getDim(1);
  if (failed(checkShape(op, "weight", {channels, kDynamic})) ||
      failed(checkShape(op, "bias", {channels})))
    return failure();
  results.push_back(getTensor(op, "x"));
  return success();
}

} // namespace espresso::rules
