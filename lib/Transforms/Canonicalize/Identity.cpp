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
//   concat                 of one                    => it
//
// That the result has the type of x settles most of them: with all extents
// known, there is only one way to slice or reshape a tensor to its own shape.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace espresso {

static bool hasStaticShape(const Value &value) {
  TensorType type = value.getTensorType();
  return type && type.hasStaticShape();
}

/// x = x is all there is to it.
static Value *removeIdentity(Operation &op, Builder &,
                             const CanonicalizeOptions &) {
  return ifSameType(op.getOperand("x"), op);
}

/// Right if no extent is open, for operations that keep or drop elements but
/// never move them.
static Value *removeIfShapeIsKept(Operation &op, Builder &,
                                  const CanonicalizeOptions &) {
  Value *x = ifSameType(op.getOperand("x"), op);
  return x && hasStaticShape(*x) ? x : nullptr;
}

/// A slice of everything is the whole, unless it runs backwards.
static Value *removeFullSlice(Operation &op, Builder &builder,
                              const CanonicalizeOptions &options) {
  if (op.hasBinding("stride")) {
    std::optional<llvm::SmallVector<int64_t, 4>> stride =
        getKnownIntegers(op, "stride");
    if (!stride || llvm::any_of(*stride, [](int64_t s) { return s != 1; }))
      return nullptr;
  }
  return removeIfShapeIsKept(op, builder, options);
}

static Value *removeIdentityTranspose(Operation &op, Builder &,
                                      const CanonicalizeOptions &) {
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

static Value *removeEmptyPad(Operation &op, Builder &,
                             const CanonicalizeOptions &) {
  return removeConstantOf(op, "pad", 0);
}

static Value *removeSingleTile(Operation &op, Builder &,
                               const CanonicalizeOptions &) {
  return removeConstantOf(op, "reps", 1);
}

static Value *removeSingleConcat(Operation &op, Builder &,
                                 const CanonicalizeOptions &) {
  const Binding *values = op.findBinding("values");
  if (!values || values->size() != 1)
    return nullptr;
  return ifSameType(values->getSingle().getValue(), op);
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
};

llvm::ArrayRef<PatternRow> getIdentityPatterns() { return kPatterns; }

} // namespace espresso
