//===- Operators.cpp - Operations in other words --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "Legalize.h"

#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"

#include <cmath>
#include <numbers>

namespace espresso {

using ane::RuleId;

std::optional<llvm::SmallVector<int64_t, 4>>
getIntegers(const Operation &op, llvm::StringRef input) {
  Attribute value = getConstantOrDefault(op, input);
  auto type = value ? value.getType().getAs<TensorType>() : TensorType();
  if (!type || !value.getDense() || isFloat(type.getElementType()) ||
      type.getElementType() == DataType::String)
    return std::nullopt;
  return value.getIntegers();
}

static DataType getType(const Operation &op) {
  return *getElementType(op.getResult());
}

/// rsqrt(x) => pow(x + epsilon, -0.5)
static Value *rewriteRsqrt(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  Attribute epsilon = getConstantOrDefault(op, "epsilon");
  if (!x || !epsilon || !epsilon.getDense())
    return nullptr;
  legalizer.remark(op, RuleId::Rsqrt) << "'rsqrt' becomes a power";
  DataType type = getType(op);
  double rounded = roundToType(type, epsilon.getReal());
  if (rounded != 0)
    x = b.binary("add", x, b.real(rounded, type, "epsilon"), "shifted");
  return b.binary("pow", x, b.real(-0.5, type, "minus_half"), "pow");
}

/// reduce_mean(x) => reduce_sum(x) · 1/n
static Value *rewriteReduceMean(Operation &op, OpBuilder &b,
                                Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  TensorType from = x ? x->getTensorType() : TensorType();
  TensorType to = op.getResult()->getTensorType();
  if (!from || !from.hasStaticShape() || !to.hasStaticShape() ||
      !isFloat(to.getElementType()) || *to.getNumElements() == 0)
    return nullptr;
  double count = static_cast<double>(*from.getNumElements()) /
                 static_cast<double>(*to.getNumElements());
  legalizer.remark(op, RuleId::ReduceMean) << "'reduce_mean' becomes a sum";
  llvm::SmallVector<NamedArgument, 3> args{{"x", x}};
  for (llvm::StringRef input : {"axes", "keep_dims"})
    if (const Binding *binding = op.findBinding(input)) {
      const Argument &argument = binding->getSingle();
      if (argument.getValue())
        args.emplace_back(input, argument.getValue());
      else
        args.emplace_back(input, argument.getLiteral());
    }
  Value *sum = b.create("reduce_sum", args, "sum");
  return b.binary("mul", sum, b.real(1 / count, getType(op), "inverse"),
                  "mean");
}

/// gelu(x) => x · (1 + erf(x/√2)) / 2, or the approximation it names.
static Value *rewriteGelu(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  Attribute mode = getConstantOrDefault(op, "mode");
  if (!x || !mode)
    return nullptr;
  legalizer.remark(op, RuleId::GeluOp) << "'gelu' becomes primitives";
  DataType type = getType(op);
  if (mode.getString() == "SIGMOID_APPROXIMATION") {
    Value *scaled = b.binary("mul", x, b.real(1.702, type, "slope"), "scaled");
    Value *gate = b.create("sigmoid", {{"x", scaled}}, "sigmoid");
    return b.binary("mul", x, gate, "gelu");
  }
  Value *inner = nullptr;
  if (mode.getString() == "TANH_APPROXIMATION") {
    // √(2/π) (x + 0.044715 x³), as x · (√(2/π) + √(2/π) 0.044715 x²).
    double root = std::sqrt(2 / std::numbers::pi);
    Value *square = b.binary("mul", x, x, "square");
    Value *cubic =
        b.binary("mul", square, b.real(root * 0.044715, type, "cubic"), "term");
    Value *factor =
        b.binary("add", cubic, b.real(root, type, "linear"), "factor");
    inner = b.create("tanh", {{"x", b.binary("mul", x, factor, "argument")}},
                     "tanh");
  } else {
    Value *scaled = b.binary(
        "mul", x, b.real(std::numbers::sqrt2 / 2, type, "inverse_root"),
        "scaled");
    inner = b.create("erf", {{"x", scaled}}, "erf");
  }
  Value *sum = b.binary("add", inner, b.real(1, type, "one"), "sum");
  Value *half = b.binary("mul", x, b.real(0.5, type, "half"), "half_x");
  return b.binary("mul", half, sum, "gelu");
}

/// The shape under which a vector over `axes` is broadcast to `rank` axes.
static Value *alignToAxes(OpBuilder &b, Operation &op, llvm::StringRef input,
                          llvm::ArrayRef<int64_t> axes, TensorType type) {
  llvm::SmallVector<int64_t, 6> shape(type.getRank(), 1);
  for (int64_t axis : axes)
    shape[axis] = type.getDim(axis);
  if (Attribute value = op.getConstant(input))
    return b.constant(withShape(b.getContext(), value, shape), input);
  return b.reshape(op.getOperand(input), shape, input);
}

/// layer_norm(x, gamma, beta) => layer_norm(x) · gamma + beta
static Value *rewriteLayerNorm(Operation &op, OpBuilder &b,
                               Legalizer &legalizer) {
  TensorType type = op.getResult()->getTensorType();
  bool hasGamma = op.hasBinding("gamma"), hasBeta = op.hasBinding("beta");
  std::optional<llvm::SmallVector<int64_t, 4>> axes = getIntegers(op, "axes");
  if ((!hasGamma && !hasBeta) || !axes || !type.hasStaticShape())
    return nullptr;
  for (int64_t &axis : *axes)
    axis = axis < 0 ? axis + type.getRank() : axis;
  legalizer.remark(op, RuleId::LayernormAffine)
      << "gain and shift leave 'layer_norm'";
  llvm::SmallVector<NamedArgument, 3> args{{"x", op.getOperand("x")},
                                           {"axes", b.ints(*axes, "axes")}};
  if (Value *epsilon = op.getOperand("epsilon"))
    args.emplace_back("epsilon", epsilon);
  else if (Attribute literal = op.getConstant("epsilon"))
    args.emplace_back("epsilon", b.constant(literal, "epsilon"));
  Value *value = b.create("layer_norm", args, "hat");
  if (hasGamma)
    value = b.binary("mul", value, alignToAxes(b, op, "gamma", *axes, type),
                     "scaled");
  if (hasBeta)
    value = b.binary("add", value, alignToAxes(b, op, "beta", *axes, type),
                     "shifted");
  return value;
}

/// slice_by_index with steps of one => slice_by_size, reshape
static Value *rewriteSlice(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  TensorType type = x ? x->getTensorType() : TensorType();
  auto begin = getIntegers(op, "begin"), end = getIntegers(op, "end");
  if (!type || !type.hasStaticShape() || !begin || !end)
    return nullptr;
  auto rank = static_cast<size_t>(type.getRank());
  // Absent vectors are all ones, or all false.
  auto getOr = [&](llvm::StringRef input, int64_t fallback) {
    if (!op.hasBinding(input))
      return std::optional(llvm::SmallVector<int64_t, 4>(rank, fallback));
    return getIntegers(op, input);
  };
  auto stride = getOr("stride", 1), beginMask = getOr("begin_mask", 0),
       endMask = getOr("end_mask", 0), squeeze = getOr("squeeze_mask", 0);
  if (!stride || !beginMask || !endMask || !squeeze)
    return nullptr;
  for (const auto *list :
       {&*begin, &*end, &*stride, &*beginMask, &*endMask, &*squeeze})
    if (list->size() != rank)
      return nullptr;
  llvm::SmallVector<int64_t, 4> from, size;
  bool isSqueezed = false;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t extent = type.getDim(axis);
    auto wrap = [&](int64_t i) {
      return std::clamp<int64_t>(i < 0 ? i + extent : i, 0, extent);
    };
    if ((*stride)[axis] != 1)
      return nullptr;
    int64_t first = (*beginMask)[axis] ? 0 : wrap((*begin)[axis]);
    int64_t last = (*endMask)[axis] ? extent : wrap((*end)[axis]);
    if ((*squeeze)[axis])
      last = first + 1;
    if (first >= last || last > extent)
      return nullptr;
    isSqueezed |= (*squeeze)[axis] != 0;
    from.push_back(first);
    size.push_back(last - first);
  }
  legalizer.remark(op, RuleId::SliceByIndex)
      << "'slice_by_index' becomes 'slice_by_size'";
  Value *sliced = b.create("slice_by_size",
                           {{"x", x},
                            {"begin", b.ints(from, "begin")},
                            {"size", b.ints(size, "size")}},
                           "slice");
  return isSqueezed
             ? b.reshape(sliced, op.getResult()->getTensorType().getShape(),
                         "squeezed")
             : sliced;
}

/// An element-wise operation on more axes than there may be => the same on
/// leading axes folded into one.
static Value *foldLeadingAxes(Operation &op, OpBuilder &b,
                              Legalizer &legalizer) {
  const OpDefinition *definition = lookupOp(op);
  TensorType type =
      op.getNumResults() == 1 ? op.getResult()->getTensorType() : TensorType();
  auto limit = *getLimit(ane::Limit::MaxRank, legalizer.target);
  if (!definition || !definition->hasTrait(OpTrait_Elementwise) || !type ||
      type.getRank() <= limit || !type.hasStaticShape())
    return nullptr;
  llvm::SmallVector<int64_t, 6> folded(type.getShape().end() - (limit - 1),
                                       type.getShape().end());
  int64_t rest = 1;
  for (int64_t dim : type.getShape().drop_back(limit - 1))
    rest *= dim;
  folded.insert(folded.begin(), rest);
  llvm::SmallVector<NamedArgument, 4> args;
  for (const auto &binding : op.getBindings()) {
    if (binding->size() != 1)
      return nullptr;
    const Argument &argument = binding->getSingle();
    TensorType given =
        op.getArgumentType(binding->getName()).getAs<TensorType>();
    bool isFull = given && given.getShape() == type.getShape();
    if (!isFull && (!given || given.getRank() > 0))
      return nullptr;
    if (argument.getValue())
      args.emplace_back(binding->getName(), argument.getValue());
    else
      args.emplace_back(binding->getName(), argument.getLiteral());
  }
  legalizer.remark(op, RuleId::RankMax)
      << "rank " << type.getRank() << " of '" << op.getResult()->getName()
      << "' is folded to " << limit;
  for (NamedArgument &argument : args)
    if (!argument.values.empty() &&
        argument.values[0]->getTensorType().getRank() > 0)
      argument.values[0] = b.reshape(argument.values[0], folded, argument.name);
  Value *value = b.create(op.getName(), args, "folded");
  return b.reshape(value, type.getShape(), "unfolded");
}

static constexpr LegalizationRow kRows[] = {
    {"rsqrt", RuleId::Rsqrt, rewriteRsqrt},
    {"reduce_mean", RuleId::ReduceMean, rewriteReduceMean},
    {"gelu", RuleId::GeluOp, rewriteGelu},
    {"layer_norm", RuleId::LayernormAffine, rewriteLayerNorm},
    {"slice_by_index", RuleId::SliceByIndex, rewriteSlice},
    {"", RuleId::RankMax, foldLeadingAxes},
};

llvm::ArrayRef<LegalizationRow> getOperatorLegalizations() { return kRows; }

} // namespace espresso
