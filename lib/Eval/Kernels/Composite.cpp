//===- Composite.cpp - Composites of the model altitude -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Activations have the form [1, C, 1, S]: a matrix of C rows and a column for
// each token. A composite rounds once, at its end. See docs/Composites.md.
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

namespace espresso {

/// Column s is row `ids[s]` of the table.
static void embedding(KernelContext &ctx) {
  const Tensor &ids = ctx.get("ids"), &table = ctx.get("table");
  int64_t rows = table.getDim(0), width = table.getDim(1);
  int64_t columns = ids.getNumElements();
  for (int64_t id : ids.get<int64_t>())
    if (id < 0 || id >= rows)
      return ctx.fail("id " + llvm::Twine(id) + " is not in a table of " +
                      llvm::Twine(rows));
  ctx.setResult(takeElements(
      table, {1, width, 1, columns}, [&](llvm::ArrayRef<int64_t> index) {
        return ids.getInteger(index[3]) * width + index[1];
      }));
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

/// x (mean x^2 + epsilon)^-1/2 weight, each column alone.
static void rmsNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), 1);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), weight(ctx.get("weight"));
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(x.getShape());
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t s = 0; s < view.inner; ++s) {
        auto squares = emptySum;
        for (int64_t c = 0; c < view.extent; ++c)
          squares.addProduct(xs[view.at(0, c, s)], xs[view.at(0, c, s)]);
        T mean = squares.get() / static_cast<T>(view.extent);
        T scale = 1 / std::sqrt(mean + epsilon);
        for (int64_t c = 0; c < view.extent; ++c)
          result.get<T>()[view.at(0, c, s)] =
              xs[view.at(0, c, s)] * scale * weight[c];
      }
    });
    ctx.setResult(std::move(result));
  });
}

/// Mean and mean squared deviation of `count` elements, `stride` apart.
template <typename T, typename Sum>
static std::pair<T, T> measure(const T *x, int64_t count, int64_t stride,
                               Sum emptySum) {
  Sum sum = emptySum, squares = emptySum;
  for (int64_t i = 0; i < count; ++i)
    sum.add(x[i * stride]);
  T mean = sum.get() / static_cast<T>(count);
  for (int64_t i = 0; i < count; ++i) {
    T deviation = x[i * stride] - mean;
    squares.addProduct(deviation, deviation);
  }
  return {mean, squares.get() / static_cast<T>(count)};
}

/// (x - mean) (mean (x - mean)^2 + epsilon)^-1/2 gamma + beta, each column
/// alone.
static void layerNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), *beta = ctx.find("beta");
  AxisView view(x.getShape(), 1);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), gamma(ctx.get("gamma"));
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      view.forEachLine([&](int64_t first) {
        auto [mean, variance] =
            measure(xs.data() + first, view.extent, view.inner, emptySum);
        T scale = 1 / std::sqrt(variance + epsilon);
        for (int64_t c = 0; c < view.extent; ++c)
          out[first + c * view.inner] =
              (xs[first + c * view.inner] - mean) * scale * gamma[c] +
              static_cast<T>(beta ? beta->getReal(c) : 0);
      });
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// W x for a matrix of columns: `weight` is [outputs, inputs].
template <typename T>
static std::vector<T> applyWeights(KernelContext &ctx, const Tensor &weight,
                                   const T *x, int64_t columns) {
  Elements<T> weights(weight);
  int64_t outputs = weight.getDim(0), inputs = weight.getDim(1);
  std::vector<T> result(outputs * columns);
  withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
    multiplyMatrices<decltype(emptySum)>(
        makeMatrix(weights.data(), outputs, inputs),
        makeMatrix(x, inputs, columns), result.data());
  });
  return result;
}

/// W x + b; also the head, whose result is fp32.
static void linear(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  const Tensor *bias = ctx.find("bias");
  int64_t columns = x.getShape().back(), outputs = weight.getDim(0);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult({1, outputs, 1, columns});
    std::vector<T> &out = result.get<T>();
    out = applyWeights<T>(ctx, weight, xs.data(), columns);
    if (bias)
      for (int64_t i = 0; i < outputs * columns; ++i)
        out[i] += static_cast<T>(bias->getReal(i / columns));
    ctx.setResult(std::move(result));
  });
}

/// W_down (silu(W_gate x) W_up x).
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
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  int64_t columns = x.getShape().back();
  std::vector<Largest> largest(columns);
  withFloatType(ctx.getResultType(1), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    std::vector<T> logits = applyWeights<T>(ctx, weight, xs.data(), columns);
    for (int64_t c = 0; c < weight.getDim(0); ++c)
      for (int64_t s = 0; s < columns; ++s)
        largest[s].see(c, logits[c * columns + s]);
  });
  setLargest(ctx, largest);
}

static void swiglu(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t columns = x.getShape().back();
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    std::vector<T> hidden =
        applyWeights<T>(ctx, ctx.get("gate"), xs.data(), columns);
    std::vector<T> up = applyWeights<T>(ctx, ctx.get("up"), xs.data(), columns);
    for (size_t i = 0; i < hidden.size(); ++i)
      hidden[i] = hidden[i] / (1 + std::exp(-hidden[i])) * up[i];
    Tensor result = ctx.makeResult(x.getShape());
    result.get<T>() =
        applyWeights<T>(ctx, ctx.get("down"), hidden.data(), columns);
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// Rotates each pair of `x`, which stand `half` apart, by `angle`; `stride`
/// elements apart there are `count` such pairs.
template <typename T>
static void rotate(const T *x, T *out, int64_t half, int64_t stride,
                   int64_t count, double angle) {
  auto cosine = static_cast<T>(std::cos(angle));
  auto sine = static_cast<T>(std::sin(angle));
  for (int64_t i = 0; i < count; ++i) {
    int64_t first = i * stride, second = first + half;
    out[first] = x[first] * cosine - x[second] * sine;
    out[second] = x[second] * cosine + x[first] * sine;
  }
}

/// Rotates the halves of each head: column s by angles of position + s. Angles,
/// sines and cosines are computed in double.
static void rope(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t position = ctx.getInteger("position");
  int64_t size = ctx.getInteger("head_dim"), half = size / 2;
  double theta = ctx.getReal("theta");
  int64_t heads = x.getDim(1) / size, columns = x.getShape().back();
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    for (int64_t i = 0; i < half; ++i) {
      double frequency = std::pow(theta, -2.0 * static_cast<double>(i) /
                                             static_cast<double>(size));
      for (int64_t s = 0; s < columns; ++s) {
        int64_t at = i * columns + s;
        rotate(xs.data() + at, out + at, half * columns, size * columns, heads,
               static_cast<double>(position + s) * frequency);
      }
    }
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Argmax", argMax},
    {"Embedding", embedding},
    {"GreedyHead", greedyHead},
    {"Head", linear},
    {"LayerNormComposite", layerNorm},
    {"LinearComposite", linear},
    {"RmsNorm", rmsNorm},
    {"Rope", rope},
    {"Swiglu", swiglu},
};

llvm::ArrayRef<KernelEntry> getCompositeKernels() { return kKernels; }

} // namespace espresso
