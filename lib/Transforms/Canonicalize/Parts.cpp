//===- Parts.cpp - Parts of what was just joined --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   s = stack(axis = k, values = (a, b))
//   p, q = split(axis = k, x = s), in parts of 1
//   y = squeeze(axes = [k], x = q)            =>    b
//
//   j = concat(axis = k, values = (a, b))
//   y = slice_by_size(x = j), just where b is =>    b
//
// The last step may be any reshape to the shape of the value, and a part may be
// taken by a split or a slice. Whatever is left of the others stays.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "../Patterns/Ranges.h"

namespace espresso {

/// The axis of a join, counted from the front; nothing if it is not known, or
/// parts of the values alternate.
static std::optional<int64_t> getJoinAxis(const Operation &join, int64_t rank) {
  auto axis = getKnownIntegers(join, "axis");
  if (!axis || axis->size() != 1 || getFlag(join, "interleave"))
    return std::nullopt;
  return axis->front() < 0 ? axis->front() + rank : axis->front();
}

/// The value that all of `part` is, along the axis of a stack or a concat.
static Value *getJoined(const Part &part) {
  Operation *join = part.source->getDefiningOp();
  if (!join || !(join->is("stack") || join->is("concat")) ||
      getJoinAxis(*join, part.source->getTensorType().getRank()) != part.axis)
    return nullptr;
  const Binding *values = join->findBinding("values");
  int64_t first = 0;
  for (size_t i = 0; values && i < values->size() && first <= part.first; ++i) {
    Value *value = (*values)[i].getValue();
    TensorType type = value ? value->getTensorType() : TensorType();
    if (!type || !type.hasStaticShape())
      return nullptr;
    int64_t count = join->is("stack") ? 1 : type.getDim(part.axis);
    if (first == part.first && count == part.count)
      return value;
    first += count;
  }
  return nullptr;
}

/// A slice of a concat.
static Value *takeJoined(Operation &op, Builder &, const PatternOptions &) {
  std::optional<Part> part = getPart(op.getResult());
  return part ? ifSameType(getJoined(*part), op) : nullptr;
}

/// A part of a stack or a concat under another shape.
static Value *takeReshaped(Operation &op, Builder &, const PatternOptions &) {
  std::optional<Part> part = getPart(op.getOperand("x"));
  Value *value =
      part && hasStaticShape(*op.getResult()) ? getJoined(*part) : nullptr;
  return value ? ifSameType(value, op) : nullptr;
}

static constexpr PatternRow kPatterns[] = {
    {"slice_by_index", takeJoined}, {"slice_by_size", takeJoined},
    {"squeeze", takeReshaped},      {"reshape", takeReshaped},
    {"expand_dims", takeReshaped},
};

llvm::ArrayRef<PatternRow> getPartPatterns() { return kPatterns; }

} // namespace espresso
