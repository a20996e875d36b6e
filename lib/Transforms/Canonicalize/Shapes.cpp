//===- Shapes.cpp - Reshapes of reshapes ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// reshape, expand_dims and squeeze give the same elements in the same order
// another shape, so that only the last shape counts:
//
//   a = expand_dims(axes = [0], x = x)
//   b = reshape(shape = [4, 1], x = a)    =>    b = reshape(shape = [4, 1],
//                                                           x = x)
//   c = squeeze(axes = [0], x = a)        =>    x
//
//   d = squeeze(axes = [2], x = a)        =>    d = reshape(shape = …, x = x)
//
// All extents must be known. A target shape with 0, which copies an extent of
// the input, is left alone. A shape that is computed, and known to the type of
// the result all the same, becomes a constant, and so does what `shape` gives.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// What `value` is a reshaped form of, one step up; null if it is not.
static Value *getReshaped(Value *value) {
  Operation *producer = value ? value->getDefiningOp() : nullptr;
  if (!producer || !(producer->is("reshape") || producer->is("expand_dims") ||
                     producer->is("squeeze")))
    return nullptr;
  Value *source = producer->getOperand("x");
  bool isStatic = source && source->getTensorType() &&
                  source->getTensorType().hasStaticShape();
  return isStatic ? source : nullptr;
}

/// The shape comes back to what it was some steps before.
static Value *returnToEarlierShape(Operation &op, Builder &,
                                   const PatternOptions &) {
  for (Value *source = getReshaped(op.getResult()); source;
       source = getReshaped(source))
    if (ifSameType(source, op) && source->getTensorType().hasStaticShape())
      return source;
  return nullptr;
}

static Value *skipEarlierShapes(Operation &op, Builder &builder,
                                const PatternOptions &) {
  std::optional<llvm::SmallVector<int64_t, 4>> shape =
      getKnownIntegers(op, "shape");
  if (!shape || llvm::is_contained(*shape, 0))
    return nullptr;
  Value *source = getReshaped(op.getOperand("x"));
  return source ? copyWithOperand(op, builder, "x", source) : nullptr;
}

/// The shape that a reshape computes, if it is known to be this one anyway.
static Value *useKnownShape(Operation &op, Builder &builder,
                            const PatternOptions &) {
  TensorType type = op.getResult()->getTensorType();
  if (!type || !type.hasStaticShape() || !op.getOperand("shape") ||
      op.getConstant("shape"))
    return nullptr;
  Value *shape = builder.createConstant(builder.getInt32s(type.getShape()),
                                        op.getResult()->getName() + "_shape");
  return copyWithOperand(op, builder, "shape", shape);
}

/// The extents of a shape that is known.
static Value *foldShape(Operation &op, Builder &builder,
                        const PatternOptions &) {
  Type type = op.getArgumentType("x");
  TensorType x = type ? type.getAs<TensorType>() : TensorType();
  if (!x || !x.hasStaticShape())
    return nullptr;
  Attribute extents = builder.getInt32s(x.getShape());
  if (extents.getType() != op.getResult()->getType())
    return nullptr;
  return builder.createConstant(extents, op.getResult()->getName());
}

/// Axes that come and go, one after another: a reshape says it at once.
static Value *mergeAxisChanges(Operation &op, Builder &builder,
                               const PatternOptions &) {
  Value *x = op.getOperand("x");
  Value *source = getReshaped(x);
  TensorType type = op.getResult()->getTensorType();
  if (!source || !type || !type.hasStaticShape())
    return nullptr;
  llvm::StringRef name = op.getResult()->getName();
  Value *shape = builder.createConstant(builder.getInt32s(type.getShape()),
                                        name + "_shape");
  return builder
      .create("reshape", {{"shape", shape}, {"x", source}}, {type}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"reshape", returnToEarlierShape}, {"expand_dims", returnToEarlierShape},
    {"squeeze", returnToEarlierShape}, {"reshape", skipEarlierShapes},
    {"reshape", useKnownShape},        {"expand_dims", mergeAxisChanges},
    {"squeeze", mergeAxisChanges},     {"shape", foldShape},
};

llvm::ArrayRef<PatternRow> getShapePatterns() { return kPatterns; }

} // namespace espresso
