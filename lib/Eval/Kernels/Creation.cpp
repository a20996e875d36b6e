//===- Creation.cpp - Tensors from shapes and numbers ---------------------===//
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

/// Fills a tensor of zeros with `value`.
static void fillWith(Tensor &tensor, const Tensor &value) {
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        if constexpr (std::is_same_v<T, int64_t>)
          elements.assign(elements.size(), value.getInteger());
        else if constexpr (!std::is_same_v<T, std::string>)
          elements.assign(elements.size(), static_cast<T>(value.getReal()));
      },
      tensor.getStorage());
}

static void fill(KernelContext &ctx) {
  Shape shape = ctx.getIntegers("shape");
  for (int64_t dim : shape)
    if (dim < 0)
      return ctx.fail("negative extent in 'shape'");
  if (refusesShape(ctx, shape))
    return;
  Tensor result = ctx.makeResult(shape);
  fillWith(result, ctx.get("value"));
  ctx.setResult(std::move(result));
}

static void fillLike(KernelContext &ctx) {
  Tensor result = ctx.makeResult(ctx.get("ref_tensor").getShape());
  fillWith(result, ctx.get("value"));
  ctx.setResult(std::move(result));
}

/// A row of indices for each element that is not zero, in row-major order.
static void nonZero(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  std::vector<int64_t> places;
  forEachIndex(x.getShape(), [&](llvm::ArrayRef<int64_t> index, int64_t i) {
    if (x.getReal(i) != 0)
      places.insert(places.end(), index.begin(), index.end());
  });
  int64_t rank = x.getRank();
  auto rows = rank == 0 ? static_cast<int64_t>(x.getReal() != 0)
                        : static_cast<int64_t>(places.size()) / rank;
  ctx.setResult(Tensor::fromElements(ctx.getResultType(), {rows, rank},
                                     std::move(places)));
}

/// start, start + step, ... before end; each element is start + i step, so that
/// errors do not add up.
static void range1D(KernelContext &ctx) {
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    T start = Elements<T>(ctx.get("start"))[0];
    T end = Elements<T>(ctx.get("end"))[0];
    T step = Elements<T>(ctx.get("step"))[0];
    if (step == 0)
      return ctx.fail("'step' is zero");
    double steps = std::ceil((static_cast<double>(end) - start) / step);
    if (!std::isfinite(steps))
      return ctx.fail("the range has no end");
    auto count = static_cast<int64_t>(
        std::clamp(steps, 0.0, static_cast<double>(kMaxElements) + 1));
    if (refusesShape(ctx, {count}))
      return;
    Tensor result = ctx.makeResult({count});
    for (int64_t i = 0; i < count; ++i)
      result.get<T>()[i] = start + static_cast<T>(i) * step;
    ctx.setResult(std::move(result));
  });
}

static void shape(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Tensor result = ctx.makeResult({x.getRank()});
  result.get<int64_t>().assign(x.getShape().begin(), x.getShape().end());
  ctx.setResult(std::move(result));
}

/// Indices below zero or beyond the size give no `on_value` at all.
static void oneHot(KernelContext &ctx) {
  const Tensor &indices = ctx.get("indices");
  int64_t axis = ctx.getAxis("axis", indices.getRank() + 1);
  int64_t size = ctx.getInteger("one_hot_vector_size");
  if (size < 0)
    return ctx.fail("'one_hot_vector_size' is negative");
  Shape shape(indices.getShape().begin(), indices.getShape().end());
  shape.insert(shape.begin() + axis, size);
  if (refusesShape(ctx, shape))
    return;
  AxisView view(shape, axis);
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    T on = Elements<T>(ctx.get("on_value"))[0];
    T off = Elements<T>(ctx.get("off_value"))[0];
    Tensor result = ctx.makeResult(shape);
    std::vector<T> &out = result.get<T>();
    for (int64_t o = 0; o < view.outer; ++o)
      for (int64_t k = 0; k < view.extent; ++k)
        for (int64_t i = 0; i < view.inner; ++i)
          out[view.at(o, k, i)] =
              indices.getInteger(o * view.inner + i) == k ? on : off;
    ctx.setResult(std::move(result));
  });
}

/// Keeps `lower` diagonals below the main one and `upper` above, of the last
/// two axes; a negative number keeps all.
static void bandPart(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t lower = ctx.getInteger("lower"), upper = ctx.getInteger("upper");
  int64_t rows = x.getDim(x.getRank() - 2), cols = x.getShape().back();
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i) {
      int64_t col = static_cast<int64_t>(i) % cols;
      int64_t row = static_cast<int64_t>(i) / cols % rows;
      bool isInside = (lower < 0 || row - col <= lower) &&
                      (upper < 0 || col - row <= upper);
      out[i] = isInside ? xs[static_cast<int64_t>(i)] : T(0);
    }
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"BandPart", bandPart}, {"Fill", fill},     {"FillLike", fillLike},
    {"NonZero", nonZero},   {"OneHot", oneHot}, {"Range1d", range1D},
    {"Shape", shape},
};

llvm::ArrayRef<KernelEntry> getCreationKernels() { return kKernels; }

} // namespace espresso
