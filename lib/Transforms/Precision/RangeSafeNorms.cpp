//===- RangeSafeNorms.cpp - Norms that cannot overflow --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A norm does not change if x is divided by s and epsilon by s²:
//
//   y = x · (Σ x²/C + ε)^-1/2  =>  s = max(max |x|, floor)
//                                  u = x / s
//                                  y = u · (Σ u²/C + (√ε / s)²)^-1/2
//
// No |u| exceeds 1, so that the sum is C at most. ε is carried as its root,
// which is a normal number of fp16 where ε is subnormal; floor keeps its
// quotient within fp16, also where x is zero. Where the range of x is known
// and a power of two brings both the sum and ε into the normal range, s is that
// power: nothing but ε is rounded. A layer norm is scaled before its mean is
// formed, for the sum behind the mean overflows as well.
//
// Left alone are norms in other types than fp16, and those that are known to be
// safe already, those made by this pass among them.
//
//===----------------------------------------------------------------------===//

#include "../OpBuilder.h"
#include "../Replacement.h"

#include "espresso/Analysis/NormPattern.h"
#include "espresso/Analysis/Ranges.h"
#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Target/ANE/Target.h"
#include "espresso/Transforms/Passes.h"

#include <cmath>

namespace espresso {
namespace {

constexpr double kHalfMaximum = 65504;
constexpr double kHalfNormal = 0x1p-14;
/// What √ε / s may be, so that its square is half of the range of fp16.
constexpr double kLargestRoot = 128;

class RangeSafeNormsPass : public RangeSafeNormsBase {
public:
  using RangeSafeNormsBase::RangeSafeNormsBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool rewrite(const NormPattern &norm, RangeMap &ranges, PassContext &context);
};

/// A norm with what is before its squares.
struct Norm {
  NormPattern pattern;
  /// What is scaled: x, also of a layer norm.
  Value *input = nullptr;
  /// The subtraction of the mean; null for RMS norms.
  Operation *centring = nullptr;
  llvm::SmallVector<int64_t, 4> axes;
};

} // namespace

/// The mean of `x` over the same axes: `reduce_mean`, or a sum times 1/C.
static bool isMeanOf(Value *mean, Value *x, const NormPattern &norm) {
  Operation *op = mean ? mean->getDefiningOp() : nullptr;
  if (op && op->is("mul")) {
    Value *sum = op->getOperand("x");
    if (!sum || !sum->getDefiningOp() ||
        !sum->getDefiningOp()->is("reduce_sum"))
      sum = op->getOperand("y");
    op = sum ? sum->getDefiningOp() : nullptr;
    if (!op || !op->is("reduce_sum"))
      return false;
  } else if (!op || !op->is("reduce_mean")) {
    return false;
  }
  Attribute axes = getConstantOrDefault(*op, "axes");
  return op->getOperand("x") == x && axes &&
         axes == getConstantOrDefault(*norm.sum, "axes");
}

/// The axes of the sum, if it keeps them; nothing otherwise.
static std::optional<Norm> analyze(const NormPattern &pattern) {
  Norm norm{pattern, pattern.centred, nullptr, {}};
  Attribute axes = getConstantOrDefault(*pattern.sum, "axes");
  Attribute keep = getConstantOrDefault(*pattern.sum, "keep_dims");
  if (!axes || !axes.getDense() || !keep || !keep.getDense() || !keep.getBool())
    return std::nullopt;
  norm.axes = axes.getIntegers();
  Operation *centring = pattern.centred->getDefiningOp();
  if (centring && centring->is("sub"))
    if (Value *x = centring->getOperand("x");
        x && isMeanOf(centring->getOperand("y"), x, pattern)) {
      norm.centring = centring;
      norm.input = x;
    }
  return norm;
}

/// Whether no sum of squares of elements up to `magnitude` overflows, with room
/// for the order in which it is formed.
static bool isSafe(double magnitude, int64_t count) {
  return static_cast<double>(count) * magnitude * magnitude <= kHalfMaximum / 2;
}

/// An exponent e such that 2^e x is safe and ε 4^e is a normal number, nothing
/// if there is none.
static std::optional<int> chooseExponent(double magnitude,
                                         const NormPattern &norm) {
  if (!std::isfinite(magnitude) || magnitude == 0)
    return std::nullopt;
  int upper = static_cast<int>(std::floor(
      std::log2(std::sqrt(kHalfMaximum / 2 / static_cast<double>(norm.count)) /
                magnitude)));
  int lower = upper;
  if (norm.epsilon > 0)
    lower = static_cast<int>(
        std::ceil(std::log2(std::sqrt(kHalfNormal / norm.epsilon))));
  // Nearest to no change.
  int exponent = upper >= 0 ? std::min(std::max(lower, 0), upper) : upper;
  if (exponent < lower && norm.epsilon > 0)
    return std::nullopt;
  return exponent;
}

/// x / max(max |x|, floor).
static Value *divideByMaximum(OpBuilder &b, const Norm &norm, double floor,
                              Value *&divisor) {
  Value *magnitude = b.create("abs", {{"x", norm.input}}, "abs");
  Value *largest = b.reduce("reduce_max", magnitude, norm.axes, "max");
  divisor = b.binary("maximum", largest,
                     b.real(floor, DataType::Float16, "floor"), "scale");
  return b.binary("real_div", norm.input, divisor, "scaled");
}

/// The rest of the norm of `scaled`, with `shift` in place of epsilon.
static Value *buildNorm(OpBuilder &b, const Norm &norm, Value *scaled,
                        Value *shift) {
  Value *centred = scaled;
  if (norm.centring) {
    Value *sum = b.reduce("reduce_sum", scaled, norm.axes, "sum");
    double inverse = 1 / static_cast<double>(norm.pattern.count);
    Value *mean = b.binary(
        "mul", sum, b.real(inverse, DataType::Float16, "inv_count"), "mean");
    centred = b.binary("sub", scaled, mean, "centred");
  }
  Value *squares = b.binary("mul", centred, centred, "sq");
  Value *sum = b.reduce("reduce_sum", squares, norm.axes, "sq_sum");
  Value *mean = b.binary(
      "mul", sum, b.real(norm.pattern.factor, DataType::Float16, "factor"),
      "sq_mean");
  if (shift)
    mean = b.binary("add", mean, shift, "sq_eps");
  Value *root = b.binary("pow", mean,
                         b.real(-0.5, DataType::Float16, "minus_half"), "rstd");
  return b.binary("mul", centred, root, "hat");
}

bool RangeSafeNormsPass::rewrite(const NormPattern &pattern, RangeMap &ranges,
                                 PassContext &context) {
  std::optional<Norm> norm = analyze(pattern);
  if (!norm)
    return false;
  const ValueRange *range = ranges.find(*norm->input);
  double magnitude =
      range ? range->getMagnitude() : std::numeric_limits<double>::infinity();
  bool isNormal = pattern.epsilon == 0 || pattern.epsilon >= kHalfNormal;
  // The elements of a layer norm less their mean are twice as large at most.
  double factor = norm->centring ? 2 : 1;
  if (isNormal && isSafe(factor * magnitude, pattern.count))
    return false;

  Operation &result = *pattern.result;
  OpBuilder b(result, result.getResult()->getName());
  std::optional<int> exponent;
  if (options.scale != "max-abs")
    exponent = chooseExponent(factor * magnitude, pattern);
  InFlightDiagnostic remark = context.emitRemark(result.getLocation());
  remark.setRule(ane::getRule(isSafe(factor * magnitude, pattern.count)
                                  ? ane::RuleId::EpsSubnormal
                                  : ane::RuleId::NormOverflow)
                     .name);
  Value *scaled = nullptr, *shift = nullptr;
  if (exponent) {
    remark << "norm of '" << norm->input->getName() << "' over "
           << pattern.count << " elements is scaled by 2^" << *exponent
           << ", for no element exceeds " << magnitude;
    scaled =
        b.binary("mul", norm->input,
                 b.real(std::ldexp(1.0, *exponent), DataType::Float16, "power"),
                 "scaled");
    if (pattern.epsilon > 0)
      shift = b.real(std::ldexp(pattern.epsilon, 2 * *exponent),
                     DataType::Float16, "epsilon");
  } else {
    remark << "norm of '" << norm->input->getName() << "' over "
           << pattern.count
           << " elements is divided by its largest element, and epsilon by "
              "the square of it";
    double root = std::sqrt(pattern.epsilon);
    double floor = std::max(
        kHalfNormal,
        std::exp2(std::ceil(std::log2(std::max(root, 1e-30) / kLargestRoot))));
    Value *divisor = nullptr;
    scaled = divideByMaximum(b, *norm, floor, divisor);
    if (pattern.epsilon > 0) {
      Value *quotient =
          b.binary("real_div", b.real(root, DataType::Float16, "epsilon_root"),
                   divisor, "epsilon_quotient");
      shift = b.binary("mul", quotient, quotient, "epsilon");
    }
  }
  Value *value = buildNorm(b, *norm, scaled, shift);
  if (const ValueRange *known = ranges.find(*result.getResult())) {
    ValueRange same = *known;
    ranges.set(*value, same);
  }
  replaceUses(*result.getResult(), *value);
  ++numNorms;
  return true;
}

PassResult RangeSafeNormsPass::run(Function &function, PassContext &context) {
  llvm::SmallVector<Operation *> ends;
  function.walk([&](Operation &op) {
    std::optional<NormPattern> norm = matchNorm(op);
    if (norm && !norm->variableEpsilon &&
        getElementType(norm->sum->getResult()) == DataType::Float16)
      ends.push_back(&op);
  });
  if (ends.empty())
    return PassResult::Unchanged;
  RangeAssumptions assumptions;
  if (options.maxElements > 0)
    assumptions.maxElements = options.maxElements;
  RangeMap ranges = computeRanges(function, assumptions);
  llvm::SmallVector<Operation *> replaced;
  for (Operation *op : ends)
    if (rewrite(*matchNorm(*op), ranges, context))
      replaced.push_back(op);
  // Ranges are known by value: nothing goes while they are used.
  for (Operation *op : llvm::reverse(replaced))
    eraseIfDead(*op);
  return changedIf(!replaced.empty());
}

std::unique_ptr<Pass>
createRangeSafeNormsPass(const RangeSafeNormsOptions &options) {
  return std::make_unique<RangeSafeNormsPass>(options);
}

} // namespace espresso
