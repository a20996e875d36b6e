//===- Pool.cpp - Pooling -------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"
#include "Window.h"

#include <limits>

namespace espresso {

/// Calls `reduce(elements)` with the elements of each window that are not
/// padding, in row-major order, and keeps what it gives.
template <typename T, typename Fn>
static void pool(KernelContext &ctx, Fn reduce) {
  const Tensor &x = ctx.get("x");
  Window window = getWindow(ctx, ctx.getIntegers("kernel_sizes"));
  std::vector<int64_t> taps = getTaps(window);
  int64_t inputSize = getNumElements(window.input);
  int64_t outputSize = getNumElements(window.output);
  int64_t numTaps = getNumElements(window.kernel);
  Shape shape = {x.getDim(0), x.getDim(1)};
  shape.append(window.output.begin(), window.output.end());
  Elements<T> xs(x);
  Tensor result = ctx.makeResult(shape);
  std::vector<T> &out = result.get<T>();
  std::vector<T> elements;
  for (int64_t channel = 0; channel < x.getDim(0) * x.getDim(1); ++channel)
    for (int64_t o = 0; o < outputSize; ++o) {
      elements.clear();
      for (int64_t tap = 0; tap < numTaps; ++tap)
        if (int64_t at = taps[tap * outputSize + o]; at >= 0)
          elements.push_back(xs[channel * inputSize + at]);
      out[channel * outputSize + o] = reduce(elements);
    }
  ctx.setResult(std::move(result));
}

/// NaN if any element is NaN.
static void maxPool(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    pool<T>(ctx, [](llvm::ArrayRef<T> elements) {
      T largest = -std::numeric_limits<T>::infinity();
      for (T element : elements)
        largest = maximumOf(largest, element);
      return largest;
    });
  });
}

/// Sums run in row-major order of the window. Padding counts as zeros, and what
/// a window rounded up has beyond it too, unless it is excluded.
static void avgPool(KernelContext &ctx) {
  bool excludesPadding = ctx.getBool("exclude_padding_from_average");
  int64_t numTaps = getNumElements(ctx.getIntegers("kernel_sizes"));
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      pool<T>(ctx, [&](llvm::ArrayRef<T> elements) {
        auto sum = emptySum;
        for (T element : elements)
          sum.add(element);
        auto count =
            excludesPadding ? static_cast<int64_t>(elements.size()) : numTaps;
        return sum.get() / static_cast<T>(count);
      });
    });
  });
}

/// The square root of the sum of squares, in row-major order of the window.
static void l2Pool(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      pool<T>(ctx, [&](llvm::ArrayRef<T> elements) {
        auto sum = emptySum;
        for (T element : elements)
          sum.addProduct(element, element);
        return std::sqrt(sum.get());
      });
    });
  });
}

static constexpr KernelEntry kKernels[] = {
    {"AvgPool", avgPool},
    {"L2Pool", l2Pool},
    {"MaxPool", maxPool},
};

llvm::ArrayRef<KernelEntry> getPoolKernels() { return kKernels; }

} // namespace espresso
