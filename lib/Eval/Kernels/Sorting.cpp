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

/// The positions in order of `count` elements, `stride` apart. Equal elements
/// keep their order, and NaNs come last, whichever way.
template <typename T>
static std::vector<int64_t> getOrder(const T *x, int64_t count, int64_t stride,
                                     bool isAscending) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    T first = x[a * stride], second = x[b * stride];
    if (isNotANumber(first) || isNotANumber(second))
      return !isNotANumber(first) && isNotANumber(second);
    return isAscending ? first < second : second < first;
  });
  return order;
}

/// Calls `visit` for the first `k` places of each line of `x` along `axis`,
/// with the element of a result of k places, the element of x that comes there,
/// and its index along the axis.
template <typename T, typename Fn>
static void forEachSorted(const T *x, llvm::ArrayRef<int64_t> shape,
                          int64_t axis, int64_t k, bool isAscending, Fn visit) {
  AxisView from(shape, axis);
  for (int64_t line = 0; line < from.outer * from.inner; ++line) {
    int64_t o = line / from.inner, i = line % from.inner;
    int64_t first = from.at(o, 0, i);
    std::vector<int64_t> order =
        getOrder(x + first, from.extent, from.inner, isAscending);
    for (int64_t j = 0; j < k; ++j)
      visit((o * k + j) * from.inner + i, first + order[j] * from.inner,
            order[j]);
  }
}

static void argsort(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  Tensor result = ctx.makeResult(x.getShape());
  std::vector<int64_t> &out = result.get<int64_t>();
  withNumberType(x.getElementType(), [&](auto zero) {
    Elements<decltype(zero)> xs(x);
    forEachSorted(
        xs.data(), x.getShape(), axis, x.getDim(axis), ctx.getBool("ascending"),
        [&](int64_t place, int64_t, int64_t index) { out[place] = index; });
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
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape[axis] = k;
  Tensor indices(DataType::Int32, shape);
  std::vector<int64_t> &places = indices.get<int64_t>();
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor values = ctx.makeResult(shape);
    T *out = values.get<T>().data();
    forEachSorted(xs.data(), x.getShape(), axis, k, ctx.getBool("ascending"),
                  [&](int64_t place, int64_t element, int64_t index) {
                    out[place] = xs[element];
                    places[place] = index;
                  });
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
