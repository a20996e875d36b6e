//===- RescaleProducts.cpp - Powers of two around products ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The engine rounds products of convolutions, linear layers and products of
// matrices to multiples of 2^-16, and its accumulators saturate at 32,768.
// Where products would vanish, or sums saturate, a power of two moves from the
// result into the weight:
//
//   y = conv(x = x, weight = w)   =>   s = conv(x = x, weight = 2^k · w)
//                                      y = mul(x = s, y = 2^-k)
//
// Powers of two are exact in every float; only numbers that were subnormal, or
// become so, could be rounded, and the latter are not made: where it would
// happen, x is multiplied instead of w.
//
// How large products are follows from root mean squares: of weights exactly, of
// norms from their gain, of other activations as `activation-rms` assumes. k is
// bounded by what is known of sums and by what the weight may grow to.
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "../OpBuilder.h"
#include "../Replacement.h"

#include "espresso/Analysis/Ranges.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Target/ANE/Target.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/Support/Format.h"

#include <cmath>

namespace espresso {
namespace {

using ane::RuleId;

/// Powers of two between the exponent below which products vanish and where
/// they are brought: a tenth of them is still above it then.
constexpr int kMargin = 4;
/// What a running sum may reach, in root mean squares of the result.
constexpr double kPeaks = 16;
constexpr double kHalfMaximum = 65504;
/// The smallest fp16 is 2^-24.
constexpr int kHalfLast = -24;

class RescaleProductsPass : public RescaleProductsBase {
public:
  using RescaleProductsBase::RescaleProductsBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool rescale(Operation &op, RangeMap &ranges, double activationRms,
               PassContext &context);
  ane::Target target;
};

/// What is known of one product.
struct Product {
  llvm::StringRef activation;
  llvm::StringRef weight;
  ValueRange x, w;
  double typical = 0;
  /// Bound of running sums; infinite if it is not known.
  double accumulator = 0;
};

} // namespace

static Product analyze(Operation &op, const RangeMap &ranges,
                       double activationRms) {
  auto [left, right] = *getFactors(op);
  Product product{left, right, ranges.getArgument(op, left),
                  ranges.getArgument(op, right)};
  product.typical = product.x.rms.value_or(activationRms) *
                    product.w.rms.value_or(activationRms);
  product.accumulator = computeRange(op, ranges).accumulator;
  // Without bounds, what sums of independent terms hardly exceed.
  if (!std::isfinite(product.accumulator))
    product.accumulator =
        kPeaks * product.typical *
        std::sqrt(static_cast<double>(getContractionLength(op)));
  return product;
}

/// The exponent to multiply products by; 0 for none, nothing if what is needed
/// would spoil something else.
static std::optional<int> chooseExponent(const Product &product,
                                         const ane::Target &target) {
  auto limit =
      static_cast<double>(*getLimit(ane::Limit::AccumulatorMagnitude, target));
  auto least = static_cast<int>(*getLimit(ane::Limit::ProductExponent, target));
  double size = std::log2(product.typical);
  int room = static_cast<int>(
      std::floor(std::log2(limit / 2 / std::max(product.accumulator, 1e-300))));
  if (product.accumulator >= limit)
    return size + room >= least ? std::optional(room) : std::nullopt;
  if (size >= least)
    return 0;
  int growth = static_cast<int>(std::floor(
      std::log2(kHalfMaximum / std::max(product.w.getMagnitude(), 1e-300))));
  int exponent = static_cast<int>(std::ceil(least + kMargin - size));
  exponent = std::min({exponent, room, growth});
  return exponent > 0 ? std::optional(exponent) : std::nullopt;
}

/// Whether every element of the weight times 2^exponent is an fp16 as it is.
static bool isExact(const Attribute &weight, int exponent) {
  if (exponent >= 0)
    return true;
  DiagnosticEngine silent;
  silent.setHandler([](const Diagnostic &) {});
  FailureOr<Tensor> tensor =
      tensorFromAttribute(weight, {NumericsMode::Fp16}, silent);
  if (failed(tensor))
    return false;
  bool exact = true;
  visitNumbers(*tensor, [&](const auto &elements) {
    for (auto element : elements) {
      double steps =
          std::ldexp(static_cast<double>(element), exponent - kHalfLast);
      exact &= std::fabs(steps) >= 1024 || steps == std::floor(steps);
    }
  });
  return exact;
}

/// The constant of `input` times a power of two, as a new constant.
static Value *scaleConstant(OpBuilder &b, const Operation &op,
                            llvm::StringRef input, int exponent) {
  Attribute scaled = scaledBy(b.getContext(), op.getConstant(input), exponent,
                              (op.getResult()->getName() + "_" + input).str());
  return scaled ? b.constant(std::move(scaled), (input + "_scaled").str())
                : nullptr;
}

bool RescaleProductsPass::rescale(Operation &op, RangeMap &ranges,
                                  double activationRms, PassContext &context) {
  Product product = analyze(op, ranges, activationRms);
  if (!(product.typical > 0) || !product.w.rms)
    return false;
  std::optional<int> exponent = chooseExponent(product, target);
  if (exponent && *exponent == 0)
    return false;
  auto limit =
      static_cast<double>(*getLimit(ane::Limit::AccumulatorMagnitude, target));
  RuleId rule = product.accumulator >= limit ? RuleId::AccumulatorRange
                                             : RuleId::SmallProduct;
  if (!appliesTo(rule, target))
    return false;
  llvm::StringRef name = op.getResult()->getName();
  std::string typical;
  llvm::raw_string_ostream(typical)
      << "typical products of '" << name << "' are 2^"
      << llvm::format("%.1f", std::log2(product.typical))
      << (product.x.rms ? "" : " where activations are as assumed")
      << ", sums up to " << llvm::format("%.4g", product.accumulator);
  auto remark = [&]() {
    return std::move(context.emitRemark(op.getLocation())
                         .setRule(ane::getRule(rule).name))
           << typical;
  };
  // Of a run-time operand, or where digits would be lost, x takes the factor.
  Attribute weight = op.getConstant(product.weight);
  Attribute bias = op.hasBinding("bias") ? op.getConstant("bias") : Attribute();
  bool canScaleBias = !op.hasBinding("bias") || bias;
  if (!exponent || !canScaleBias ||
      (bias && bias.getBlob() && !bias.getBlob()->source)) {
    remark() << ": no power of two keeps both on the grid";
    return false;
  }
  OpBuilder b(op, name);
  bool scalesWeight = weight && isExact(weight, *exponent) &&
                      !(weight.getBlob() && !weight.getBlob()->source);
  Value *x = op.getOperand(product.activation);
  if (!scalesWeight && !x)
    return false;
  remark() << ": " << (scalesWeight ? "the weight" : "the input")
           << " is multiplied by 2^" << *exponent << ", the result divided";
  Builder &builder = b.getBuilder();
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *scaled = cloneOperation(op, builder, mapping);
  Context &ir = b.getContext();
  if (scalesWeight)
    scaled->setOperand(ir.intern(product.weight),
                       scaleConstant(b, op, product.weight, *exponent));
  else
    scaled->setOperand(
        ir.intern(product.activation),
        b.binary("mul", x,
                 b.real(std::ldexp(1.0, *exponent), DataType::Float16, "power"),
                 product.activation));
  if (bias)
    scaled->setOperand(ir.intern("bias"),
                       scaleConstant(b, op, "bias", *exponent));
  // Constants stand before what uses them.
  scaled->moveBefore(&op);
  Value *restored = b.binary(
      "mul", scaled->getResult(),
      b.real(std::ldexp(1.0, -*exponent), DataType::Float16, "inverse_power"),
      "restored");
  if (const ValueRange *range = ranges.find(*op.getResult())) {
    ValueRange same = *range;
    ranges.set(*restored, same);
  }
  replaceUses(*op.getResult(), *restored);
  ++numProducts;
  return true;
}

PassResult RescaleProductsPass::run(Function &function, PassContext &context) {
  std::string error;
  std::optional<ane::Target> found = ane::findTarget(options.chip, error);
  double activationRms;
  if (!found ||
      llvm::StringRef(options.activationRms).getAsDouble(activationRms) ||
      !(activationRms > 0)) {
    context.getDiagnostics()
            .emitError(function.getLocation())
            .setRule(getArgument())
        << (found ? "'activation-rms' expects a positive number, found '" +
                        options.activationRms + "'"
                  : error);
    return PassResult::Failed;
  }
  target = *found;
  llvm::SmallVector<Operation *> products;
  function.walk([&](Operation &op) {
    if (getFactors(op) && op.getNumResults() == 1 &&
        isIOS(function.getOpset()) &&
        getElementType(op.getResult()) == DataType::Float16)
      products.push_back(&op);
  });
  if (products.empty())
    return PassResult::Unchanged;
  RangeMap ranges = computeRanges(function);
  llvm::SmallVector<Operation *> replaced;
  for (Operation *op : products)
    if (rescale(*op, ranges, activationRms, context))
      replaced.push_back(op);
  // Ranges are known by value: nothing goes while they are used.
  for (Operation *op : replaced)
    eraseIfDead(*op);
  return changedIf(!replaced.empty());
}

std::unique_ptr<Pass>
createRescaleProductsPass(const RescaleProductsOptions &options) {
  return std::make_unique<RescaleProductsPass>(options);
}

} // namespace espresso
