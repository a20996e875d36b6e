//===- StructuralRange.cpp - Ranges of moves, reductions, composites ------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RangeSupport.h"

#include "espresso/Ops/Registry.h"

#include <algorithm>
#include <cmath>

namespace espresso {

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

/// The result has elements of x only.
static ValueRange rangeOfMove(Operation &op, const RangeMap &ranges) {
  ValueRange range = ranges.getArgument(op, "x");
  range.accumulator = 0;
  return range;
}

static ValueRange rangeOfList(Operation &op, const RangeMap &ranges) {
  llvm::SmallVector<Value *, 4> values = op.getOperands("values");
  const Binding *binding = op.findBinding("values");
  if (values.empty() || values.size() != binding->size())
    return {};
  std::optional<ValueRange> range;
  for (Value *value : values) {
    const ValueRange *part = ranges.find(*value);
    if (!part)
      return {};
    if (range)
      range->include(*part);
    else
      range = *part;
  }
  range->accumulator = 0;
  return *range;
}

static ValueRange rangeOfPad(Operation &op, const RangeMap &ranges) {
  ValueRange range = ranges.getArgument(op, "x");
  Attribute mode = getConstantOrDefault(op, "mode");
  if (mode && mode.getString() == "constant")
    range.include(ranges.getArgument(op, "constant_val"));
  return range;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Elements of x for each of the result; infinite if that is not known.
static double getReducedCount(const Operation &op) {
  TensorType from = op.getArgumentType("x").getAs<TensorType>();
  TensorType to = op.getResult()->getTensorType();
  if (!from || !to || !from.getNumElements() || !to.getNumElements() ||
      *to.getNumElements() == 0)
    return std::numeric_limits<double>::infinity();
  return static_cast<double>(*from.getNumElements()) /
         static_cast<double>(*to.getNumElements());
}

/// n terms between low and high; a sum of nothing is 0.
static ValueRange sum(const ValueRange &x, double count) {
  ValueRange range = ValueRange::between(x.low == 0 ? 0 : x.low * count,
                                         x.high == 0 ? 0 : x.high * count);
  return range;
}

static ValueRange rangeOfSum(Operation &op, const RangeMap &ranges) {
  return sum(ranges.getArgument(op, "x"), getReducedCount(op));
}

static ValueRange rangeOfSumSquare(Operation &op, const RangeMap &ranges) {
  double magnitude = ranges.getArgument(op, "x").getMagnitude();
  return sum(ValueRange::between(0, magnitude * magnitude),
             getReducedCount(op));
}

/// Between the least and the greatest element: means, extremes.
static ValueRange rangeOfMean(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  return ValueRange::between(x.low, x.high);
}

//===----------------------------------------------------------------------===//
// Norms and composites
//===----------------------------------------------------------------------===//

/// Of n normalised elements none exceeds the root of n; then weight and bias.
static ValueRange rangeOfAffineNorm(Operation &op, const RangeMap &ranges,
                                    double count, llvm::StringRef weight,
                                    llvm::StringRef bias) {
  double bound = std::sqrt(count);
  ValueRange range = ValueRange::between(-bound, bound);
  range.rms = 1.0;
  if (op.hasBinding(weight)) {
    ValueRange gain = ranges.getArgument(op, weight);
    double most = bound * gain.getMagnitude();
    range = ValueRange::between(-most, most);
    range.rms = gain.rms;
  }
  if (!bias.empty() && op.hasBinding(bias)) {
    ValueRange shift = ranges.getArgument(op, bias);
    range.low += shift.low;
    range.high += shift.high;
    if (range.rms && shift.rms)
      range.rms = std::hypot(*range.rms, *shift.rms);
    else
      range.rms.reset();
  }
  return range;
}

static ValueRange rangeOfLayerNorm(Operation &op, const RangeMap &ranges) {
  TensorType type = op.getResult()->getTensorType();
  Attribute axes = getConstantOrDefault(op, "axes");
  if (!type || !type.hasStaticShape())
    return {};
  double count = 1;
  if (axes && axes.getDense()) {
    for (int64_t axis : axes.getIntegers())
      count *= static_cast<double>(
          type.getDim(axis < 0 ? axis + type.getRank() : axis));
  } else {
    count = static_cast<double>(type.getNumElements().value_or(0));
  }
  return rangeOfAffineNorm(op, ranges, count, "gamma", "beta");
}

static ValueRange rangeOfRmsNormComposite(Operation &op,
                                          const RangeMap &ranges) {
  TensorType type = op.getResult()->getTensorType();
  return rangeOfAffineNorm(op, ranges, static_cast<double>(type.getDim(1)),
                           "weight", "");
}

static ValueRange rangeOfLayerNormComposite(Operation &op,
                                            const RangeMap &ranges) {
  TensorType type = op.getResult()->getTensorType();
  return rangeOfAffineNorm(op, ranges, static_cast<double>(type.getDim(1)),
                           "gamma", "beta");
}

/// A rotation of pairs: lengths stay, so that an element grows by at most the
/// root of 2.
static ValueRange rangeOfRope(Operation &op, const RangeMap &ranges) {
  ValueRange x = ranges.getArgument(op, "x");
  double bound = std::sqrt(2.0) * x.getMagnitude();
  ValueRange range = ValueRange::between(-bound, bound);
  range.rms = x.rms;
  return range;
}

/// A mean of values, weighted by softmax.
static ValueRange rangeOfAttention(Operation &op, const RangeMap &ranges) {
  ValueRange v = ranges.getArgument(op, op.hasBinding("value") ? "value" : "v");
  return ValueRange::between(v.low, v.high);
}

static ValueRange rangeOfEmbedding(Operation &op, const RangeMap &ranges) {
  return ranges.getArgument(op, "table");
}

static constexpr struct {
  llvm::StringLiteral name;
  RangeFn fn;
} kRows[] = {
    {"avg_pool", rangeOfMean},
    {"cast", rangeOfMove},
    {"concat", rangeOfList},
    {"espresso.causal_attention", rangeOfAttention},
    {"espresso.embedding", rangeOfEmbedding},
    {"espresso.layer_norm", rangeOfLayerNormComposite},
    {"espresso.rms_norm", rangeOfRmsNormComposite},
    {"espresso.rope", rangeOfRope},
    {"expand_dims", rangeOfMove},
    {"flatten2d", rangeOfMove},
    {"gather", rangeOfMove},
    {"identity", rangeOfMove},
    {"layer_norm", rangeOfLayerNorm},
    {"max_pool", rangeOfMean},
    {"pad", rangeOfPad},
    {"reduce_max", rangeOfMean},
    {"reduce_mean", rangeOfMean},
    {"reduce_min", rangeOfMean},
    {"reduce_sum", rangeOfSum},
    {"reduce_sum_square", rangeOfSumSquare},
    {"reshape", rangeOfMove},
    {"reverse", rangeOfMove},
    {"scaled_dot_product_attention", rangeOfAttention},
    {"slice_by_index", rangeOfMove},
    {"slice_by_size", rangeOfMove},
    {"sliding_windows", rangeOfMove},
    {"split", rangeOfMove},
    {"squeeze", rangeOfMove},
    {"stack", rangeOfList},
    {"tile", rangeOfMove},
    {"transpose", rangeOfMove},
};

RangeFn findStructuralRange(llvm::StringRef name) {
  for (const auto &row : kRows)
    if (row.name == name)
      return row.fn;
  return nullptr;
}

} // namespace espresso
