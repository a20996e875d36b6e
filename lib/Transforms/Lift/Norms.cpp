//===- Norms.cpp - Norms of columns ---------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   w · x · (mean(x²) + ε)^-1/2   => espresso.rms_norm(epsilon = ε, weight = w,
//   x) layer_norm(x) over one axis   => espresso.layer_norm
//
// for a constant w along the one axis that the mean is over. x may be cast to
// fp32 before, and the product back: composites compute as they please.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "../Fold/Affine.h"
#include "../Fuse/Formula.h"

#include "espresso/Ops/Registry.h"

namespace espresso {

/// What `value` was before a cast between floats, or itself.
static Value *skipCast(Value *value) {
  Operation *cast = getProducer(value, "cast");
  Value *x = cast ? cast->getOperand("x") : nullptr;
  return x && isFloatTensor(*x) && isFloatTensor(*value) ? x : value;
}

namespace {

struct RmsCore {
  Value *x = nullptr;
  int64_t axis = 0;
  double epsilon = 0;
};

} // namespace

/// The parts of `(mean(x²) + ε)^-1/2`.
static std::optional<RmsCore> getRmsFactor(Value *value) {
  RmsCore core;
  Value *shifted = nullptr;
  if (Operation *power = getProducer(value, "pow"))
    shifted = isUniform(*power, "y", -0.5) ? power->getOperand("x") : nullptr;
  else if (Operation *root = getProducer(value, "rsqrt")) {
    shifted = root->getOperand("x");
    Attribute own = getConstantOrDefault(*root, "epsilon");
    core.epsilon = own.getDense() ? own.getReal() : 0;
  }
  Operation *sum = getProducer(shifted, "add");
  std::optional<ValueAndNumber> parts = sum ? splitNumber(*sum) : std::nullopt;
  Operation *mean = parts ? getProducer(parts->value, "reduce_mean") : nullptr;
  Value *square = mean ? mean->getOperand("x") : nullptr;
  if (!square || !getFlag(*mean, "keep_dims"))
    return std::nullopt;
  auto axes = getKnownAxes(*mean, "axes", square->getTensorType().getRank());
  Factors factors = getFactors(square);
  if (!axes || axes->size() != 1 || factors.values.empty() ||
      !factors.isSquareOf(factors.values[0]))
    return std::nullopt;
  core.epsilon += parts->number;
  core.axis = axes->front();
  core.x = factors.values[0];
  return core;
}

/// The parts of `x · (mean(x²) + ε)^-1/2`.
static std::optional<RmsCore> getRmsCore(Value *value) {
  Operation *product = getProducer(value, "mul");
  if (!product)
    return std::nullopt;
  for (auto [a, b] : {std::pair("x", "y"), std::pair("y", "x")}) {
    std::optional<RmsCore> core = getRmsFactor(product->getOperand(b));
    if (core && core->x == product->getOperand(a))
      return core;
  }
  return std::nullopt;
}

static Value *liftRmsNorm(Operation &op, Builder &builder,
                          const PatternOptions &) {
  std::optional<ValueAndConstant> parts = splitConstant(op);
  if (!parts || !hasStaticShape(*op.getResult()))
    return nullptr;
  std::optional<RmsCore> core = getRmsCore(skipCast(parts->value));
  if (!core)
    return nullptr;
  Value *x = skipCast(core->x);
  // In the type of the result, if x had it before it was widened.
  if (!ifSameType(x, op))
    x = core->x;
  if (!ifSameType(x, op))
    return nullptr;
  TensorType type = x->getTensorType();
  Attribute weight = op.getConstant(parts->constantInput);
  std::optional<std::vector<double>> gains =
      getAlongAxis(op, parts->constantInput, type.getShape(), core->axis);
  if (!gains)
    return nullptr;
  Context &context = builder.getContext();
  int64_t channels = type.getDim(core->axis);
  TensorType vector =
      TensorType::get(context, type.getElementType(), {channels});
  TensorType weightType = weight.getType().castTo<TensorType>();
  bool isWhole = weightType.getNumElements() == channels &&
                 weightType.getElementType() == type.getElementType();
  ColumnBuilder b(op, builder);
  Value *norm = b.create(
      "espresso.rms_norm",
      {{"epsilon", Attribute::real(context, core->epsilon, DataType::Float32)},
       {"weight",
        b.constant(isWhole ? reshapeConstant(weight, vector)
                           : makeVector(context, type.getElementType(), *gains),
                   "weight")},
       {"x", b.toColumns(x, core->axis)}},
      "norm");
  return b.fromColumns(norm, core->axis);
}

static Value *liftLayerNorm(Operation &op, Builder &builder,
                            const PatternOptions &) {
  Value *x = op.getOperand("x");
  if (!x || !hasStaticShape(*x) || !ifSameType(x, op))
    return nullptr;
  TensorType type = x->getTensorType();
  auto axes = getKnownAxes(op, "axes", type.getRank());
  Attribute epsilon = getConstantOrDefault(op, "epsilon");
  if (!axes || axes->size() != 1 || !epsilon.getDense())
    return nullptr;
  for (llvm::StringRef input : {"gamma", "beta"})
    if (op.hasBinding(input) && !op.getConstant(input))
      return nullptr;
  Context &context = builder.getContext();
  int64_t channels = type.getDim(axes->front());
  ColumnBuilder b(op, builder);
  auto gamma = op.hasBinding("gamma")
                   ? op.getConstant("gamma")
                   : makeVector(context, type.getElementType(),
                                std::vector<double>(channels, 1));
  llvm::SmallVector<NamedArgument, 4> arguments = {
      {"epsilon",
       Attribute::real(context, epsilon.getReal(), DataType::Float32)},
      {"gamma", b.constant(gamma, "gamma")}};
  if (op.hasBinding("beta"))
    arguments.emplace_back("beta", b.constant(op.getConstant("beta"), "beta"));
  arguments.emplace_back("x", b.toColumns(x, axes->front()));
  return b.fromColumns(b.create("espresso.layer_norm", arguments, "norm"),
                       axes->front());
}

static constexpr PatternRow kPatterns[] = {
    {"mul", liftRmsNorm},
    {"layer_norm", liftLayerNorm},
};

llvm::ArrayRef<PatternRow> getLiftedNormPatterns() { return kPatterns; }

} // namespace espresso
