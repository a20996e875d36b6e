//===- Joins.cpp - Tensors joined in many operations ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   reshape(x = stack(axis = k, values = (a, b)))  => concat(values = (a, b)),
//   if
//                   the new axis is merged with the next one; interleaved, if
//                   it is merged with the one before
//   matmul(x = one_hot(indices = i), y = w)        => gather(axis = 0, x = w)
//   reshape(x = transpose(x = reshape(x = concat(axis = 1, values = (a, b)))))
//                   => concat(interleave = true, values = (a, b)), if the parts
//                   are dealt out in turn
//
//===----------------------------------------------------------------------===//

#include "FusePatterns.h"

#include "../Patterns/Match.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 6>;

static Extents getShape(const Value &value) {
  return Extents(value.getTensorType().getShape());
}

static Value *makeConcat(Operation &op, Builder &builder,
                         llvm::ArrayRef<Value *> values, int64_t axis,
                         bool isInterleaved) {
  llvm::StringRef name = op.getResult()->getName();
  Value *axisValue =
      builder.createConstant(builder.getInt32(axis), name + "_axis");
  Value *interleave = builder.createConstant(builder.getBool(isInterleaved),
                                             name + "_interleave");
  return builder
      .create(
          "concat",
          {{"values", values}, {"axis", axisValue}, {"interleave", interleave}},
          {op.getResult()->getType()}, name)
      ->getResult();
}

/// The values of a list without literals, all of one static shape.
static std::optional<llvm::SmallVector<Value *, 4>>
getEqualParts(const Operation &join) {
  llvm::SmallVector<Value *, 4> values = join.getOperands("values");
  const Binding *binding = join.findBinding("values");
  if (!binding || values.empty() || values.size() != binding->size() ||
      !hasStaticShape(*values.front()))
    return std::nullopt;
  for (Value *value : values)
    if (value->getType() != values.front()->getType())
      return std::nullopt;
  return values;
}

static Value *joinStack(Operation &op, Builder &builder,
                        const PatternOptions &) {
  Operation *stack = getProducer(op.getOperand("x"), "stack");
  Attribute axisConstant = stack ? stack->getConstant("axis") : Attribute();
  if (!axisConstant.getDense() || !hasStaticShape(*op.getResult()))
    return nullptr;
  auto parts = getEqualParts(*stack);
  if (!parts)
    return nullptr;
  Extents part = getShape(*parts->front()), whole = getShape(*op.getResult());
  auto rank = static_cast<int64_t>(part.size());
  int64_t axis = axisConstant.getInteger();
  axis = axis < 0 ? axis + rank + 1 : axis;
  auto isJoinedAlong = [&](int64_t joined) {
    Extents expected = part;
    expected[joined] *= static_cast<int64_t>(parts->size());
    return expected == whole;
  };
  if (axis < rank && isJoinedAlong(axis))
    return makeConcat(op, builder, *parts, axis, /*isInterleaved=*/false);
  if (axis > 0 && isJoinedAlong(axis - 1))
    return makeConcat(op, builder, *parts, axis - 1, /*isInterleaved=*/true);
  return nullptr;
}

/// `[N, k·C, …]` as `[N, k, C, …]`, with k and C exchanged, and joined again.
static Value *joinDealtOut(Operation &op, Builder &builder,
                           const PatternOptions &) {
  Operation *transpose = getProducer(op.getOperand("x"), "transpose");
  Operation *split =
      transpose ? getProducer(transpose->getOperand("x"), "reshape") : nullptr;
  Operation *concat =
      split ? getProducer(split->getOperand("x"), "concat") : nullptr;
  Attribute axis = concat ? concat->getConstant("axis") : Attribute();
  if (!axis.getDense() || axis.getInteger() != 1 ||
      getFlag(*concat, "interleave") || !hasStaticShape(*op.getResult()))
    return nullptr;
  auto parts = getEqualParts(*concat);
  if (!parts || parts->size() < 2)
    return nullptr;
  Extents part = getShape(*parts->front());
  Extents expected = part;
  expected.insert(expected.begin() + 1, static_cast<int64_t>(parts->size()));
  auto rank = static_cast<int64_t>(expected.size());
  std::optional<llvm::SmallVector<int64_t, 4>> perm =
      getKnownAxes(*transpose, "perm", rank);
  llvm::SmallVector<int64_t, 4> exchanged;
  for (int64_t i = 0; i < rank; ++i)
    exchanged.push_back(i == 1 ? 2 : i == 2 ? 1 : i);
  if (rank < 3 || perm != exchanged ||
      getShape(*split->getResult()) != expected ||
      getShape(*op.getResult()) != getShape(*concat->getResult()))
    return nullptr;
  return makeConcat(op, builder, *parts, 1, /*isInterleaved=*/true);
}

static Value *useGather(Operation &op, Builder &builder,
                        const PatternOptions &) {
  Operation *oneHot = getProducer(op.getOperand("x"), "one_hot");
  Value *table = op.getOperand("y");
  Value *indices = oneHot ? oneHot->getOperand("indices") : nullptr;
  if (!indices || !table || table->getTensorType().getRank() != 2 ||
      !hasStaticShape(*table) || getFlag(op, "transpose_x") ||
      getFlag(op, "transpose_y"))
    return nullptr;
  auto numberOr = [&](llvm::StringRef input) {
    Attribute constant = getConstantOrDefault(*oneHot, input);
    return constant.getDense() ? constant.getReal() : -2;
  };
  int64_t rank = oneHot->getResult()->getTensorType().getRank();
  double axis = numberOr("axis");
  if (numberOr("on_value") != 1 || numberOr("off_value") != 0 ||
      (axis != -1 && axis != static_cast<double>(rank - 1)) || rank < 2 ||
      numberOr("one_hot_vector_size") !=
          static_cast<double>(table->getTensorType().getDim(0)))
    return nullptr;
  llvm::StringRef name = op.getResult()->getName();
  Value *axisValue =
      builder.createConstant(builder.getInt32(0), name + "_axis");
  return builder
      .create("gather",
              {{"axis", axisValue}, {"indices", indices}, {"x", table}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"reshape", joinStack},
    {"reshape", joinDealtOut},
    {"matmul", useGather},
};

llvm::ArrayRef<PatternRow> getJoinPatterns() { return kPatterns; }

} // namespace espresso
