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
//
// if both have one scale and one zero point, the same: what comes out is what
// went in. A scale for each channel is the same only without a change of axes.
//
//===----------------------------------------------------------------------===//

#include "FusePatterns.h"

#include "../Patterns/Match.h"

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

static constexpr PatternRow kPatterns[] = {
    {"quantize", removePair},
    {"quantize", removeZeroPoint},
    {"dequantize", removeZeroPoint},
};

llvm::ArrayRef<PatternRow> getQuantizedPatterns() { return kPatterns; }

} // namespace espresso
