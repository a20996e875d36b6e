//===- Sorting.cpp - Sorting ----------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include <algorithm>
#include <numeric>

namespace espresso {

/// The positions of `count` elements in order. Equal elements keep their
/// order, and NaNs come last, whichever way.
template <typename Get>
static std::vector<int64_t> getOrder(int64_t count, bool isAscending, Get get) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    auto first = get(a), second = get(b);
    if (isNotANumber(first) || isNotANumber(second))
      return !isNotANumber(first) && isNotANumber(second);
    return isAscending ? first < second : second < first;
  });
  return order;
}

static void argsort(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), ctx.getAxis("axis", x.getRank()));
  bool isAscending = ctx.getBool("ascending");
  Tensor result = ctx.makeResult(x.getShape());
  withNumberType(x.getElementType(), [&](auto zero) {
    Elements<decltype(zero)> xs(x);
    for (int64_t o = 0; o < view.outer; ++o) {
      for (int64_t i = 0; i < view.inner; ++i) {
        std::vector<int64_t> order =
            getOrder(view.extent, isAscending,
                     [&](int64_t k) { return xs[view.at(o, k, i)]; });
        for (int64_t k = 0; k < view.extent; ++k)
          result.get<int64_t>()[view.at(o, k, i)] = order[k];
      }
    }
  });
  ctx.setResult(std::move(result));
}

/// The first `k` in order, and where they were. They come sorted even if `sort`
/// is false, which allows any order.
static void topk(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank()), k = ctx.getInteger("k");
  if (k < 0 || k > x.getDim(axis))
    return ctx.fail("'k' is " + llvm::Twine(k) + " but the axis has extent " +
                    llvm::Twine(x.getDim(axis)));
  bool isAscending = ctx.getBool("ascending");
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape[axis] = k;
  AxisView from(x.getShape(), axis), to(shape, axis);
  Tensor indices(DataType::Int32, shape);
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor values = ctx.makeResult(shape);
    for (int64_t o = 0; o < from.outer; ++o) {
      for (int64_t i = 0; i < from.inner; ++i) {
        std::vector<int64_t> order =
            getOrder(from.extent, isAscending,
                     [&](int64_t j) { return xs[from.at(o, j, i)]; });
        for (int64_t j = 0; j < k; ++j) {
          values.get<T>()[to.at(o, j, i)] = xs[from.at(o, order[j], i)];
          indices.get<int64_t>()[to.at(o, j, i)] = order[j];
        }
      }
    }
    ctx.setResult(std::move(values), 0);
  });
  if (ctx.getOp().getNumResults() > 1)
    ctx.setResult(indices.convertedTo(ctx.getResultType(1)), 1);
}

static constexpr KernelEntry kKernels[] = {
    {"Argsort", argsort},
    {"Topk", topk},
};

llvm::ArrayRef<KernelEntry> getSortingKernels() { return kKernels; }

} // namespace espresso
