//===- Identity.cpp - Operations that do nothing --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   identity(x = x)                                  => x
//   cast(x = x)            to the type x has         => x
//   reshape(x = x)         to the shape x has        => x
//   transpose(x = x)       by [0, 1, …]              => x
//   expand_dims, squeeze   of no axes                => x
//   slice_by_index, slice_by_size  of everything     => x
//   tile                   once                      => x
//   pad                    by nothing                => x
//   concat, split          of one                    => it
//   stack                  of one                    => expand_dims
//   crop                   of nothing                => x
//   upsample_nearest_neighbor, resize_nearest_neighbor  to the same size => x
//   max_pool               of single elements        => x
//   reduce_max, reduce_min, reduce_prod  over extents of 1 => x, or a reshape
//
// That the result has the type of x settles most of them: with all extents
// known, there is only one way to slice or reshape a tensor to its own shape.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace espresso {

/// x = x is all there is to it.
static Value *removeIdentity(Operation &op, Builder &, const PatternOptions &) {
  return ifSameType(op.getOperand("x"), op);
}

/// Right if no extent is open, for operations that keep or drop elements but
/// never move them.
static Value *removeIfShapeIsKept(Operation &op, Builder &,
                                  const PatternOptions &) {
  Value *x = ifSameType(op.getOperand("x"), op);
  return x && hasStaticShape(*x) ? x : nullptr;
}

/// A slice of everything is the whole, unless it runs backwards.
static Value *removeFullSlice(Operation &op, Builder &builder,
                              const PatternOptions &options) {
  if (op.hasBinding("stride")) {
    std::optional<llvm::SmallVector<int64_t, 4>> stride =
        getKnownIntegers(op, "stride");
    if (!stride || llvm::any_of(*stride, [](int64_t s) { return s != 1; }))
      return nullptr;
  }
  return removeIfShapeIsKept(op, builder, options);
}

static Value *removeIdentityTranspose(Operation &op, Builder &,
                                      const PatternOptions &) {
  std::optional<llvm::SmallVector<int64_t, 4>> perm =
      getKnownIntegers(op, "perm");
  if (!perm || !llvm::equal(*perm, llvm::seq<int64_t>(0, perm->size())))
    return nullptr;
  return ifSameType(op.getOperand("x"), op);
}

static Value *removeConstantOf(Operation &op, llvm::StringRef input,
                               int64_t neutral) {
  std::optional<llvm::SmallVector<int64_t, 4>> values =
      getKnownIntegers(op, input);
  if (!values || llvm::any_of(*values, [&](int64_t v) { return v != neutral; }))
    return nullptr;
  return ifSameType(op.getOperand("x"), op);
}

static Value *removeEmptyPad(Operation &op, Builder &, const PatternOptions &) {
  return removeConstantOf(op, "pad", 0);
}

static Value *removeSingleTile(Operation &op, Builder &,
                               const PatternOptions &) {
  return removeConstantOf(op, "reps", 1);
}

static Value *removeSingleConcat(Operation &op, Builder &,
                                 const PatternOptions &) {
  const Binding *values = op.findBinding("values");
  if (!values || values->size() != 1)
    return nullptr;
  return ifSameType(values->getSingle().getValue(), op);
}

/// Pools of single elements: nothing is left out, nothing is padded.
static Value *removeSinglePool(Operation &op, Builder &,
                               const PatternOptions &) {
  auto isOnes = [&](llvm::StringRef input) {
    std::optional<llvm::SmallVector<int64_t, 4>> values =
        getKnownIntegers(op, input);
    return values && llvm::all_of(*values, [](int64_t v) { return v == 1; });
  };
  if (!isOnes("kernel_sizes") ||
      (op.hasBinding("strides") && !isOnes("strides")))
    return nullptr;
  // Padding would make the result larger.
  Value *x = ifSameType(op.getOperand("x"), op);
  return x && hasStaticShape(*x) ? x : nullptr;
}

/// Reductions over axes of extent 1, which leave each element as it is. Sums do
/// not: 0 + -0 is 0.
static Value *removeSingleReduction(Operation &op, Builder &builder,
                                    const PatternOptions &) {
  Value *x = op.getOperand("x");
  if (!x || !hasStaticShape(*x) || !hasStaticShape(*op.getResult()) ||
      x->getTensorType().getNumElements() !=
          op.getResult()->getTensorType().getNumElements() ||
      x->getTensorType().getNumElements() == 0)
    return nullptr;
  if (Value *same = ifSameType(x, op))
    return same;
  TensorType type = op.getResult()->getTensorType();
  llvm::StringRef name = op.getResult()->getName();
  Value *shape = builder.createConstant(builder.getInt32s(type.getShape()),
                                        name + "_shape");
  return builder.create("reshape", {{"shape", shape}, {"x", x}}, {type}, name)
      ->getResult();
}

/// A split into one part, a stack of one tensor.
static Value *removeSingleSplit(Operation &op, Builder &,
                                const PatternOptions &) {
  return ifSameType(op.getOperand("x"), op);
}

static Value *removeSingleStack(Operation &op, Builder &builder,
                                const PatternOptions &) {
  const Binding *values = op.findBinding("values");
  Attribute axis = op.getConstant("axis");
  if (!values || values->size() != 1 || !values->getSingle().getValue() ||
      !axis.getDense())
    return nullptr;
  llvm::StringRef name = op.getResult()->getName();
  Value *axes = builder.createConstant(builder.getInt32s({axis.getInteger()}),
                                       name + "_axes");
  return builder
      .create("expand_dims",
              {{"axes", axes}, {"x", values->getSingle().getValue()}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"identity", removeIdentity},
    {"cast", removeIdentity},
    {"reshape", removeIfShapeIsKept},
    {"expand_dims", removeIfShapeIsKept},
    {"squeeze", removeIfShapeIsKept},
    {"transpose", removeIdentityTranspose},
    {"slice_by_index", removeFullSlice},
    {"slice_by_size", removeIfShapeIsKept},
    {"pad", removeEmptyPad},
    {"tile", removeSingleTile},
    {"concat", removeSingleConcat},
    {"crop", removeIfShapeIsKept},
    {"upsample_nearest_neighbor", removeIfShapeIsKept},
    {"resize_nearest_neighbor", removeIfShapeIsKept},
    {"max_pool", removeSinglePool},
    {"reduce_max", removeSingleReduction},
    {"reduce_min", removeSingleReduction},
    {"reduce_prod", removeSingleReduction},
    {"split", removeSingleSplit},
    {"stack", removeSingleStack},
};

llvm::ArrayRef<PatternRow> getIdentityPatterns() { return kPatterns; }

} // namespace espresso
