//===- Slices.cpp - Slices of slices --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = slice_by_size(begin = [2, 0], size = [6, 4], x = x)
//   b = slice_by_size(begin = [1, 1], size = [2, 2], x = a)
//     =>  b = slice_by_size(begin = [3, 1], size = [2, 2], x = x)
//
//   a = slice_by_index(begin = [1], end = [9], stride = [2], x = x)
//   b = slice_by_index(begin = [1], end = [3], x = a)
//     =>  b = slice_by_index(begin = [3], end = [6], stride = [2], x = x)
//
// All bounds and extents must be known, and steps be positive. The inner
// slice_by_index must not drop axes; the outer one may.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "../Patterns/Ranges.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 4>;

static Value *mergeSlicesByIndex(Operation &op, Builder &builder,
                                 const PatternOptions &) {
  Operation *inner = getProducer(op.getOperand("x"), "slice_by_index");
  Value *source = inner ? inner->getOperand("x") : nullptr;
  if (!source || !source->getTensorType() ||
      source->getTensorType().getRank() !=
          inner->getResult()->getTensorType().getRank())
    return nullptr;
  std::optional<AxisRanges> innerRanges = getAxisRanges(*inner);
  std::optional<AxisRanges> outerRanges = getAxisRanges(op);
  if (!innerRanges || !outerRanges)
    return nullptr;
  Extents begin, end, stride;
  for (auto [in, out] : llvm::zip_equal(*innerRanges, *outerRanges)) {
    // An empty slice has no last element to name.
    if (in.count == 0 || out.count == 0)
      return nullptr;
    begin.push_back(in.first + out.first * in.step);
    stride.push_back(in.step * out.step);
    end.push_back(begin.back() + (out.count - 1) * stride.back() + 1);
  }
  llvm::StringRef name = op.getResult()->getName();
  llvm::SmallVector<NamedArgument, 5> args = {
      {"begin",
       builder.createConstant(builder.getInt32s(begin), name + "_begin")},
      {"end", builder.createConstant(builder.getInt32s(end), name + "_end")},
      {"stride",
       builder.createConstant(builder.getInt32s(stride), name + "_stride")},
      {"x", source}};
  Operation *merged =
      builder.create("slice_by_index", args, {op.getResult()->getType()}, name);
  // The mask of the outer one goes on holding: axes are the same.
  if (const Binding *mask = op.findBinding("squeeze_mask")) {
    llvm::StringRef input = builder.getContext().intern("squeeze_mask");
    if (Value *value = mask->getSingle().getValue())
      merged->setOperand(input, value);
    else
      merged->setLiteral(input, mask->getSingle().getLiteral());
  }
  return merged->getResult();
}

static Value *mergeSlicesBySize(Operation &op, Builder &builder,
                                const PatternOptions &) {
  Operation *inner = getProducer(op.getOperand("x"), "slice_by_size");
  Value *source = inner ? inner->getOperand("x") : nullptr;
  TensorType type = op.getResult()->getTensorType();
  std::optional<Extents> outerBegin = getKnownIntegers(op, "begin");
  if (!source || !type || !type.hasStaticShape() || !outerBegin)
    return nullptr;
  std::optional<Extents> innerBegin = getKnownIntegers(*inner, "begin");
  if (!innerBegin || innerBegin->size() != outerBegin->size())
    return nullptr;
  Extents begin;
  for (auto [in, out] : llvm::zip_equal(*innerBegin, *outerBegin)) {
    // Counted from an end that need not be that of the other.
    if (in < 0 || out < 0)
      return nullptr;
    begin.push_back(in + out);
  }
  llvm::StringRef name = op.getResult()->getName();
  Value *beginValue =
      builder.createConstant(builder.getInt32s(begin), name + "_begin");
  Value *sizeValue = builder.createConstant(builder.getInt32s(type.getShape()),
                                            name + "_size");
  return builder
      .create("slice_by_size",
              {{"begin", beginValue}, {"size", sizeValue}, {"x", source}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"slice_by_index", mergeSlicesByIndex},
    {"slice_by_size", mergeSlicesBySize},
};

llvm::ArrayRef<PatternRow> getSlicePatterns() { return kPatterns; }

} // namespace espresso
