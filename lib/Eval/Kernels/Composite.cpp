//===- Composite.cpp - Norms and positions of the model altitude ----------===//
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

/// The channels of a column in groups, each measured alone; gains may be shared
/// by all groups.
class GroupedChannels {
public:
  explicit GroupedChannels(KernelContext &ctx)
      : shape(ctx.get("x").getShape()), groups(ctx.getInteger("groups")),
        extent(shape[1] / groups), columns(shape.back()) {}

  /// Calls `run` with the place of each group's first element in x, and that of
  /// its first gain among `numGains`. Channels are `columns` elements apart.
  template <typename Fn>
  void forEach(int64_t numGains, Fn run) const {
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t s = 0; s < columns; ++s)
        run(g * extent * columns + s, numGains > extent ? g * extent : 0);
  }

  llvm::ArrayRef<int64_t> shape;
  int64_t groups;
  int64_t extent;
  int64_t columns;
};

/// x (mean x^2 + epsilon)^-1/2 weight, each group of a column alone.
static void rmsNorm(KernelContext &ctx) {
  const Tensor &gains = ctx.get("weight");
  GroupedChannels channels(ctx);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(ctx.get("x")), weight(gains);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(channels.shape);
    T *out = result.get<T>().data();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      channels.forEach(gains.getDim(0), [&](int64_t first, int64_t gain) {
        auto squares = emptySum;
        for (int64_t c = 0; c < channels.extent; ++c) {
          T x = xs[first + c * channels.columns];
          squares.addProduct(x, x);
        }
        T mean = squares.get() / static_cast<T>(channels.extent);
        T scale = 1 / std::sqrt(mean + epsilon);
        for (int64_t c = 0; c < channels.extent; ++c) {
          int64_t at = first + c * channels.columns;
          out[at] = xs[at] * scale * weight[gain + c];
        }
      });
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

/// (x - mean) (mean (x - mean)^2 + epsilon)^-1/2 gamma + beta, each group of a
/// column alone.
static void layerNorm(KernelContext &ctx) {
  const Tensor &gains = ctx.get("gamma"), *beta = ctx.find("beta");
  int64_t numShifts = beta ? beta->getDim(0) : 0;
  GroupedChannels channels(ctx);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(ctx.get("x")), gamma(gains);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(channels.shape);
    T *out = result.get<T>().data();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      channels.forEach(gains.getDim(0), [&](int64_t first, int64_t gain) {
        auto [mean, variance] = measure(xs.data() + first, channels.extent,
                                        channels.columns, emptySum);
        T scale = 1 / std::sqrt(variance + epsilon);
        for (int64_t c = 0; c < channels.extent; ++c) {
          int64_t at = first + c * channels.columns;
          out[at] = (xs[at] - mean) * scale * gamma[gain + c];
        }
      });
      channels.forEach(numShifts, [&](int64_t first, int64_t shift) {
        for (int64_t c = 0; beta && c < channels.extent; ++c)
          out[first + c * channels.columns] +=
              static_cast<T>(beta->getReal(shift + c));
      });
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// Rotates each pair of `x`, which stand `half` apart, by `angle` and scales
/// it; `stride` elements apart there are `count` such pairs.
template <typename T>
static void rotate(const T *x, T *out, int64_t half, int64_t stride,
                   int64_t count, double angle, double scale) {
  auto cosine = static_cast<T>(scale * std::cos(angle));
  auto sine = static_cast<T>(scale * std::sin(angle));
  for (int64_t i = 0; i < count; ++i) {
    int64_t first = i * stride, second = first + half;
    out[first] = x[first] * cosine - x[second] * sine;
    out[second] = x[second] * cosine + x[first] * sine;
  }
}

/// Radians for each position: given, or theta^(-2i/r).
static std::vector<double> getFrequencies(KernelContext &ctx, int64_t rotary) {
  std::vector<double> frequencies(rotary / 2);
  const Tensor *given = ctx.find("frequencies");
  for (int64_t i = 0; i < rotary / 2; ++i)
    frequencies[i] =
        given ? given->getReal(i)
              : std::pow(ctx.getReal("theta"), -2.0 * static_cast<double>(i) /
                                                   static_cast<double>(rotary));
  return frequencies;
}

/// Rotates the halves of the first channels of each head: column s by angles of
/// position + s. Angles, sines and cosines are computed in double.
static void rope(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t position = ctx.getInteger("position");
  int64_t size = ctx.getInteger("head_dim");
  int64_t rotary = ctx.has("rotary_dim") ? ctx.getInteger("rotary_dim") : size;
  int64_t heads = x.getDim(1) / size, columns = x.getShape().back();
  std::vector<double> frequencies = getFrequencies(ctx, rotary);
  double scale = ctx.getReal("scale");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    std::copy_n(xs.data(), x.getNumElements(), out);
    for (int64_t i = 0; i < rotary / 2; ++i)
      for (int64_t s = 0; s < columns; ++s) {
        int64_t at = i * columns + s;
        rotate(xs.data() + at, out + at, rotary / 2 * columns, size * columns,
               heads, static_cast<double>(position + s) * frequencies[i],
               scale);
      }
    ctx.setResult(std::move(result));
  });
}

/// Adds row position + s of the table to column s.
static void positionEmbedding(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &table = ctx.get("table");
  int64_t position = ctx.getInteger("position");
  int64_t columns = x.getShape().back(), channels = x.getDim(1);
  if (position < 0 || position + columns > table.getDim(0))
    return ctx.fail("positions " + llvm::Twine(position) + " to " +
                    llvm::Twine(position + columns - 1) +
                    " are not in a table of " + llvm::Twine(table.getDim(0)));
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), rows(table);
    Tensor result = ctx.makeResult(x.getShape());
    for (int64_t i = 0; i < x.getNumElements(); ++i)
      result.get<T>()[i] =
          xs[i] + rows[(position + i % columns) * channels + i / columns];
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Embedding", embedding},
    {"LayerNormComposite", layerNorm},
    {"PositionEmbedding", positionEmbedding},
    {"RmsNorm", rmsNorm},
    {"Rope", rope},
};

llvm::ArrayRef<KernelEntry> getCompositeKernels() { return kKernels; }

} // namespace espresso
