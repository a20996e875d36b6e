//===- LowerRotate.cpp - Rotation by angles that are given ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

namespace espresso {

static int64_t getInteger(const LoweringBuilder &b, llvm::StringRef input,
                          int64_t absent) {
  Attribute value = b.getComposite().getConstant(input);
  return value ? value.getInteger() : absent;
}

/// With x as heads [1, H, d, S] and angles as [1, 1, d, S], cut into halves of
/// the channels that turn: a cos - b sin, b cos + a sin, joined.
void lowerRotate(LoweringBuilder &b) {
  Value *x = b.getOperand("x");
  int64_t size = getInteger(b, "head_dim", 0);
  int64_t half = getInteger(b, "rotary_dim", size) / 2;
  int64_t heads = x->getTensorType().getDim(1) / size;
  int64_t columns = x->getTensorType().getDim(3);
  Value *split = b.reshape(x, {1, heads, size, columns}, "heads");
  Value *angles =
      b.reshape(b.getOperand("angles"), {1, 1, size, columns}, "angles");
  auto cut = [&](Value *from, int64_t begin, int64_t count,
                 llvm::StringRef suffix) {
    int64_t outer = from->getTensorType().getDim(1);
    return b.slice(from, {0, 0, begin, 0}, {1, outer, count, columns}, suffix);
  };
  Value *cosine = cut(angles, 0, half, "cos");
  Value *sine = cut(angles, half, half, "sin");
  Value *first = cut(split, 0, half, "first");
  Value *second = cut(split, half, half, "second");
  Value *turnedFirst = b.sub(b.mul(first, cosine, "first_cos"),
                             b.mul(second, sine, "second_sin"), "turned_first");
  Value *turnedSecond = b.add(b.mul(second, cosine, "second_cos"),
                              b.mul(first, sine, "first_sin"), "turned_second");
  llvm::SmallVector<Value *, 3> parts = {turnedFirst, turnedSecond};
  if (2 * half < size)
    parts.push_back(cut(split, 2 * half, size - 2 * half, "rest"));
  Value *turned = b.concat(parts, /*axis=*/2, "turned");
  b.replaceWith(b.reshape(turned, {1, heads * size, 1, columns}, "merged"));
}

} // namespace espresso
