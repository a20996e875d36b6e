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
// All extents must be known. A target shape with 0, which copies an extent of
// the input, is left alone.
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
                                   const CanonicalizeOptions &) {
  for (Value *source = getReshaped(op.getResult()); source;
       source = getReshaped(source))
    if (ifSameType(source, op) && source->getTensorType().hasStaticShape())
      return source;
  return nullptr;
}

static Value *skipEarlierShapes(Operation &op, Builder &builder,
                                const CanonicalizeOptions &) {
  std::optional<llvm::SmallVector<int64_t, 4>> shape =
      getKnownIntegers(op, "shape");
  if (!shape || llvm::is_contained(*shape, 0))
    return nullptr;
  Value *source = getReshaped(op.getOperand("x"));
  return source ? copyWithOperand(op, builder, "x", source) : nullptr;
}

static constexpr PatternRow kPatterns[] = {
    {"reshape", returnToEarlierShape},
    {"expand_dims", returnToEarlierShape},
    {"squeeze", returnToEarlierShape},
    {"reshape", skipEarlierShapes},
};

llvm::ArrayRef<PatternRow> getShapePatterns() { return kPatterns; }

} // namespace espresso
