//===- Projection.cpp - Products with weights, and what follows -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attend.h"
#include "Families.h"

#include <limits>
#include <numbers>
#include <numeric>

namespace espresso {

/// W x + b for a matrix of columns: `weight` is [outputs, inputs], `bias` null
/// or a number for each output.
template <typename T>
static std::vector<T> applyWeights(KernelContext &ctx, const Tensor &weight,
                                   const Tensor *bias, const T *x,
                                   int64_t columns) {
  Elements<T> weights(weight);
  int64_t outputs = weight.getDim(0), inputs = weight.getDim(1);
  std::vector<T> result(outputs * columns);
  std::vector<T> biases = bias ? getElementsAs<T>(*bias) : std::vector<T>();
  withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
    multiplyMatrices<decltype(emptySum)>(
        makeMatrix(weights.data(), outputs, inputs),
        makeMatrix(x, inputs, columns), result.data(),
        makeRowBias<T>(bias ? biases.data() : nullptr, outputs, columns));
  });
  return result;
}

/// scale (W x + b), capped as cap tanh(logit / cap): what a head has, and a
/// linear without scale and cap.
template <typename T>
static std::vector<T> computeLogits(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Elements<T> xs(x);
  std::vector<T> logits = applyWeights<T>(
      ctx, ctx.get("weight"), ctx.find("bias"), xs.data(), x.getShape().back());
  auto scale = static_cast<T>(ctx.has("scale") ? ctx.getReal("scale") : 1);
  auto cap = static_cast<T>(ctx.has("softcap") ? ctx.getReal("softcap") : 0);
  for (T &logit : logits) {
    logit *= scale;
    if (cap != 0)
      logit = cap * std::tanh(logit / cap);
  }
  return logits;
}

/// Also the head, whose result is fp32.
static void linear(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Tensor result = ctx.makeResult(
        {1, ctx.get("weight").getDim(0), 1, ctx.get("x").getShape().back()});
    result.get<T>() = computeLogits<T>(ctx);
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Heads that choose
//===----------------------------------------------------------------------===//

namespace {

/// The largest number of a column seen so far, the first of equals.
struct Largest {
  int64_t index = -1;
  double value = std::numeric_limits<double>::quiet_NaN();

  void see(int64_t candidate, double number) {
    if (!std::isnan(number) && (index < 0 || number > value)) {
      index = candidate;
      value = number;
    }
  }
};

} // namespace

static void setLargest(KernelContext &ctx, llvm::ArrayRef<Largest> columns) {
  auto count = static_cast<int64_t>(columns.size());
  Tensor indices = ctx.makeResult({count}, 0);
  Tensor maxima = ctx.makeResult({count}, 1);
  for (int64_t s = 0; s < count; ++s)
    indices.get<int64_t>()[s] = columns[s].index;
  withFloatType(maxima.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t s = 0; s < count; ++s)
      maxima.get<T>()[s] = static_cast<T>(columns[s].value);
  });
  ctx.setResult(std::move(indices), 0);
  ctx.setResult(std::move(maxima), 1);
}

static void argMax(KernelContext &ctx) {
  llvm::ArrayRef<TensorRef> values = ctx.getList("values");
  int64_t columns = values.front()->getShape().back(), first = 0;
  std::vector<Largest> largest(columns);
  for (const TensorRef &part : values) {
    int64_t channels = part->getDim(1);
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t s = 0; s < columns; ++s)
        largest[s].see(first + c, part->getReal(c * columns + s));
    first += channels;
  }
  setLargest(ctx, largest);
}

static void greedyHead(KernelContext &ctx) {
  int64_t columns = ctx.get("x").getShape().back();
  std::vector<Largest> largest(columns);
  withFloatType(ctx.getResultType(1), [&](auto zero) {
    std::vector<decltype(zero)> logits = computeLogits<decltype(zero)>(ctx);
    for (size_t i = 0; i < logits.size(); ++i) {
      auto index = static_cast<int64_t>(i);
      largest[index % columns].see(index / columns, logits[i]);
    }
  });
  setLargest(ctx, largest);
}

//===----------------------------------------------------------------------===//
// Feed-forward blocks and experts
//===----------------------------------------------------------------------===//

/// Activations by the names that `ffn` has for them.
template <typename T>
static T activate(llvm::StringRef name, T x) {
  constexpr T kHalf = T(0.5);
  if (name == "relu")
    return std::max(x, T(0));
  if (name == "gelu")
    return kHalf * x * (1 + std::erf(x / std::numbers::sqrt2_v<T>));
  if (name == "gelu_tanh") {
    // sqrt(2/pi) (x + 0.044715 x^3): "Gaussian Error Linear Units", 2016.
    T inner =
        std::sqrt(2 / std::numbers::pi_v<T>) * (x + T(0.044715) * x * x * x);
    return kHalf * x * (1 + std::tanh(inner));
  }
  return x / (1 + std::exp(-x));
}

/// down (act(gate x) up x), or down act(up x); times the weight of the expert.
static void feedForward(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), *gate = ctx.find("gate");
  const Tensor *route = ctx.find("route");
  llvm::StringRef activation = ctx.getString("activation");
  int64_t columns = x.getShape().back();
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    std::vector<T> hidden = applyWeights<T>(
        ctx, ctx.get("up"), ctx.find("up_bias"), xs.data(), columns);
    std::vector<T> gated = hidden;
    if (gate)
      gated = applyWeights<T>(ctx, *gate, ctx.find("gate_bias"), xs.data(),
                              columns);
    for (size_t i = 0; i < hidden.size(); ++i)
      hidden[i] = activate(activation, gated[i]) * (gate ? hidden[i] : T(1));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    out = applyWeights<T>(ctx, ctx.get("down"), ctx.find("down_bias"),
                          hidden.data(), columns);
    for (size_t i = 0; route && i < out.size(); ++i) {
      int64_t column = static_cast<int64_t>(i) % columns;
      out[i] *= static_cast<T>(
          route->getReal(ctx.getInteger("expert") * columns + column));
    }
    ctx.setResult(std::move(result));
  });
}

/// Zeroes all but the `count` largest of `weights`, of equals the first; then
/// they sum to 1 if that is wanted.
template <typename T>
static void keepLargest(llvm::MutableArrayRef<T> weights, int64_t count,
                        bool normalize) {
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return weights[a] > weights[b]; });
  for (size_t i = count; i < order.size(); ++i)
    weights[order[i]] = 0;
  T sum = 0;
  for (T weight : weights)
    sum += weight;
  if (normalize)
    for (T &weight : weights)
      weight /= sum;
}

/// The largest of softmax(W x), column by column.
static void router(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  int64_t columns = x.getShape().back(), experts = weight.getDim(0);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult({1, experts, 1, columns});
    std::vector<T> &out = result.get<T>();
    out = applyWeights<T>(ctx, weight, nullptr, xs.data(), columns);
    std::vector<T> column(experts);
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t s = 0; s < columns; ++s) {
        for (int64_t e = 0; e < experts; ++e)
          column[e] = out[e * columns + s];
        applySoftmax(llvm::MutableArrayRef<T>(column), emptySum);
        keepLargest(llvm::MutableArrayRef<T>(column), ctx.getInteger("top_k"),
                    ctx.getBool("normalize"));
        for (int64_t e = 0; e < experts; ++e)
          out[e * columns + s] = column[e];
      }
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Argmax", argMax}, {"Ffn", feedForward},        {"GreedyHead", greedyHead},
    {"Head", linear},   {"LinearComposite", linear}, {"Router", router},
};

llvm::ArrayRef<KernelEntry> getProjectionKernels() { return kKernels; }

} // namespace espresso
