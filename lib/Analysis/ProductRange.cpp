//===- ProductRange.cpp - Ranges of sums of products ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Σ w x for x in [low, high] lies between N·high + P·low and P·high + N·low,
// where P is the sum of the positive weights of a row and N that of the
// negative ones. A running sum, in whatever order, stays within the larger of
// what its positive and what its negative terms reach.
//
//===----------------------------------------------------------------------===//

#include "RangeSupport.h"

#include "espresso/Ops/Registry.h"

#include <algorithm>
#include <cmath>

namespace espresso {

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::optional<std::pair<llvm::StringRef, llvm::StringRef>>
getFactors(const Operation &op) {
  llvm::StringRef name = op.getName();
  if (name == "conv" || name == "linear" || name == "espresso.linear" ||
      name == "espresso.head")
    return std::pair<llvm::StringRef, llvm::StringRef>("x", "weight");
  if (name == "matmul")
    return std::pair<llvm::StringRef, llvm::StringRef>("x", "y");
  return std::nullopt;
}

static bool getFlag(const Operation &op, llvm::StringRef input) {
  Attribute value = getConstantOrDefault(op, input);
  return value && value.getDense() && value.getBool();
}

int64_t getContractionLength(const Operation &op) {
  if (!getFactors(op))
    return 0;
  if (op.is("matmul")) {
    TensorType x = op.getArgumentType("x").getAs<TensorType>();
    if (!x || x.getRank() == 0)
      return 0;
    bool isFirst = getFlag(op, "transpose_x") && x.getRank() > 1;
    return std::max<int64_t>(x.getDim(x.getRank() - (isFirst ? 2 : 1)), 0);
  }
  TensorType weight = op.getArgumentType("weight").getAs<TensorType>();
  if (!weight || !weight.hasStaticShape() || weight.getDim(0) == 0)
    return 0;
  return weight.getNumElements().value_or(0) / weight.getDim(0);
}

namespace {

/// Sums over the rows of a weight.
struct RowSums {
  double positive = 0;
  double negative = 0;
};

} // namespace

/// Strides of the rows and of what is summed in each: `weight` holds the
/// elements of row r at r · row + k · step, and again for each of `batches`.
struct RowLayout {
  int64_t batches = 1;
  int64_t rows = 1;
  int64_t length = 1;
  int64_t rowStride = 1;
  int64_t step = 1;
};

static RowLayout getRowLayout(const Operation &op, const Tensor &weight,
                              bool isLeft) {
  int64_t rank = weight.getRank();
  if (!op.is("matmul")) {
    int64_t rows = weight.getDim(0);
    int64_t length = weight.getNumElements() / std::max<int64_t>(rows, 1);
    return {1, rows, length, length, 1};
  }
  if (rank < 2)
    return {1, 1, weight.getNumElements(), 0, 1};
  int64_t outer = weight.getDim(rank - 2), inner = weight.getDim(rank - 1);
  int64_t batches =
      weight.getNumElements() / std::max<int64_t>(outer * inner, 1);
  bool isTransposed = getFlag(op, isLeft ? "transpose_x" : "transpose_y");
  // The last axis is summed over on the left, the last but one on the right.
  if (isLeft != isTransposed)
    return {batches, outer, inner, inner, 1};
  return {batches, inner, outer, 1, inner};
}

static std::vector<RowSums> sumRows(const Tensor &weight,
                                    const RowLayout &layout) {
  std::vector<RowSums> sums;
  visitNumbers(weight, [&](const auto &elements) {
    for (int64_t batch = 0; batch < layout.batches; ++batch)
      for (int64_t row = 0; row < layout.rows; ++row) {
        RowSums sum;
        int64_t start =
            batch * layout.rows * layout.length + row * layout.rowStride;
        for (int64_t k = 0; k < layout.length; ++k) {
          auto value = static_cast<double>(elements[start + k * layout.step]);
          (value > 0 ? sum.positive : sum.negative) += value;
        }
        sums.push_back(sum);
      }
  });
  return sums;
}

/// 0 times what is not known is 0.
static double scale(double sum, double bound) {
  return sum == 0 ? 0 : sum * bound;
}

/// Σ w x over the rows of a weight that is known.
static ValueRange rangeOfRows(llvm::ArrayRef<RowSums> rows,
                              const ValueRange &x) {
  ValueRange range{kInfinity, -kInfinity, std::nullopt, 0};
  for (const RowSums &row : rows) {
    range.low = std::min(range.low, scale(row.positive, x.low) +
                                        scale(row.negative, x.high));
    range.high = std::max(range.high, scale(row.positive, x.high) +
                                          scale(row.negative, x.low));
    // What all positive terms, or all negative ones, come to.
    double above = scale(row.positive, std::max(x.high, 0.0)) +
                   scale(row.negative, std::min(x.low, 0.0));
    double below = scale(row.positive, std::min(x.low, 0.0)) +
                   scale(row.negative, std::max(x.high, 0.0));
    range.accumulator = std::max({range.accumulator, above, -below});
  }
  return rows.empty() ? ValueRange() : range;
}

/// K products of unknown operands.
static ValueRange rangeOfPairs(const ValueRange &x, const ValueRange &y,
                               double length) {
  double bound = x.getMagnitude() * y.getMagnitude();
  bound = std::isnan(bound) ? kInfinity : bound * length;
  ValueRange range = ValueRange::between(-bound, bound);
  range.accumulator = bound;
  return range;
}

/// Convolutions see zeros beyond the edges.
static bool mayPad(const Operation &op) {
  if (!op.is("conv"))
    return false;
  Attribute padType = getConstantOrDefault(op, "pad_type");
  return !padType || padType.getString() != "valid";
}

static void addBias(Operation &op, const RangeMap &ranges, ValueRange &range) {
  if (!op.hasBinding("bias"))
    return;
  ValueRange bias = ranges.getArgument(op, "bias");
  range.low += bias.low;
  range.high += bias.high;
  range.accumulator += bias.getMagnitude();
  if (range.rms && bias.rms)
    range.rms = std::hypot(*range.rms, *bias.rms);
}

/// Rows of softmax, reshaped or not: weights of a mean.
static bool isSoftmaxRows(Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  while (op && op->is("reshape")) {
    TensorType from = op->getArgumentType("x").getAs<TensorType>();
    TensorType to = op->getResult()->getTensorType();
    if (!from || !to || from.getRank() == 0 || to.getRank() == 0 ||
        from.getShape().back() != to.getShape().back())
      return false;
    Value *source = op->getOperand("x");
    op = source ? source->getDefiningOp() : nullptr;
  }
  if (!op || !op->is("softmax"))
    return false;
  Attribute axis = getConstantOrDefault(*op, "axis");
  int64_t rank = op->getResult()->getTensorType().getRank();
  return axis && axis.getDense() &&
         (axis.getInteger() == -1 || axis.getInteger() == rank - 1);
}

static ValueRange rangeOfProduct(Operation &op, const RangeMap &ranges) {
  auto [left, right] = *getFactors(op);
  ValueRange x = ranges.getArgument(op, left);
  ValueRange y = ranges.getArgument(op, right);
  auto length = static_cast<double>(getContractionLength(op));
  if (mayPad(op)) {
    x.low = std::min(x.low, 0.0);
    x.high = std::max(x.high, 0.0);
  }
  ValueRange range = rangeOfPairs(x, y, length);
  if (op.is("matmul") && isSoftmaxRows(op.getOperand("x")) &&
      !getFlag(op, "transpose_x")) {
    range = ValueRange::between(y.low, y.high);
    range.accumulator = y.getMagnitude();
    return range;
  }
  auto read = [&](llvm::StringRef input) {
    Attribute constant = op.getConstant(input);
    return ranges.mayRead(constant) ? readConstant(constant) : std::nullopt;
  };
  if (std::optional<Tensor> weight = read(right))
    range = rangeOfRows(
        sumRows(*weight, getRowLayout(op, *weight, /*isLeft=*/false)), x);
  else if (std::optional<Tensor> first = read(left))
    range = rangeOfRows(
        sumRows(*first, getRowLayout(op, *first, /*isLeft=*/true)), y);
  if (x.rms && y.rms)
    range.rms = *x.rms * *y.rms * std::sqrt(length);
  addBias(op, ranges, range);
  return range;
}

RangeFn findProductRange(llvm::StringRef name) {
  return name == "conv" || name == "linear" || name == "matmul" ||
                 name == "espresso.linear" || name == "espresso.head"
             ? rangeOfProduct
             : nullptr;
}

} // namespace espresso
