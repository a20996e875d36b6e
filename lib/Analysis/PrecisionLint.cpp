//===- PrecisionLint.cpp - Where numbers may be lost ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/PrecisionLint.h"

#include "RangeSupport.h"

#include "espresso/Analysis/NormPattern.h"
#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace espresso {

using ane::RuleId;

/// A weight with a larger share of subnormal elements is worth a message.
static constexpr double kSubnormalShare = 0.01;

/// "1.5e+05", "0.001": four digits are enough to judge.
static std::string show(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g", value);
  return text;
}

/// With the digits that rounding to fp16 leaves.
static std::string showRounded(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6g", value);
  return text;
}

static bool isHalf(Type type) {
  auto tensor = type.getAs<TensorType>();
  return tensor && tensor.getElementType() == DataType::Float16;
}

namespace {

class Linter {
public:
  Linter(const RangeMap &ranges, const ane::Target &target, RangeOrigin origin)
      : ranges(ranges), target(target), origin(origin) {}

  std::vector<PrecisionFinding> run(Function &function);

private:
  void add(const Operation &op, RuleId rule, std::string message,
           std::optional<Severity> severity = std::nullopt);
  bool isObserved() const { return origin == RangeOrigin::Observed; }
  llvm::StringRef may() const { return isObserved() ? "" : "may "; }
  /// "reaches", "may reach".
  std::string reach() const { return isObserved() ? "reaches" : "may reach"; }

  void checkNorm(Operation &op);
  void checkOverflow(Operation &op);
  void checkProduct(Operation &op);
  void checkAccumulator(Operation &op);
  void checkConstants(Operation &op);
  void checkConstant(const Operation &op, const Attribute &value,
                     llvm::StringRef name);
  void checkComposite(const Operation &op);
  void checkMask(Operation &op);

  const RangeMap &ranges;
  const ane::Target &target;
  RangeOrigin origin;
  /// What norms account for.
  llvm::DenseSet<const Operation *> partsOfNorms;
  std::vector<PrecisionFinding> findings;
};

} // namespace

void Linter::add(const Operation &op, RuleId rule, std::string message,
                 std::optional<Severity> severity) {
  if (appliesTo(rule, target))
    findings.push_back({&op, rule,
                        severity.value_or(getSeverity(ane::getRule(rule))),
                        std::move(message)});
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// Sums of squares: known to be in range, known not to be, or up to what comes.
void Linter::checkNorm(Operation &op) {
  std::optional<NormPattern> norm = matchNorm(op);
  if (!norm || !isHalf(norm->sum->getResult()->getType()))
    return;
  for (Operation *part : {norm->squares, norm->sum, norm->mean})
    if (part)
      partsOfNorms.insert(part);
  const Value &centred = *norm->centred;
  ValueRange squares;
  if (const ValueRange *range = ranges.find(centred)) {
    double magnitude = range->getMagnitude();
    squares = ValueRange::between(0, static_cast<double>(norm->count) *
                                         magnitude * magnitude);
  }
  if (const ValueRange *range = ranges.find(*norm->sum->getResult());
      range && !norm->sum->is("reduce_mean") && !(range->high >= squares.high))
    squares = *range;
  if (squares.high <= kHalfMaximum)
    return;
  std::string subject =
      llvm::formatv("the sum of squares of '{0}' over {1} elements",
                    centred.getName(), norm->count);
  if (std::isfinite(squares.high))
    return add(*norm->sum, RuleId::NormOverflow,
               llvm::formatv("{0} {1} {2}, beyond 65504, the largest fp16",
                             subject, reach(), show(squares.high)));
  if (isObserved())
    return add(*norm->sum, RuleId::NormOverflow, subject + " is not finite");
  add(*norm->sum, RuleId::NormOverflow,
      llvm::formatv(
          "{0} overflows fp16 where their root mean square exceeds "
          "{1}",
          subject,
          show(std::sqrt(kHalfMaximum / static_cast<double>(norm->count)))));
}

void Linter::checkOverflow(Operation &op) {
  for (const auto &result : op.getResults()) {
    const ValueRange *range = ranges.find(*result);
    if (!range || !isHalf(result->getType()))
      continue;
    double magnitude = range->getMagnitude();
    // Without bounds everything may, which says nothing.
    if (magnitude <= kHalfMaximum ||
        (!std::isfinite(magnitude) && !isObserved()))
      continue;
    add(op, RuleId::Fp16Overflow,
        llvm::formatv("'{0}' {1} {2}, beyond 65504, the largest fp16",
                      result->getName(), reach(), show(magnitude)));
  }
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

static std::string getOperandName(const Operation &op, llvm::StringRef input) {
  Value *value = op.getOperand(input);
  return value ? value->getName().str() : input.str();
}

void Linter::checkProduct(Operation &op) {
  auto factors = getFactors(op);
  if (!factors || !isHalf(op.getResult()->getType()))
    return;
  ValueRange x = ranges.getArgument(op, factors->first);
  ValueRange y = ranges.getArgument(op, factors->second);
  auto least = static_cast<int>(*getLimit(ane::Limit::ProductExponent, target));
  if (!x.rms || !y.rms)
    return;
  double typical = *x.rms * *y.rms;
  // Of zeros nothing is lost.
  if (typical == 0 || typical >= std::ldexp(1.0, least))
    return;
  add(op, RuleId::SmallProduct,
      llvm::formatv("typical products of '{0}' (rms {1}) and '{2}' (rms {3}) "
                    "are 2^{4}, below 2^{5}: many {6}vanish",
                    getOperandName(op, factors->first), show(*x.rms),
                    getOperandName(op, factors->second), show(*y.rms),
                    show(std::log2(typical)), least, may()));
}

void Linter::checkAccumulator(Operation &op) {
  if (!getFactors(op) || !isHalf(op.getResult()->getType()))
    return;
  double bound = computeRange(op, ranges).accumulator;
  int64_t magnitude = *getLimit(ane::Limit::AccumulatorMagnitude, target);
  auto limit = static_cast<double>(magnitude);
  const ValueRange *result = ranges.find(*op.getResult());
  bool isCertain = isObserved() && result && result->getMagnitude() >= limit;
  if (isCertain)
    return add(op, RuleId::AccumulatorRange,
               llvm::formatv("sums of '{0}' reach {1}, and the accumulator "
                             "saturates at {2}",
                             op.getResult()->getName(),
                             show(result->getMagnitude()), magnitude));
  if (bound >= limit && std::isfinite(bound))
    add(op, RuleId::AccumulatorRange,
        llvm::formatv("running sums of '{0}' may reach {1}, and the "
                      "accumulator saturates at {2}",
                      op.getResult()->getName(), show(bound), magnitude));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static bool isSubnormal(double value) {
  return value != 0 && std::fabs(value) < kHalfNormal;
}

void Linter::checkConstant(const Operation &op, const Attribute &value,
                           llvm::StringRef name) {
  if (!value || !isHalf(value.getType()))
    return;
  std::optional<Tensor> tensor = readConstant(value);
  if (!tensor)
    return;
  int64_t numSubnormal = 0;
  double example = 0;
  visitNumbers(*tensor, [&](const auto &elements) {
    for (auto element : elements)
      if (isSubnormal(static_cast<double>(element))) {
        ++numSubnormal;
        example = static_cast<double>(element);
      }
  });
  int64_t count = tensor->getNumElements();
  if (numSubnormal == 0)
    return;
  if (count == 1)
    return add(op, RuleId::EpsSubnormal,
               llvm::formatv("'{0}' is {1}, subnormal in fp16, with fewer "
                             "digits than others",
                             name, show(example)));
  double share = static_cast<double>(numSubnormal) / static_cast<double>(count);
  if (share > kSubnormalShare)
    add(op, RuleId::EpsSubnormal,
        llvm::formatv("{0} of the {1} elements of '{2}' are subnormal in fp16",
                      numSubnormal, count, name));
}

void Linter::checkConstants(Operation &op) {
  if (op.is("const"))
    return checkConstant(op, op.getAttribute("val"), op.getResult()->getName());
  for (const auto &binding : op.getBindings())
    for (size_t i = 0; i < binding->size(); ++i)
      checkConstant(op, (*binding)[i].getLiteral(), binding->getName());
  // A number that a cast makes of another.
  if (op.is("cast") && isHalf(op.getResult()->getType())) {
    ValueRange x = getRange(op.getConstant("x"));
    if (x.low != x.high || x.low == 0)
      return;
    double rounded = roundToType(DataType::Float16, x.low);
    if (rounded == 0)
      add(op, RuleId::EpsSubnormal,
          llvm::formatv("{0} becomes 0 in fp16", show(x.low)), Severity::Error);
    else if (isSubnormal(rounded))
      add(op, RuleId::EpsSubnormal,
          llvm::formatv("{0} becomes {1}, subnormal in fp16", show(x.low),
                        showRounded(rounded)));
  }
}

/// Epsilons of composites are fp32 until they are lowered to the type of x;
/// those of operations are rounded by them.
void Linter::checkComposite(const Operation &op) {
  if (op.is("cast") || op.is("const") || op.getNumResults() == 0 ||
      !isHalf(op.getResult()->getType()))
    return;
  const InputDefinition *input = nullptr;
  if (const OpDefinition *definition = lookupOp(op))
    input = definition->findInput("epsilon");
  Attribute value = input ? op.getConstant("epsilon") : Attribute();
  if (!value || !value.getDense() || isHalf(value.getType()))
    return;
  double epsilon = value.getReal();
  double rounded = roundToType(DataType::Float16, epsilon);
  if (epsilon != 0 && rounded == 0)
    add(op, RuleId::EpsSubnormal,
        llvm::formatv("an epsilon of {0} becomes 0 in fp16", show(epsilon)),
        Severity::Error);
  else if (isSubnormal(rounded))
    add(op, RuleId::EpsSubnormal,
        llvm::formatv("an epsilon of {0} becomes {1}, subnormal in fp16",
                      show(epsilon), showRounded(rounded)));
}

/// Constants that are added, or chosen in place of scores.
void Linter::checkMask(Operation &op) {
  if (!op.is("add") && !op.is("select") && !op.is("sub"))
    return;
  auto limit = static_cast<double>(*getLimit(ane::Limit::MaskValue, target));
  for (llvm::StringRef input : {"x", "y", "a", "b"}) {
    Attribute value = op.getConstant(input);
    if (!value || !isHalf(value.getType()))
      continue;
    ValueRange range = getRange(value);
    double least = op.is("sub") && input == "y" ? -range.high : range.low;
    bool isKnown = !(range.low == -range.high && std::isinf(range.low));
    if (isKnown && least < limit)
      add(op, RuleId::MaskValue,
          llvm::formatv("'{0}' masks with {1}; what {2} adds to it leaves fp16",
                        getOperandName(op, input), show(least),
                        op.is("select") ? "one" : "a score"));
  }
}

std::vector<PrecisionFinding> Linter::run(Function &function) {
  function.walk([&](Operation &op) { checkNorm(op); });
  function.walk([&](Operation &op) {
    checkConstants(op);
    checkComposite(op);
    if (op.is("const"))
      return;
    checkMask(op);
    checkProduct(op);
    checkAccumulator(op);
    if (!partsOfNorms.contains(&op))
      checkOverflow(op);
  });
  // Norms were looked at first; put everything in the order of the text.
  llvm::DenseMap<const Operation *, unsigned> order;
  function.walk([&](Operation &op) { order[&op] = order.size(); });
  llvm::stable_sort(findings, [&](const auto &a, const auto &b) {
    return order.lookup(a.op) < order.lookup(b.op);
  });
  return std::move(findings);
}

std::vector<PrecisionFinding> lintPrecision(Function &function,
                                            const RangeMap &ranges,
                                            const ane::Target &target,
                                            RangeOrigin origin) {
  return Linter(ranges, target, origin).run(function);
}

} // namespace espresso
