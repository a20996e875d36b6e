//===- Unary.cpp - Elementwise operations of one tensor -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EngineTables.h"
#include "Families.h"
#include "Support.h"

namespace espresso {

/// result = fn(x), for floats.
template <auto fn>
static void unary(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    mapElements<T>(ctx, [](T x) { return fn(x); });
  });
}

/// result = fn(x), for floats and integers.
template <auto fn>
static void unaryNumber(KernelContext &ctx) {
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    mapElements<T>(ctx, [](T x) { return fn(x); });
  });
}

/// result = fn(x + epsilon), for floats.
template <auto fn>
static void unaryWithEpsilon(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    mapElements<T>(ctx, [=](T x) { return fn(x + epsilon); });
  });
}

static void tanh(KernelContext &ctx) {
  if (usesTables(ctx.getNumerics()))
    return mapElements<float>(ctx, sampledTanh);
  unary<[](auto x) { return std::tanh(x); }>(ctx);
}

template <typename T>
static T signOf(T x) {
  if (isNotANumber(x))
    return x;
  return static_cast<T>((x > 0) - (x < 0));
}

/// max(alpha, x) cut at beta; NaN stays.
static void clip(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &x = ctx.get("x");
    auto alpha = static_cast<T>(ctx.getReal("alpha"));
    auto beta = static_cast<T>(ctx.getReal("beta"));
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = minimumOf(maximumOf(xs[i], alpha), beta);
    ctx.setResult(std::move(result));
  });
}

/// max(x, alpha), for floats and integers.
static void threshold(KernelContext &ctx) {
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &x = ctx.get("x");
    T alpha = Elements<T>(ctx.get("alpha"))[0];
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = maximumOf(xs[i], alpha);
    ctx.setResult(std::move(result));
  });
}

/// See Tensor::convertedTo for what does not fit.
static void cast(KernelContext &ctx) {
  ctx.setResult(ctx.get("x").convertedTo(ctx.getResultType()));
}

static void logicalNot(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Tensor result = ctx.makeResult(x.getShape());
  for (int64_t i = 0, count = x.getNumElements(); i < count; ++i)
    result.get<int64_t>()[i] = x.get<int64_t>()[i] == 0;
  ctx.setResult(std::move(result));
}

static constexpr KernelEntry kKernels[] = {
    {"Abs", unaryNumber<[](auto x) { return std::abs(x); }>},
    {"Acos", unary<[](auto x) { return std::acos(x); }>},
    {"Asin", unary<[](auto x) { return std::asin(x); }>},
    {"Atan", unary<[](auto x) { return std::atan(x); }>},
    {"Atanh", unary<[](auto x) { return std::atanh(x); }>},
    {"Cast", cast},
    {"Ceil", unary<[](auto x) { return std::ceil(x); }>},
    {"Clip", clip},
    {"Cos", unary<[](auto x) { return std::cos(x); }>},
    {"Cosh", unary<[](auto x) { return std::cosh(x); }>},
    {"Erf", unary<[](auto x) { return std::erf(x); }>},
    {"Exp", unary<[](auto x) { return std::exp(x); }>},
    {"Exp2", unaryNumber<[](auto x) { return std::exp2(x); }>},
    {"Floor", unary<[](auto x) { return std::floor(x); }>},
    {"Inverse", unaryWithEpsilon<[](auto x) { return 1 / x; }>},
    {"Log", unaryWithEpsilon<[](auto x) { return std::log(x); }>},
    {"LogicalNot", logicalNot},
    {"Round", unary<[](auto x) { return roundHalfToEven(x); }>},
    {"Rsqrt", unaryWithEpsilon<[](auto x) { return 1 / std::sqrt(x); }>},
    {"Sign", unaryNumber<[](auto x) { return signOf(x); }>},
    {"Sin", unary<[](auto x) { return std::sin(x); }>},
    {"Sinh", unary<[](auto x) { return std::sinh(x); }>},
    {"Sqrt", unary<[](auto x) { return std::sqrt(x); }>},
    {"Square", unaryNumber<[](auto x) { return multiplyNumbers(x, x); }>},
    {"Tan", unary<[](auto x) { return std::tan(x); }>},
    {"Tanh", tanh},
    {"Threshold", threshold},
};

llvm::ArrayRef<KernelEntry> getUnaryKernels() { return kKernels; }

} // namespace espresso
