//===- Quantized.cpp - Numbers in and out of bytes ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   quantize(input = dequantize(input = x))            => x
//   quantize(input = reshape(x = dequantize(input = x))) => reshape(x = x), and
//   so
//                                                      with transpose, squeeze,
//                                                      …
//   quantize or dequantize with a zero point of 0      => without
//   quantize(input = add(x = dequantize(scale = s), y = dequantize(scale = t)),
//            scale = u)
//                          => the same with the scales s/t, 1 and u/t, if t is
//                          a
//                             power of two
//
// if both have one scale and one zero point, the same: what comes out is what
// went in. A scale for each channel is the same only without a change of axes.
//
//===----------------------------------------------------------------------===//

#include "FusePatterns.h"

#include "../ConstantViews.h"
#include "../Fold/Affine.h"
#include "../Patterns/Match.h"

#include <cmath>

namespace espresso {

static bool haveEqualScales(const Operation &a, const Operation &b,
                            bool areAxesKept) {
  for (llvm::StringRef input : {"scale", "zero_point", "axis"})
    if (a.hasBinding(input) != b.hasBinding(input) ||
        a.getConstant(input) != b.getConstant(input) ||
        (a.hasBinding(input) && !a.getConstant(input)))
      return false;
  auto scale = a.getArgumentType("scale").getAs<TensorType>();
  return scale && (areAxesKept || scale.getRank() == 0);
}

static bool isMove(const Operation &op) {
  return op.is("reshape") || op.is("transpose") || op.is("expand_dims") ||
         op.is("squeeze");
}

static Value *removePair(Operation &op, Builder &builder,
                         const PatternOptions &) {
  // Longer chains are unheard of.
  constexpr size_t kMaxMoves = 8;
  llvm::SmallVector<Operation *, 2> moves;
  Value *value = op.getOperand("input");
  while (value && value->getDefiningOp() && isMove(*value->getDefiningOp()) &&
         value->hasOneUse() && moves.size() < kMaxMoves) {
    moves.push_back(value->getDefiningOp());
    value = value->getDefiningOp()->getOperand("x");
  }
  Operation *inner = getProducer(value, "dequantize");
  Value *source = inner ? inner->getOperand("input") : nullptr;
  TensorType type = op.getResult()->getTensorType();
  if (!source || !type || !haveEqualScales(op, *inner, moves.empty()) ||
      source->getTensorType().getElementType() != type.getElementType())
    return nullptr;
  if (moves.empty())
    return ifSameType(source, op);
  Value *made = source;
  for (size_t i = moves.size(); i-- > 0;) {
    llvm::DenseMap<const Value *, Value *> mapping = {
        {moves[i]->getOperand("x"), made}};
    made = cloneOperation(*moves[i], builder, mapping)->getResult();
    made->setType(TensorType::get(builder.getContext(), type.getElementType(),
                                  made->getTensorType().getShape()));
  }
  return made;
}

static Value *removeZeroPoint(Operation &op, Builder &builder,
                              const PatternOptions &) {
  if (getUniform(op, "zero_point") != 0.0)
    return nullptr;
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(op, builder, mapping);
  copy->removeBinding("zero_point");
  return copy->getResult();
}

//===----------------------------------------------------------------------===//
// One scale less
//===----------------------------------------------------------------------===//

/// A scale that is one power of two other than 1.
static std::optional<double> getPowerOfTwo(const Operation &op) {
  std::optional<double> scale = getUniform(op, "scale");
  int exponent = 0;
  bool isPower = scale && *scale > 0 && *scale != 1 &&
                 op.getConstant("scale").getNumElements() == 1 &&
                 std::frexp(*scale, &exponent) == 0.5;
  return isPower ? scale : std::nullopt;
}

/// The scales of `op` divided by `divisor`; null if a number would leave the
/// range in which it keeps its digits.
static Attribute divideScale(const Operation &op, double divisor) {
  Attribute scale = op.getConstant("scale");
  auto type = scale.getType().getAs<TensorType>();
  if (!scale.getDense() || !type)
    return {};
  // Sums of two differences of bytes are finite, and single ones normal.
  bool isHalf = type.getElementType() == DataType::Float16;
  double least = isHalf ? 0x1p-14 : 0x1p-126;
  double most = (isHalf ? 65504 : 0x1p127) / 1024;
  std::vector<double> scales;
  for (int64_t i = 0, count = scale.getNumElements(); i < count; ++i) {
    double before = scale.getReal(i), after = before / divisor;
    for (double number : {before, after})
      if (!(number >= least && number <= most))
        return {};
    scales.push_back(after);
  }
  Context &context = op.getFunction()->getContext();
  return withShape(context, makeVector(context, type.getElementType(), scales),
                   type.getShape());
}

static Value *copyScaled(Operation &op, Builder &builder, Value *input,
                         const Attribute &scale) {
  Value *made =
      builder.createConstant(scale, op.getResult()->getName() + "_scale");
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(op, builder, mapping);
  copy->setOperand(builder.getContext().intern("input"), input);
  copy->setOperand(builder.getContext().intern("scale"), made);
  return copy->getResult();
}

/// Of a sum or a difference of two quantised values that is quantised, one can
/// have the scale 1, and need not be multiplied.
static Value *normaliseScale(Operation &op, Builder &builder,
                             const PatternOptions &) {
  Value *result = op.getOperand("input");
  Operation *relu = getProducer(result, "relu");
  Value *sum = relu ? relu->getOperand("x") : result;
  Operation *binary = sum ? sum->getDefiningOp() : nullptr;
  if (!binary || !(binary->is("add") || binary->is("sub")) ||
      !sum->hasOneUse() || !result->hasOneUse())
    return nullptr;
  Operation *x = getProducer(binary->getOperand("x"), "dequantize");
  Operation *y = getProducer(binary->getOperand("y"), "dequantize");
  if (!x || !y || x == y || getUniform(*x, "scale") == 1.0 ||
      getUniform(*y, "scale") == 1.0)
    return nullptr;
  std::optional<double> divisor = getPowerOfTwo(*y);
  if (!divisor)
    divisor = getPowerOfTwo(*x);
  Attribute scales[3];
  for (auto [made, from] :
       {std::pair(&scales[0], x), {&scales[1], y}, {&scales[2], &op}}) {
    *made = divisor ? divideScale(*from, *divisor) : Attribute();
    if (!*made)
      return nullptr;
  }
  llvm::DenseMap<const Value *, Value *> mapping = {
      {x->getResult(),
       copyScaled(*x, builder, x->getOperand("input"), scales[0])},
      {y->getResult(),
       copyScaled(*y, builder, y->getOperand("input"), scales[1])}};
  Value *made = cloneOperation(*binary, builder, mapping)->getResult();
  mapping = {{sum, made}};
  if (relu)
    made = cloneOperation(*relu, builder, mapping)->getResult();
  return copyScaled(op, builder, made, scales[2]);
}

static constexpr PatternRow kPatterns[] = {
    {"quantize", removePair},
    {"quantize", removeZeroPoint},
    {"quantize", normaliseScale},
    {"dequantize", removeZeroPoint},
};

llvm::ArrayRef<PatternRow> getQuantizedPatterns() { return kPatterns; }

} // namespace espresso
