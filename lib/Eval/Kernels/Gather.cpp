//===- Gather.cpp - Elements at computed places ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

namespace espresso {

/// Indices counted from the front; refuses what is out of range.
static std::vector<int64_t> getIndices(KernelContext &ctx, int64_t extent) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < ctx.get("indices").getNumElements(); ++i)
    places.push_back(getPlace(ctx, i, extent));
  return places;
}

/// Slices of `x` along `axis`: its place is taken by the axes of `indices`
/// without the first `batch_dims`, which both share.
static void gather(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &indices = ctx.get("indices");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  int64_t batchDims = 0;
  if (ctx.has("batch_dims"))
    batchDims = normalizeAxis(ctx.getInteger("batch_dims"), indices.getRank());
  std::vector<int64_t> places = getIndices(ctx, x.getDim(axis));
  if (ctx.getError())
    return;
  llvm::ArrayRef<int64_t> xShape = x.getShape();
  llvm::ArrayRef<int64_t> taken = indices.getShape().drop_front(batchDims);
  Shape shape(xShape.begin(), xShape.begin() + axis);
  shape.append(taken.begin(), taken.end());
  shape.append(xShape.begin() + axis + 1, xShape.end());
  Shape strides = getStrides(xShape);
  Shape indexStrides = getStrides(indices.getShape());
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    auto numTaken = static_cast<int64_t>(taken.size());
    int64_t place =
        getOffset(index.take_front(batchDims), indexStrides) +
        getOffset(index.slice(axis, numTaken),
                  llvm::ArrayRef(indexStrides).drop_front(batchDims));
    return getOffset(index.take_front(axis), strides) +
           places[place] * strides[axis] +
           getOffset(index.drop_front(axis + numTaken),
                     llvm::ArrayRef(strides).drop_front(axis + 1));
  }));
}

/// The element of `x` at each index along `axis`, other positions being equal.
static void gatherAlongAxis(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &indices = ctx.get("indices");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  std::vector<int64_t> places = getIndices(ctx, x.getDim(axis));
  if (ctx.getError())
    return;
  Shape strides = getStrides(x.getShape());
  Shape indexStrides = getStrides(indices.getShape());
  ctx.setResult(
      takeElements(x, indices.getShape(), [&](llvm::ArrayRef<int64_t> index) {
        int64_t place = places[getOffset(index, indexStrides)];
        return getOffset(index, strides) +
               (place - index[axis]) * strides[axis];
      }));
}

/// A slice of `x` for each vector in `indices`; both share the first
/// `batch_dims` axes.
static void gatherNd(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &indices = ctx.get("indices");
  int64_t batchDims = ctx.has("batch_dims") ? ctx.getInteger("batch_dims") : 0;
  int64_t depth = indices.getShape().back();
  std::vector<int64_t> slices = getSlices(ctx, x.getShape(), batchDims);
  if (ctx.getError())
    return;
  llvm::ArrayRef<int64_t> leading = indices.getShape().drop_back();
  auto numLeading = static_cast<int64_t>(leading.size());
  llvm::ArrayRef<int64_t> rest = x.getShape().drop_front(batchDims + depth);
  Shape shape(leading.begin(), leading.end());
  shape.append(rest.begin(), rest.end());
  Shape strides = getStrides(x.getShape());
  Shape sliceStrides = getStrides(leading);
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    return getOffset(index.take_front(batchDims), strides) +
           slices[getOffset(index.take_front(numLeading), sliceStrides)] +
           getOffset(index.drop_front(numLeading),
                     llvm::ArrayRef(strides).drop_front(batchDims + depth));
  }));
}

static constexpr KernelEntry kKernels[] = {
    {"Gather", gather},
    {"GatherAlongAxis", gatherAlongAxis},
    {"GatherNd", gatherNd},
};

llvm::ArrayRef<KernelEntry> getGatherKernels() { return kKernels; }

} // namespace espresso
