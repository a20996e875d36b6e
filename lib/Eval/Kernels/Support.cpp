//===- Support.cpp - What kernels share -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include <algorithm>

namespace espresso {

bool refusesShape(KernelContext &ctx, llvm::ArrayRef<int64_t> shape) {
  if (!isTooLarge(shape))
    return false;
  ctx.fail("the result has more than " + llvm::Twine(kMaxElements) +
           " elements");
  return true;
}

Shape getStrides(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Shape broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape result(a.begin(), a.end());
  size_t extra = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &dim = result[extra + i];
    assert((dim == b[i] || dim == 1 || b[i] == 1) && "shapes do not broadcast");
    if (dim == 1)
      dim = b[i];
  }
  return result;
}

BroadcastIndex::BroadcastIndex(llvm::ArrayRef<int64_t> from,
                               llvm::ArrayRef<int64_t> to)
    : isIdentity(from == to) {
  if (isIdentity || getNumElements(from) == 1)
    return;
  // Missing leading axes and axes of extent one do not move in `from`.
  Shape ownStrides = getStrides(from);
  Shape strides(to.size(), 0);
  size_t extra = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i)
    if (from[i] != 1)
      strides[extra + i] = ownStrides[i];
  table.reserve(getNumElements(to));
  forEachIndex(to, [&](llvm::ArrayRef<int64_t> index, int64_t) {
    table.push_back(getOffset(index, strides));
  });
}

void advanceIndex(llvm::MutableArrayRef<int64_t> index,
                  llvm::ArrayRef<int64_t> shape) {
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (++index[axis] < shape[axis])
      return;
    index[axis] = 0;
  }
}

AxisView::AxisView(llvm::ArrayRef<int64_t> shape, int64_t axis) {
  outer = getNumElements(shape.take_front(axis));
  extent = shape[axis];
  inner = getNumElements(shape.drop_front(axis + 1));
}

int64_t getPlace(KernelContext &ctx, int64_t position, int64_t extent) {
  Opset opset = ctx.getOp().getOpset();
  bool countsFromBehind = opset == Opset::IOS15 || opset == Opset::IOS16;
  int64_t given = ctx.get("indices").getInteger(position);
  int64_t place = countsFromBehind ? normalizeAxis(given, extent) : given;
  if (place >= 0 && place < extent)
    return place;
  ctx.fail("index " + llvm::Twine(given) +
           " of 'indices' is out of range for extent " + llvm::Twine(extent));
  return 0;
}

std::vector<int64_t> getSlices(KernelContext &ctx,
                               llvm::ArrayRef<int64_t> shape, int64_t first) {
  const Tensor &indices = ctx.get("indices");
  int64_t depth = indices.getShape().back();
  Shape strides = getStrides(shape);
  std::vector<int64_t> slices;
  for (int64_t i = 0; i < getNumElements(indices.getShape().drop_back()); ++i) {
    int64_t begin = 0;
    for (int64_t k = 0; k < depth; ++k)
      begin +=
          getPlace(ctx, i * depth + k, shape[first + k]) * strides[first + k];
    slices.push_back(begin);
  }
  return slices;
}

} // namespace espresso
