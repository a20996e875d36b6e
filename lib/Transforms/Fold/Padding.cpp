//===- Padding.cpp - Paddings that convolutions take over -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   pad(pad = b, x = pad(pad = a, x = x))   => pad(pad = a + b, x = x)
//   conv(x = pad(pad = a, x = x))           => conv(pad = a, x = x), of zeros
//   batch_to_space(x = conv(x = space_to_batch(block_shape = d, x = x)))
//                                           => conv(dilations = d, x = x)
//
// All paddings must be known, and be of one constant. Those of a convolution
// are zeros along its spatial axes.
//
//===----------------------------------------------------------------------===//

#include "FoldPatterns.h"

#include "../Patterns/Match.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 4>;

/// Pairs of extents for all `rank` axes of a constant padding.
static std::optional<Extents> getPadding(const Operation &pad, int64_t rank) {
  Attribute mode = getConstantOrDefault(pad, "mode");
  std::optional<Extents> given = getKnownIntegers(pad, "pad");
  if (!given || !mode.getDense() || mode.getString() != "constant" ||
      static_cast<int64_t>(given->size()) > 2 * rank)
    return std::nullopt;
  Extents all(2 * rank - given->size(), 0);
  all.append(given->begin(), given->end());
  return all;
}

static Value *mergePaddings(Operation &op, Builder &builder,
                            const PatternOptions &) {
  Value *middle = op.getOperand("x");
  Operation *inner = getProducer(middle, "pad");
  Value *x = inner ? inner->getOperand("x") : nullptr;
  if (!x || !middle->hasOneUse() ||
      getConstantOrDefault(op, "constant_val") !=
          getConstantOrDefault(*inner, "constant_val"))
    return nullptr;
  int64_t rank = x->getTensorType().getRank();
  std::optional<Extents> first = getPadding(*inner, rank);
  std::optional<Extents> second = getPadding(op, rank);
  if (!first || !second)
    return nullptr;
  for (auto [a, b] : llvm::zip(*first, *second))
    a += b;
  Value *pad = builder.createConstant(builder.getInt32s(*first),
                                      op.getResult()->getName() + "_pad");
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *merged = cloneOperation(op, builder, mapping);
  merged->setOperand(builder.getContext().intern("x"), x);
  merged->setOperand(builder.getContext().intern("pad"), pad);
  return merged->getResult();
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// Pairs for the spatial axes of a convolution that pads by number or not at
/// all; nothing for others.
static std::optional<Extents> getConvPadding(const Operation &conv) {
  Attribute type = getConstantOrDefault(conv, "pad_type");
  int64_t spatial = conv.getResult()->getTensorType().getRank() - 2;
  if (!type.getDense())
    return std::nullopt;
  if (type.getString() == "valid")
    return Extents(2 * spatial, 0);
  if (type.getString() != "custom")
    return std::nullopt;
  return conv.hasBinding("pad") ? getKnownIntegers(conv, "pad")
                                : Extents(2 * spatial, 0);
}

/// A copy of `conv` before `builder`'s place, of `x` padded by `pad`.
static Operation *copyPadded(const Operation &conv, Builder &builder, Value *x,
                             llvm::ArrayRef<int64_t> pad) {
  Context &context = builder.getContext();
  llvm::StringRef name = conv.getResult()->getName();
  Value *type =
      builder.createConstant(builder.getString("custom"), name + "_pad_type");
  Value *extents =
      builder.createConstant(builder.getInt32s(pad), name + "_pad");
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(conv, builder, mapping);
  copy->setOperand(context.intern("x"), x);
  copy->setOperand(context.intern("pad_type"), type);
  copy->setOperand(context.intern("pad"), extents);
  return copy;
}

static Value *takeOverPadding(Operation &op, Builder &builder,
                              const PatternOptions &) {
  Value *middle = op.getOperand("x");
  Operation *pad = getProducer(middle, "pad");
  Value *x = pad ? pad->getOperand("x") : nullptr;
  if (!x || !middle->hasOneUse())
    return nullptr;
  int64_t rank = x->getTensorType().getRank();
  std::optional<Extents> outer = getPadding(*pad, rank);
  std::optional<Extents> own = getConvPadding(op);
  Attribute value = getConstantOrDefault(*pad, "constant_val");
  if (!outer || !own || !value.getDense() || value.getReal() != 0 ||
      own->size() + 4 != outer->size() ||
      llvm::any_of(llvm::ArrayRef<int64_t>(*outer).take_front(4),
                   [](int64_t extent) { return extent != 0; }))
    return nullptr;
  for (size_t i = 0; i < own->size(); ++i)
    (*own)[i] += (*outer)[i + 4];
  return copyPadded(op, builder, x, *own)->getResult();
}

static bool isOnes(const Operation &op, llvm::StringRef input) {
  if (!op.hasBinding(input))
    return true;
  std::optional<Extents> values = getKnownIntegers(op, input);
  return values && llvm::all_of(*values, [](int64_t v) { return v == 1; });
}

/// Space is cut into interleaved grids, each is convolved, and they are joined
/// again: a convolution whose taps are as far apart.
static Value *useDilation(Operation &op, Builder &builder,
                          const PatternOptions &) {
  Value *joined = op.getOperand("x");
  Operation *conv = getProducer(joined, "conv");
  Value *grids = conv ? conv->getOperand("x") : nullptr;
  Operation *cut = getProducer(grids, "space_to_batch");
  Value *x = cut ? cut->getOperand("x") : nullptr;
  if (!x || !joined->hasOneUse() || !grids->hasOneUse() ||
      !isOnes(*conv, "strides") || !isOnes(*conv, "dilations"))
    return nullptr;
  std::optional<Extents> block = getKnownIntegers(*cut, "block_shape");
  std::optional<Extents> joinedBlock = getKnownIntegers(op, "block_shape");
  std::optional<Extents> paddings = getKnownIntegers(*cut, "paddings");
  std::optional<Extents> crops = getKnownIntegers(op, "crops");
  std::optional<Extents> own = getConvPadding(*conv);
  if (!block || block != joinedBlock || !paddings || !crops || !own ||
      own->size() != 4 || llvm::any_of(*own, [](int64_t p) { return p != 0; }))
    return nullptr;
  for (auto [padding, crop] : llvm::zip(*paddings, *crops)) {
    padding -= crop;
    if (padding < 0)
      return nullptr;
  }
  Value *dilations = builder.createConstant(
      builder.getInt32s(*block), conv->getResult()->getName() + "_dilations");
  Operation *dilated = copyPadded(*conv, builder, x, *paddings);
  dilated->setOperand(builder.getContext().intern("dilations"), dilations);
  dilated->getResult()->setType(op.getResult()->getType());
  return dilated->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"pad", mergePaddings},
    {"conv", takeOverPadding},
    {"batch_to_space", useDilation},
};

llvm::ArrayRef<PatternRow> getPaddingPatterns() { return kPatterns; }

} // namespace espresso
