//===- Scatter.cpp - Updates at computed places ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include "llvm/ADT/StringSwitch.h"

namespace espresso {

namespace {

enum class ScatterMode { Add, Div, Max, Min, Mul, Sub, Update };

} // namespace

static ScatterMode parseScatterMode(llvm::StringRef spelling) {
  return llvm::StringSwitch<ScatterMode>(spelling)
      .Case("add", ScatterMode::Add)
      .Case("div", ScatterMode::Div)
      .Case("max", ScatterMode::Max)
      .Case("min", ScatterMode::Min)
      .Case("mul", ScatterMode::Mul)
      .Case("sub", ScatterMode::Sub)
      .Default(ScatterMode::Update);
}

/// What becomes of the element `old` that `update` meets. The divisor of
/// integers is not zero.
template <typename T>
static T merge(ScatterMode mode, T old, T update) {
  switch (mode) {
  case ScatterMode::Add:
    return addNumbers(old, update);
  case ScatterMode::Div:
    return old / update;
  case ScatterMode::Max:
    return maximumOf(old, update);
  case ScatterMode::Min:
    return minimumOf(old, update);
  case ScatterMode::Mul:
    return multiplyNumbers(old, update);
  case ScatterMode::Sub:
    return subtractNumbers(old, update);
  case ScatterMode::Update:
    return update;
  }
  llvm_unreachable("every mode merges");
}

/// `data` with each element of `updates` merged into the element that
/// `getElement(index, position)` names. In row-major order, so that of several
/// `update`s of one element the last one stays.
template <typename Fn>
static void mergeUpdates(KernelContext &ctx, Fn getElement) {
  const Tensor &updates = ctx.get("updates");
  ScatterMode mode = parseScatterMode(ctx.getString("mode"));
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> update(updates);
    Tensor result = ctx.get("data");
    std::vector<T> &out = result.get<T>();
    forEachIndex(updates.getShape(),
                 [&](llvm::ArrayRef<int64_t> index, int64_t position) {
                   int64_t at = getElement(index, position);
                   if (ctx.getError())
                     return;
                   if (std::is_integral_v<T> && mode == ScatterMode::Div &&
                       update[position] == 0)
                     return ctx.fail("integer division by zero");
                   out[at] = merge(mode, out[at], update[position]);
                 });
    ctx.setResult(std::move(result));
  });
}

static void scatterAlongAxis(KernelContext &ctx) {
  const Tensor &data = ctx.get("data");
  int64_t axis = ctx.getAxis("axis", data.getRank());
  Shape strides = getStrides(data.getShape());
  mergeUpdates(ctx, [&](llvm::ArrayRef<int64_t> index, int64_t position) {
    int64_t place = getPlace(ctx, position, data.getDim(axis));
    return getOffset(index, strides) + (place - index[axis]) * strides[axis];
  });
}

/// The axes of `indices` stand in the place of `axis`.
static void scatter(KernelContext &ctx) {
  const Tensor &data = ctx.get("data"), &indices = ctx.get("indices");
  int64_t axis = ctx.getAxis("axis", data.getRank());
  int64_t numTaken = indices.getRank();
  Shape strides = getStrides(data.getShape());
  Shape indexStrides = getStrides(indices.getShape());
  mergeUpdates(ctx, [&](llvm::ArrayRef<int64_t> index, int64_t) {
    int64_t position = getOffset(index.slice(axis, numTaken), indexStrides);
    return getOffset(index.take_front(axis), strides) +
           getPlace(ctx, position, data.getDim(axis)) * strides[axis] +
           getOffset(index.drop_front(axis + numTaken),
                     llvm::ArrayRef(strides).drop_front(axis + 1));
  });
}

static void scatterNd(KernelContext &ctx) {
  const Tensor &data = ctx.get("data"), &indices = ctx.get("indices");
  int64_t depth = indices.getShape().back();
  std::vector<int64_t> slices = getSlices(ctx, data.getShape(), /*first=*/0);
  if (ctx.getError())
    return;
  int64_t sliceSize = getNumElements(data.getShape().drop_front(depth));
  mergeUpdates(ctx, [&](llvm::ArrayRef<int64_t>, int64_t position) {
    return slices[position / sliceSize] + position % sliceSize;
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Scatter", scatter},
    {"ScatterAlongAxis", scatterAlongAxis},
    {"ScatterNd", scatterNd},
};

llvm::ArrayRef<KernelEntry> getScatterKernels() { return kKernels; }

} // namespace espresso
