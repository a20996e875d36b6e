//===- Norms.cpp - Normalisations in many operations ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   d = x - mean(x)
//   d · (mean(d²) + ε)^-1/2,  d / √(mean(d²) + ε)   => layer_norm(x), or over
//                                                      spatial axes
//                                                      instance_norm
//   layer_norm(x) · γ + β                           => layer_norm(beta, gamma,
//   x)
//
// Means are reduce_mean over axes next to each other, which keep their axes;
// see Numbers.cpp for sums that are means. d must be one value: `cse` makes it
// so.
//
//===----------------------------------------------------------------------===//

#include "Formula.h"
#include "FusePatterns.h"

#include "../Fold/Affine.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Axes = llvm::SmallVector<int64_t, 4>;

/// The axes of a mean that keeps them, sorted; nothing for other operations.
static std::optional<Axes> getMeanAxes(Operation *mean) {
  if (!mean || !getFlag(*mean, "keep_dims") || !mean->getOperand("x"))
    return std::nullopt;
  int64_t rank = mean->getOperand("x")->getTensorType().getRank();
  std::optional<Axes> axes = getKnownAxes(*mean, "axes", rank);
  if (!axes || axes->empty())
    return std::nullopt;
  llvm::sort(*axes);
  for (size_t i = 1; i < axes->size(); ++i)
    if ((*axes)[i] != (*axes)[i - 1] + 1)
      return std::nullopt;
  return axes;
}

namespace {

/// `value + epsilon`, under a root.
struct Shifted {
  Value *value;
  double epsilon;
};

} // namespace

/// The v and ε of `v + ε`.
static std::optional<Shifted> getShifted(Value *value) {
  Operation *sum = getProducer(value, "add");
  std::optional<ValueAndNumber> parts = sum ? splitNumber(*sum) : std::nullopt;
  if (!parts)
    return std::nullopt;
  return Shifted{parts->value, parts->number};
}

/// The same if `value` is `(v + ε)^-1/2`.
static std::optional<Shifted> getInverseRoot(Value *value) {
  if (Operation *power = getProducer(value, "pow"))
    return isUniform(*power, "y", -0.5) ? getShifted(power->getOperand("x"))
                                        : std::nullopt;
  Operation *root = getProducer(value, "rsqrt");
  if (!root)
    return std::nullopt;
  Attribute own = getConstantOrDefault(*root, "epsilon");
  Value *x = root->getOperand("x");
  std::optional<Shifted> shifted = getShifted(x);
  if (!x || !own.getDense())
    return std::nullopt;
  if (!shifted)
    return Shifted{x, own.getReal()};
  shifted->epsilon += own.getReal();
  return shifted;
}

/// The same if `value` is `√(v + ε)`.
static std::optional<Shifted> getRoot(Value *value) {
  if (Operation *power = getProducer(value, "pow"))
    return isUniform(*power, "y", 0.5) ? getShifted(power->getOperand("x"))
                                       : std::nullopt;
  Operation *root = getProducer(value, "sqrt");
  return root ? getShifted(root->getOperand("x")) : std::nullopt;
}

static Value *makeNorm(Operation &op, Builder &builder, Value *x,
                       llvm::ArrayRef<int64_t> axes, double epsilon) {
  llvm::StringRef name = op.getResult()->getName();
  int64_t rank = x->getTensorType().getRank();
  DataType type = x->getTensorType().getElementType();
  // Of three axes, the last may be space or channels: channels, as in text.
  bool isSpatial = rank == 4 && axes.front() == 2 && axes.back() == 3;
  llvm::SmallVector<NamedArgument, 3> arguments = {
      {"x", x},
      {"epsilon", builder.createConstant(builder.getReal(epsilon, type),
                                         name + "_epsilon")}};
  if (!isSpatial)
    arguments.emplace_back(
        "axes",
        builder.createConstant(builder.getInt32s(axes), name + "_axes"));
  return builder
      .create(isSpatial ? "instance_norm" : "layer_norm", arguments,
              {op.getResult()->getType()}, name)
      ->getResult();
}

static Value *fuseNorm(Operation &op, Builder &builder, Value *deviation,
                       const std::optional<Shifted> &root) {
  Operation *difference = getProducer(deviation, "sub");
  Operation *variance =
      root ? getProducer(root->value, "reduce_mean") : nullptr;
  Value *x = difference ? difference->getOperand("x") : nullptr;
  Operation *mean =
      difference ? getProducer(difference->getOperand("y"), "reduce_mean")
                 : nullptr;
  std::optional<Axes> axes = getMeanAxes(mean);
  if (!x || !axes || !variance || axes != getMeanAxes(variance) ||
      mean->getOperand("x") != x || !ifSameType(x, op) ||
      !getFactors(variance->getOperand("x")).isSquareOf(deviation))
    return nullptr;
  return makeNorm(op, builder, x, *axes, root->epsilon);
}

static Value *fuseProduct(Operation &op, Builder &builder,
                          const PatternOptions &) {
  for (auto [a, b] : {std::pair("x", "y"), std::pair("y", "x")})
    if (std::optional<Shifted> root = getInverseRoot(op.getOperand(b)))
      if (Value *norm = fuseNorm(op, builder, op.getOperand(a), root))
        return norm;
  return nullptr;
}

static Value *fuseQuotient(Operation &op, Builder &builder,
                           const PatternOptions &) {
  return fuseNorm(op, builder, op.getOperand("x"), getRoot(op.getOperand("y")));
}

//===----------------------------------------------------------------------===//
// Gain and shift
//===----------------------------------------------------------------------===//

/// The axis that gain and shift of a norm run along; nothing if there are
/// several.
static std::optional<int64_t> getGainAxis(const Operation &norm) {
  if (norm.is("instance_norm"))
    return 1;
  std::optional<Axes> axes =
      getKnownAxes(norm, "axes", norm.getResult()->getTensorType().getRank());
  if (!axes || axes->size() != 1)
    return std::nullopt;
  return axes->front();
}

static Value *takeOverGain(Operation &op, Builder &builder,
                           const PatternOptions &) {
  llvm::StringRef input = op.is("mul") ? "gamma" : "beta";
  std::optional<ValueAndConstant> parts = splitConstant(op);
  Operation *norm = parts ? parts->value->getDefiningOp() : nullptr;
  if (!norm || !(norm->is("layer_norm") || norm->is("instance_norm")) ||
      !parts->value->hasOneUse() || !ifSameType(parts->value, op) ||
      !hasStaticShape(*parts->value) || norm->hasBinding("beta") ||
      norm->hasBinding(input))
    return nullptr;
  std::optional<int64_t> axis = getGainAxis(*norm);
  if (!axis)
    return nullptr;
  std::optional<std::vector<double>> gain =
      getAlongAxis(op, parts->constantInput,
                   parts->value->getTensorType().getShape(), *axis);
  if (!gain)
    return nullptr;
  Value *constant = builder.createConstant(
      makeVector(builder.getContext(),
                 parts->value->getTensorType().getElementType(), *gain),
      op.getResult()->getName() + "_" + input);
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(*norm, builder, mapping);
  copy->setOperand(builder.getContext().intern(input), constant);
  return copy->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"mul", fuseProduct},
    {"real_div", fuseQuotient},
    {"mul", takeOverGain},
    {"add", takeOverGain},
};

llvm::ArrayRef<PatternRow> getNormPatterns() { return kPatterns; }

} // namespace espresso
