//===- Transposes.cpp - Transposes of transposes --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = transpose(perm = [1, 2, 0], x = x)
//   b = transpose(perm = [1, 2, 0], x = a)   =>   b = transpose(
//                                                   perm = [2, 0, 1], x = x)
//
// Axis i of b is axis perm[i] of a, which is axis inner[perm[i]] of x.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "../Patterns/ElementOrder.h"

namespace espresso {

/// Negative axes count from the end. Nothing if an axis does not exist.
static std::optional<llvm::SmallVector<int64_t, 4>>
getPermutation(const Operation &op) {
  std::optional<llvm::SmallVector<int64_t, 4>> perm =
      getKnownIntegers(op, "perm");
  if (!perm)
    return std::nullopt;
  auto rank = static_cast<int64_t>(perm->size());
  for (int64_t &axis : *perm) {
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
      return std::nullopt;
  }
  return perm;
}

static Value *mergeTransposes(Operation &op, Builder &builder,
                              const PatternOptions &) {
  Operation *inner = getProducer(op.getOperand("x"), "transpose");
  Value *source = inner ? inner->getOperand("x") : nullptr;
  std::optional<llvm::SmallVector<int64_t, 4>> outerPerm = getPermutation(op);
  if (!source || !outerPerm)
    return nullptr;
  std::optional<llvm::SmallVector<int64_t, 4>> innerPerm =
      getPermutation(*inner);
  if (!innerPerm || innerPerm->size() != outerPerm->size())
    return nullptr;
  llvm::SmallVector<int64_t, 4> merged;
  for (int64_t axis : *outerPerm)
    merged.push_back((*innerPerm)[axis]);
  Value *perm = builder.createConstant(builder.getInt32s(merged),
                                       op.getResult()->getName() + "_perm");
  return builder
      .create("transpose", {{"perm", perm}, {"x", source}},
              {op.getResult()->getType()}, op.getResult()->getName())
      ->getResult();
}

/// Transposes with reshapes between them that put every element back where it
/// was.
static Value *skipRoundTrip(Operation &op, Builder &builder,
                            const PatternOptions &) {
  Value *source = findSameOrder(op.getResult());
  if (!source)
    return nullptr;
  if (Value *same = ifSameType(source, op))
    return same;
  TensorType type = op.getResult()->getTensorType();
  llvm::StringRef name = op.getResult()->getName();
  Value *shape = builder.createConstant(builder.getInt32s(type.getShape()),
                                        name + "_shape");
  return builder
      .create("reshape", {{"shape", shape}, {"x", source}}, {type}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"transpose", mergeTransposes}, {"transpose", skipRoundTrip},
    {"reshape", skipRoundTrip},     {"squeeze", skipRoundTrip},
    {"expand_dims", skipRoundTrip},
};

llvm::ArrayRef<PatternRow> getTransposePatterns() { return kPatterns; }

} // namespace espresso
