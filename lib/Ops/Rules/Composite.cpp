//===- Composite.cpp - Rules of the model altitude ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

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

LogicalResult inferColumnNorm(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")))
    return failure();
  TensorType x = getTensor(op, "x");
  for (llvm::StringRef input : {"weight", "gamma", "beta"})
    if (failed(checkShape(op, input, {x.getDim(1)})))
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

LogicalResult inferHead(const Operation &op, TypeList &results) {
  FailureOr<int64_t> channels = getOutputChannels(op);
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
  if (failed(getOutputChannels(op)))
    return failure();
  addArgMaxTypes(op, getTensor(op, "x").getDim(3), results);
  return success();
}

LogicalResult inferSwiglu(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) || failed(checkRank(op, "gate", 2, 2)))
    return failure();
  TensorType x = getTensor(op, "x");
  int64_t channels = x.getDim(1);
  int64_t hidden = getTensor(op, "gate").getDim(0);
  if (failed(checkShape(op, "gate", {hidden, channels})) ||
      failed(checkShape(op, "up", {hidden, channels})) ||
      failed(checkShape(op, "down", {channels, hidden})))
    return failure();
  results.push_back(x);
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

LogicalResult inferRope(const Operation &op, TypeList &results) {
  if (failed(checkActivation(op, "x")) ||
      failed(checkShape(op, "position", {1})) ||
      failed(getHeadDim(op, "x", /*isEven=*/true)))
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
  return success();
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

} // namespace espresso::rules
