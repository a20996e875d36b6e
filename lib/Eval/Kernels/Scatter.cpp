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

/// Updates are merged in row-major order, so that of several `update`s of one
/// element the last one stays. Indices are as in gather_along_axis.
static void scatterAlongAxis(KernelContext &ctx) {
  const Tensor &data = ctx.get("data"), &indices = ctx.get("indices");
  const Tensor &updates = ctx.get("updates");
  int64_t axis = ctx.getAxis("axis", data.getRank());
  ScatterMode mode = parseScatterMode(ctx.getString("mode"));
  int64_t extent = data.getDim(axis);
  Shape strides = getStrides(data.getShape());
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> update(updates);
    Tensor result = data;
    std::vector<T> &out = result.get<T>();
    forEachIndex(indices.getShape(), [&](llvm::ArrayRef<int64_t> index,
                                         int64_t position) {
      int64_t place = normalizeAxis(indices.getInteger(position), extent);
      if (place < 0 || place >= extent)
        return ctx.fail("index " + llvm::Twine(indices.getInteger(position)) +
                        " of 'indices' is out of range for extent " +
                        llvm::Twine(extent));
      if (std::is_integral_v<T> && mode == ScatterMode::Div &&
          update[position] == 0)
        return ctx.fail("integer division by zero");
      int64_t at =
          getOffset(index, strides) + (place - index[axis]) * strides[axis];
      out[at] = merge(mode, out[at], update[position]);
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"ScatterAlongAxis", scatterAlongAxis},
};

llvm::ArrayRef<KernelEntry> getScatterKernels() { return kKernels; }

} // namespace espresso
