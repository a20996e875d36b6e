//===- Reduction.cpp - Reductions -----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

#include <limits>

namespace espresso {

//===----------------------------------------------------------------------===//
// Along several axes
//===----------------------------------------------------------------------===//

namespace {

/// Where the terms of a reduction are: term `t` of result `r` is element
/// `bases[r] + terms[t]`.
struct ReductionPlan {
  ReductionPlan(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> axes,
                bool keepDims);

  Shape resultShape;
  std::vector<int64_t> bases;
  std::vector<int64_t> terms;
};

} // namespace

ReductionPlan::ReductionPlan(llvm::ArrayRef<int64_t> shape,
                             llvm::ArrayRef<int64_t> axes, bool keepDims) {
  Shape kept, reduced(shape.begin(), shape.end());
  kept = reduced;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    bool isReduced = llvm::is_contained(axes, static_cast<int64_t>(axis));
    (isReduced ? kept : reduced)[axis] = 1;
    if (!isReduced || keepDims)
      resultShape.push_back(kept[axis]);
  }
  Shape strides = getStrides(shape);
  forEachIndex(kept, [&](llvm::ArrayRef<int64_t> index, int64_t) {
    bases.push_back(getOffset(index, strides));
  });
  forEachIndex(reduced, [&](llvm::ArrayRef<int64_t> index, int64_t) {
    terms.push_back(getOffset(index, strides));
  });
}

namespace {

/// The terms of one result.
template <typename T>
struct Terms {
  T operator()(size_t index) const { return base[offsets[index]]; }

  const T *base;
  llvm::ArrayRef<int64_t> offsets;
};

} // namespace

/// result = fn(terms of x). `fn` gets a function from the number of a term to
/// its value, the number of terms, and an empty accumulator.
template <auto fn>
static void reduction(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  ReductionPlan plan(x.getShape(), ctx.getAxes("axes", x.getRank()),
                     ctx.getBool("keep_dims"));
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(plan.resultShape);
    std::vector<T> &out = result.get<T>();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (size_t r = 0; r < out.size(); ++r)
        out[r] = fn(Terms<T>{xs.data() + plan.bases[r], plan.terms},
                    plan.terms.size(), emptySum);
    });
    ctx.setResult(std::move(result));
  });
}

/// The sum of `fn` of each term, in order.
template <typename Term, typename Sum, typename Fn>
static auto sumOf(Term term, size_t count, Sum sum, Fn fn) {
  for (size_t t = 0; t < count; ++t)
    sum.add(fn(term(t)));
  return sum.get();
}

/// The largest (or smallest) term; of no terms, minus (plus) infinity.
template <auto choose, int sign, typename Term>
static auto extremeOf(Term term, size_t count) {
  using T = decltype(term(0));
  using Limits = std::numeric_limits<T>;
  T result = sign > 0 ? Limits::max() : Limits::lowest();
  if constexpr (Limits::has_infinity)
    result = sign > 0 ? Limits::infinity() : -Limits::infinity();
  for (size_t t = 0; t < count; ++t)
    result = choose(result, term(t));
  return result;
}

template <typename Term>
static auto largestOf(Term term, size_t count) {
  return extremeOf<[](auto a, auto b) { return maximumOf(a, b); }, -1>(term,
                                                                       count);
}

/// log(sum exp(x)), with the largest term taken out.
template <typename Term, typename Sum>
static auto logSumExp(Term term, size_t count, Sum sum) {
  auto largest = largestOf(term, count);
  using T = decltype(largest);
  // Infinite terms would give inf - inf.
  T shift = std::isfinite(static_cast<double>(largest)) ? largest : T(0);
  T total = sumOf(term, count, sum,
                  [&](T x) { return static_cast<T>(std::exp(x - shift)); });
  return static_cast<T>(std::log(total) + shift);
}

//===----------------------------------------------------------------------===//
// Along one axis
//===----------------------------------------------------------------------===//

/// The index of the first of `count` elements, `stride` apart, that no other
/// beats; a NaN beats numbers.
template <auto beats, typename T>
static int64_t findBest(const T *x, int64_t count, int64_t stride) {
  int64_t best = 0;
  for (int64_t k = 1; k < count; ++k) {
    T value = x[k * stride], held = x[best * stride];
    if (!isNotANumber(held) && (isNotANumber(value) || beats(value, held)))
      best = k;
  }
  return best;
}

template <auto beats>
static void argReduction(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  AxisView view(x.getShape(), axis);
  Shape shape(x.getShape().begin(), x.getShape().end());
  if (ctx.getBool("keep_dims"))
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  if (view.extent == 0)
    return ctx.fail("axis " + llvm::Twine(axis) + " of 'x' is empty");
  Tensor result = ctx.makeResult(shape);
  int64_t *out = result.get<int64_t>().data();
  withNumberType(x.getElementType(), [&](auto zero) {
    Elements<decltype(zero)> xs(x);
    view.forEachLine([&](int64_t first) {
      *out++ = findBest<beats>(xs.data() + first, view.extent, view.inner);
    });
  });
  ctx.setResult(std::move(result));
}

/// Running sums of `count` elements, `stride` apart, with each element itself
/// or without.
template <typename T, typename Sum>
static void addUp(const T *x, T *out, int64_t count, int64_t stride,
                  bool isExclusive, Sum sum) {
  for (int64_t k = 0; k < count; ++k) {
    T before = sum.get();
    sum.add(x[k * stride]);
    out[k * stride] = isExclusive ? before : sum.get();
  }
}

/// Running sums along `axis`, each in order of the axis, or against it.
static void cumsum(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), ctx.getAxis("axis", x.getRank()));
  bool isExclusive = ctx.getBool("exclusive");
  bool isReverse = ctx.getBool("reverse");
  // Where a line starts, and which way it goes.
  int64_t last = std::max<int64_t>(0, view.extent - 1);
  int64_t start = isReverse ? last * view.inner : 0;
  int64_t stride = isReverse ? -view.inner : view.inner;
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      view.forEachLine([&](int64_t first) {
        addUp(xs.data() + first + start, out + first + start, view.extent,
              stride, isExclusive, emptySum);
      });
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

// The types of the lambdas' results are those of their terms: means, roots and
// logarithms of integers are truncated.
static constexpr KernelEntry kKernels[] = {
    {"Cumsum", cumsum},
    {"ReduceArgmax", argReduction<[](auto a, auto b) { return b < a; }>},
    {"ReduceArgmin", argReduction<[](auto a, auto b) { return a < b; }>},
    {"ReduceL1Norm", reduction<[](auto term, size_t count, auto sum) {
       return sumOf(term, count, sum, [](auto x) { return std::abs(x); });
     }>},
    {"ReduceL2Norm", reduction<[](auto term, size_t count, auto sum) {
       return std::sqrt(sumOf(term, count, sum,
                              [](auto x) { return multiplyNumbers(x, x); }));
     }>},
    {"ReduceLogSum", reduction<[](auto term, size_t count, auto sum) {
       return std::log(sumOf(term, count, sum, [](auto x) { return x; }));
     }>},
    {"ReduceLogSumExp", reduction<[](auto term, size_t count, auto sum) {
       return logSumExp(term, count, sum);
     }>},
    {"ReduceMax", reduction<[](auto term, size_t count, auto) {
       return largestOf(term, count);
     }>},
    {"ReduceMean", reduction<[](auto term, size_t count, auto sum) {
       using T = decltype(sum.get());
       T total = sumOf(term, count, sum, [](auto x) { return x; });
       if (std::is_integral_v<T> && count == 0)
         return T(0);
       return static_cast<T>(total / static_cast<T>(count));
     }>},
    {"ReduceMin", reduction<[](auto term, size_t count, auto) {
       return extremeOf<[](auto a, auto b) { return minimumOf(a, b); }, 1>(
           term, count);
     }>},
    {"ReduceProd", reduction<[](auto term, size_t count, auto) {
       decltype(term(0)) product = 1;
       for (size_t t = 0; t < count; ++t)
         product = multiplyNumbers(product, term(t));
       return product;
     }>},
    {"ReduceSum", reduction<[](auto term, size_t count, auto sum) {
       return sumOf(term, count, sum, [](auto x) { return x; });
     }>},
    {"ReduceSumSquare", reduction<[](auto term, size_t count, auto sum) {
       return sumOf(term, count, sum,
                    [](auto x) { return multiplyNumbers(x, x); });
     }>},
};

llvm::ArrayRef<KernelEntry> getReductionKernels() { return kKernels; }

} // namespace espresso
