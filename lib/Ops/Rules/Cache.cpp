//===- Cache.cpp - Composites that programs use in place of states --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

/// `input`, a count, if it is one.
static FailureOr<int64_t> getCount(const Operation &op, llvm::StringRef input) {
  int64_t count = getInteger(op, input).value_or(1);
  if (count < 1)
    return valueError(op) << "'" << input << "' is " << count
                          << ", expected at least 1";
  return count;
}

/// `head_dim`, which divides the channels of each of `inputs`.
static FailureOr<int64_t> getHeadSize(const Operation &op,
                                      llvm::ArrayRef<llvm::StringRef> inputs) {
  FailureOr<int64_t> size = getCount(op, "head_dim");
  if (failed(size))
    return failure();
  for (llvm::StringRef input : inputs)
    if (int64_t channels = getTensor(op, input).getDim(1);
        channels != kDynamic && channels % *size != 0)
      return shapeError(op) << "'head_dim' " << *size << " does not divide the "
                            << channels << " channels of '" << input << "'";
  return size;
}

LogicalResult inferRotate(const Operation &op, TypeList &results) {
  if (failed(checkShape(op, "x", {1, kDynamic, 1, kDynamic})))
    return failure();
  FailureOr<int64_t> size = getHeadSize(op, {"x"});
  if (failed(size))
    return failure();
  int64_t rotary = getInteger(op, "rotary_dim").value_or(*size);
  if (rotary < 2 || rotary % 2 != 0 || rotary > *size)
    return valueError(op) << "'rotary_dim' is " << rotary
                          << ", expected an even number from 2 to " << *size;
  TensorType x = getTensor(op, "x");
  if (failed(checkShape(op, "angles", {1, *size, 1, x.getDim(3)})))
    return failure();
  results.push_back(x);
  return success();
}

LogicalResult inferCacheRead(const Operation &op, TypeList &results) {
  auto cache = op.getArgumentType("cache")
                   .castTo<StateType>()
                   .getWrappedType()
                   .getAs<TensorType>();
  if (!cache || cache.getRank() != 2)
    return shapeError(op) << "'cache' is " << op.getArgumentType("cache")
                          << ", expected a state of "
                          << toText({kDynamic, kDynamic});
  int64_t rows = getInteger(op, "rows").value_or(cache.getDim(0));
  if (rows < cache.getDim(0))
    return valueError(op) << "'rows' is " << rows << ", fewer than the "
                          << cache.getDim(0) << " of the cache";
  results.push_back(
      getTensorType(op, cache.getElementType(), {1, rows, 1, cache.getDim(1)}));
  return success();
}

LogicalResult inferCacheMask(const Operation &op, TypeList &results) {
  FailureOr<int64_t> rows = getCount(op, "rows");
  FailureOr<int64_t> columns = getCount(op, "columns");
  FailureOr<DataType> type = getDataType(
      op, "dtype", DataTypeSet{DataType::Float16, DataType::Float32});
  if (failed(rows) || failed(columns) || failed(type) ||
      failed(getCount(op, "window")) || failed(checkShape(op, "position", {1})))
    return failure();
  results.push_back(getTensorType(op, *type, {1, *rows, 1, *columns}));
  return success();
}

/// The columns of the call itself, which may be left out.
static LogicalResult checkOwnColumns(const Operation &op, int64_t columns) {
  if (op.hasBinding("k") != op.hasBinding("v"))
    return valueError(op) << "'" << (op.hasBinding("k") ? "k" : "v")
                          << "' is given without '"
                          << (op.hasBinding("k") ? "v" : "k") << "'";
  if (!op.hasBinding("k"))
    return success();
  if (failed(checkShape(op, "k", {1, kDynamic, 1, columns})))
    return failure();
  return checkShape(op, "v", {1, getTensor(op, "k").getDim(1), 1, columns});
}

LogicalResult inferMaskedAttention(const Operation &op, TypeList &results) {
  if (failed(checkShape(op, "q", {1, kDynamic, 1, kDynamic})) ||
      failed(checkShape(op, "k_rows", {1, kDynamic, 1, kDynamic})))
    return failure();
  TensorType q = getTensor(op, "q"), cached = getTensor(op, "k_rows");
  int64_t columns = q.getDim(3);
  bool hasOwn = op.hasBinding("k"), hasMask = op.hasBinding("mask");
  if (failed(checkOwnColumns(op, columns)) ||
      (hasMask && failed(checkShape(op, "mask", {1, kDynamic, 1, columns}))))
    return failure();
  llvm::StringRef keys = hasOwn ? "k" : "k_rows";
  int64_t width = hasOwn ? getTensor(op, "k").getDim(1) : cached.getDim(3);
  int64_t rows = hasMask ? getTensor(op, "mask").getDim(1) : cached.getDim(1);
  if (failed(checkShape(op, "k_rows", {1, rows, 1, width})) ||
      failed(checkShape(op, "v_rows", {1, rows, 1, width})))
    return failure();
  FailureOr<int64_t> size = getHeadSize(op, {"q"});
  if (failed(size) || failed(getCount(op, "window")))
    return failure();
  if (width != kDynamic && width % *size != 0)
    return shapeError(op) << "'head_dim' " << *size << " does not divide the "
                          << width << " channels of '" << keys << "'";
  if (q.getDim(1) != kDynamic && width != kDynamic &&
      (width == 0 || q.getDim(1) % width != 0))
    return shapeError(op) << "the " << width << " channels of '" << keys
                          << "' do not divide the " << q.getDim(1) << " of 'q'";
  results.push_back(q);
  return success();
}

} // namespace espresso::rules
