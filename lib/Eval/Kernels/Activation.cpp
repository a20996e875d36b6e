//===- Activation.cpp - Activations ---------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "EngineTables.h"
#include "Families.h"

#include <numbers>

namespace espresso {

//===----------------------------------------------------------------------===//
// Functions of one element
//===----------------------------------------------------------------------===//

template <typename T>
static T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

/// log(1 + exp(x)) without overflow.
template <typename T>
static T softplus(T x) {
  return std::log1p(std::exp(-std::abs(x))) + maximumOf(x, T(0));
}

/// x / 2 (1 + erf(x / sqrt 2)), written so that nothing cancels.
template <typename T>
static T geluExact(T x) {
  return T(0.5) * x * std::erfc(-x / std::numbers::sqrt2_v<T>);
}

/// x / 2 (1 + tanh a) with a = sqrt(2 / pi) (x + 0.044715 x^3); the half of
/// 1 + tanh a is sigmoid(2 a).
template <typename T>
static T geluTanh(T x) {
  T scale = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;
  return x * sigmoid(2 * scale * (x + T(0.044715) * x * x * x));
}

template <typename T>
static T geluSigmoid(T x) {
  return x * sigmoid(T(1.702) * x);
}

/// result = fn(x).
template <auto fn>
static void activation(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    mapElements<T>(ctx, [](T x) { return fn(x); });
  });
}

/// result = fn(x, alpha, beta), for the parameters that there are.
template <auto fn>
static void parametricActivation(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &x = ctx.get("x");
    auto alpha = static_cast<T>(ctx.getReal("alpha"));
    auto beta = static_cast<T>(ctx.has("beta") ? ctx.getReal("beta") : 0);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = fn(xs[i], alpha, beta);
    ctx.setResult(std::move(result));
  });
}

/// result = fn(x, alpha, beta) with parameters for each channel (axis 1).
template <auto fn>
static void channelActivation(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &x = ctx.get("x"), *beta = ctx.find("beta");
    AxisView view(x.getShape(), 1);
    Elements<T> xs(x), alphas(ctx.get("alpha"));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i) {
      int64_t channel = static_cast<int64_t>(i) / view.inner % view.extent;
      out[i] = fn(xs[i], alphas[channel],
                  static_cast<T>(beta ? beta->getReal(channel) : 0));
    }
    ctx.setResult(std::move(result));
  });
}

static void sigmoid(KernelContext &ctx) {
  if (usesTables(ctx.getNumerics()))
    return mapElements<float>(ctx, sampledSigmoid);
  activation<[](auto x) { return sigmoid(x); }>(ctx);
}

static void gelu(KernelContext &ctx) {
  llvm::StringRef mode = ctx.getString("mode");
  if (mode == "TANH_APPROXIMATION")
    return activation<[](auto x) { return geluTanh(x); }>(ctx);
  if (mode == "SIGMOID_APPROXIMATION")
    return activation<[](auto x) { return geluSigmoid(x); }>(ctx);
  activation<[](auto x) { return geluExact(x); }>(ctx);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum of `count` elements, `stride` apart.
template <typename T, typename Sum>
static void applySoftmax(const T *x, T *out, int64_t count, int64_t stride,
                         Sum sum) {
  T largest = -std::numeric_limits<T>::infinity();
  for (int64_t k = 0; k < count; ++k)
    largest = maximumOf(largest, x[k * stride]);
  for (int64_t k = 0; k < count; ++k) {
    out[k * stride] = std::exp(x[k * stride] - largest);
    sum.add(out[k * stride]);
  }
  for (int64_t k = 0; k < count; ++k)
    out[k * stride] /= sum.get();
}

/// Softmax along `axis`; the sum runs along the axis in order.
static void softmax(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), ctx.getAxis("axis", x.getRank()));
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      view.forEachLine([&](int64_t first) {
        applySoftmax(xs.data() + first, out + first, view.extent, view.inner,
                     emptySum);
      });
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"ClampedRelu", parametricActivation<[](auto x, auto alpha, auto beta) {
       return minimumOf(x < 0 ? alpha * x : x, beta);
     }>},
    {"Elu", parametricActivation<[](auto x, auto alpha, auto) {
       return x < 0 ? alpha * std::expm1(x) : x;
     }>},
    {"Gelu", gelu},
    {"LeakyRelu", parametricActivation<[](auto x, auto alpha, auto) {
       return x < 0 ? alpha * x : x;
     }>},
    {"LinearActivation",
     parametricActivation<[](auto x, auto alpha, auto beta) {
       return alpha * x + beta;
     }>},
    {"Prelu", channelActivation<[](auto x, auto alpha, auto) {
       return x < 0 ? alpha * x : x;
     }>},
    {"Relu", activation<[](auto x) { return maximumOf(x, decltype(x)(0)); }>},
    {"Relu6", activation<[](auto x) {
       return minimumOf(maximumOf(x, decltype(x)(0)), decltype(x)(6));
     }>},
    {"ScaledTanh", parametricActivation<[](auto x, auto alpha, auto beta) {
       return alpha * std::tanh(beta * x);
     }>},
    {"Sigmoid", sigmoid},
    {"SigmoidHard", parametricActivation<[](auto x, auto alpha, auto beta) {
       using T = decltype(x);
       return minimumOf(maximumOf(alpha * x + beta, T(0)), T(1));
     }>},
    {"Silu", activation<[](auto x) { return x * sigmoid(x); }>},
    {"Softmax", softmax},
    {"Softplus", activation<[](auto x) { return softplus(x); }>},
    {"SoftplusParametric", channelActivation<[](auto x, auto alpha, auto beta) {
       return alpha * softplus(beta * x);
     }>},
    {"Softsign", activation<[](auto x) { return x / (1 + std::abs(x)); }>},
    {"ThresholdedRelu", parametricActivation<[](auto x, auto alpha, auto) {
       return x >= alpha ? x : decltype(x)(0);
     }>},
};

llvm::ArrayRef<KernelEntry> getActivationKernels() { return kKernels; }

} // namespace espresso
