//===- Rearrange.cpp - Elements in other places ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include <algorithm>

namespace espresso {

/// A matrix of the axes before `axis`, and of those from it on.
static void flatten2D(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  llvm::ArrayRef<int64_t> shape = x.getShape();
  ctx.setResult(x.reshaped({getNumElements(shape.take_front(axis)),
                            getNumElements(shape.drop_front(axis))}));
}

/// `position` in a shape of `rank` extents, counted from the end if it is below
/// zero, and held inside.
static int64_t holdInShape(int64_t position, int64_t rank) {
  return std::clamp<int64_t>(normalizeAxis(position, rank), 0, rank);
}

/// The shape is joined from parts of those of other tensors.
static void reshapeLike(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  llvm::ArrayRef<TensorRef> references = ctx.getList("ref_tensors");
  Shape shape;
  for (size_t i = 0; i < references.size(); ++i) {
    llvm::ArrayRef<int64_t> extents = references[i]->getShape();
    int64_t rank = references[i]->getRank();
    int64_t begin = holdInShape(ctx.getList("begins")[i]->getInteger(), rank);
    int64_t end = holdInShape(ctx.getList("ends")[i]->getInteger(), rank);
    if (ctx.getList("end_masks")[i]->getInteger())
      end = rank;
    for (int64_t axis = begin; axis < end; ++axis)
      shape.push_back(extents[axis]);
  }
  if (getNumElements(shape) != x.getNumElements())
    return ctx.fail("'x' has another number of elements than the shape");
  ctx.setResult(x.reshaped(shape));
}

/// Of each sequence the first elements are reversed, as many as its length.
static void reverseSequence(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t sequenceAxis = ctx.getAxis("seq_axis", x.getRank());
  int64_t batchAxis = ctx.getAxis("batch_axis", x.getRank());
  Shape lengths = ctx.getIntegers("lengths"),
        strides = getStrides(x.getShape());
  for (int64_t length : lengths)
    if (length < 0 || length > x.getDim(sequenceAxis))
      return ctx.fail("length " + llvm::Twine(length) +
                      " is out of range for sequences of " +
                      llvm::Twine(x.getDim(sequenceAxis)));
  ctx.setResult(
      takeElements(x, x.getShape(), [&](llvm::ArrayRef<int64_t> index) {
        int64_t place = index[sequenceAxis];
        int64_t length = lengths[index[batchAxis]];
        int64_t from = place < length ? length - 1 - place : place;
        return getOffset(index, strides) +
               (from - place) * strides[sequenceAxis];
      }));
}

/// Windows along an axis, as a new axis behind it.
static void slidingWindows(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  int64_t size = ctx.getInteger("size"), stride = ctx.getInteger("stride");
  Shape shape(x.getShape().begin(), x.getShape().end());
  Shape strides = getStrides(x.getShape());
  shape[axis] = (shape[axis] - size) / stride + 1;
  shape.insert(shape.begin() + axis + 1, size);
  // A step of a window is `stride` elements, and one in it is one.
  Shape steps = strides;
  steps[axis] *= stride;
  steps.insert(steps.begin() + axis + 1, strides[axis]);
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    return getOffset(index, steps);
  }));
}

static constexpr KernelEntry kKernels[] = {
    {"Flatten2d", flatten2D},
    {"ReshapeLike", reshapeLike},
    {"ReverseSequence", reverseSequence},
    {"SlidingWindows", slidingWindows},
};

llvm::ArrayRef<KernelEntry> getRearrangeKernels() { return kKernels; }

} // namespace espresso
