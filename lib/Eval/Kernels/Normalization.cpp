//===- Normalization.cpp - Normalizations ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// By given statistics
//===----------------------------------------------------------------------===//

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel
/// (axis 1).
static void batchNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), 1);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    const Tensor *gamma = ctx.find("gamma"), *beta = ctx.find("beta");
    for (int64_t c = 0; c < view.extent; ++c) {
      auto mean = static_cast<T>(ctx.get("mean").getReal(c));
      auto variance = static_cast<T>(ctx.get("variance").getReal(c));
      T scale =
          T(gamma ? gamma->getReal(c) : 1) / std::sqrt(variance + epsilon);
      T shift = T(beta ? beta->getReal(c) : 0);
      for (int64_t o = 0; o < view.outer; ++o)
        for (int64_t i = 0; i < view.inner; ++i)
          out[view.at(o, c, i)] = (xs[view.at(o, c, i)] - mean) * scale + shift;
    }
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// By their own statistics
//===----------------------------------------------------------------------===//

namespace {

template <typename T>
struct Statistics {
  T mean;
  T variance;
};

} // namespace

/// Mean and mean squared deviation of the elements at `offsets` from `base`, in
/// two passes.
template <typename T, typename Sum>
static Statistics<T> measure(const Elements<T> &xs, int64_t base,
                             llvm::ArrayRef<int64_t> offsets, Sum emptySum) {
  auto count = static_cast<T>(offsets.size());
  Sum sum = emptySum;
  for (int64_t offset : offsets)
    sum.add(xs[base + offset]);
  T mean = sum.get() / count;
  Sum squares = emptySum;
  for (int64_t offset : offsets) {
    T deviation = xs[base + offset] - mean;
    squares.addProduct(deviation, deviation);
  }
  return {mean, squares.get() / count};
}

namespace {

/// Elements that are normalized together: those at `offsets` from each of
/// `bases`.
struct Groups {
  Groups(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> axes) {
    Shape together(shape.size(), 1), apart(shape.begin(), shape.end());
    for (int64_t axis : axes)
      std::swap(together[axis], apart[axis]);
    Shape strides = getStrides(shape);
    forEachIndex(apart, [&](llvm::ArrayRef<int64_t> index, int64_t) {
      bases.push_back(getOffset(index, strides));
    });
    forEachIndex(together, [&](llvm::ArrayRef<int64_t> index, int64_t) {
      offsets.push_back(getOffset(index, strides));
    });
  }

  std::vector<int64_t> bases;
  std::vector<int64_t> offsets;
};

} // namespace

/// out = (x - mean) scale gamma + beta for one group.
template <typename T>
static void normalize(const T *x, T *out, llvm::ArrayRef<int64_t> offsets,
                      Statistics<T> statistics, T epsilon,
                      const std::vector<T> &gamma, const std::vector<T> &beta) {
  T scale = 1 / std::sqrt(statistics.variance + epsilon);
  for (size_t i = 0; i < offsets.size(); ++i)
    out[offsets[i]] =
        (x[offsets[i]] - statistics.mean) * scale * gamma[i] + beta[i];
}

/// (x - mean) / sqrt(variance + epsilon) over `axes`, times gamma, plus beta,
/// which have the shape of those axes.
static void layerNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Groups groups(x.getShape(), ctx.getAxes("axes", x.getRank()));
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    std::vector<T> gamma(groups.offsets.size(), T(1));
    std::vector<T> beta(groups.offsets.size(), T(0));
    if (const Tensor *given = ctx.find("gamma"))
      gamma = getElementsAs<T>(*given);
    if (const Tensor *given = ctx.find("beta"))
      beta = getElementsAs<T>(*given);
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t base : groups.bases)
        normalize(xs.data() + base, out + base, groups.offsets,
                  measure(xs, base, groups.offsets, emptySum), epsilon, gamma,
                  beta);
    });
    ctx.setResult(std::move(result));
  });
}

/// layer_norm of each channel of each batch, with a gamma and a beta for each
/// channel.
static void instanceNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape axes;
  for (int64_t axis = 2; axis < x.getRank(); ++axis)
    axes.push_back(axis);
  Groups groups(x.getShape(), axes);
  const Tensor *gamma = ctx.find("gamma"), *beta = ctx.find("beta");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (size_t group = 0; group < groups.bases.size(); ++group) {
        int64_t base = groups.bases[group];
        int64_t channel = static_cast<int64_t>(group) % x.getDim(1);
        auto [mean, variance] = measure(xs, base, groups.offsets, emptySum);
        T scale = T(gamma ? gamma->getReal(channel) : 1) /
                  std::sqrt(variance + epsilon);
        T shift = T(beta ? beta->getReal(channel) : 0);
        for (int64_t offset : groups.offsets)
          out[base + offset] = (xs[base + offset] - mean) * scale + shift;
      }
    });
    ctx.setResult(std::move(result));
  });
}

/// x / sqrt(sum x^2 + epsilon) over the last three axes.
static void l2Norm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape axes;
  for (int64_t axis = std::max<int64_t>(0, x.getRank() - 3); axis < x.getRank();
       ++axis)
    axes.push_back(axis);
  Groups groups(x.getShape(), axes);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    auto epsilon = static_cast<T>(ctx.getReal("epsilon"));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t base : groups.bases) {
        auto squares = emptySum;
        for (int64_t offset : groups.offsets)
          squares.addProduct(xs[base + offset], xs[base + offset]);
        T norm = std::sqrt(squares.get() + epsilon);
        for (int64_t offset : groups.offsets)
          out[base + offset] = xs[base + offset] / norm;
      }
    });
    ctx.setResult(std::move(result));
  });
}

/// The sum of squares of the `size` channels around channel `at[1]`, as many as
/// there are.
template <typename T, typename Sum>
static T sumNeighbours(const Elements<T> &xs, const AxisView &view,
                       llvm::ArrayRef<int64_t> at, int64_t size, Sum sum) {
  int64_t first = std::max<int64_t>(0, at[1] - size / 2);
  int64_t end = std::min(view.extent, at[1] - size / 2 + size);
  for (int64_t c = first; c < end; ++c) {
    T neighbour = xs[view.at(at[0], c, at[2])];
    sum.addProduct(neighbour, neighbour);
  }
  return sum.get();
}

/// x / (k + alpha / size sum x^2)^beta, the sum over `size` channels.
static void localResponseNorm(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  AxisView view(x.getShape(), 1);
  int64_t size = ctx.getInteger("size");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    T share = static_cast<T>(ctx.getReal("alpha")) / static_cast<T>(size);
    auto beta = static_cast<T>(ctx.getReal("beta"));
    auto k = static_cast<T>(ctx.getReal("k"));
    Tensor result = ctx.makeResult(x.getShape());
    T *out = result.get<T>().data();
    withTermSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      Shape shape = {view.outer, view.extent, view.inner};
      forEachIndex(shape, [&](llvm::ArrayRef<int64_t> at, int64_t i) {
        T squares = sumNeighbours(xs, view, at, size, emptySum);
        out[i] = xs[i] / std::pow(k + share * squares, beta);
      });
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"BatchNorm", batchNorm},
    {"InstanceNorm", instanceNorm},
    {"L2Norm", l2Norm},
    {"LayerNorm", layerNorm},
    {"LocalResponseNorm", localResponseNorm},
};

llvm::ArrayRef<KernelEntry> getNormalizationKernels() { return kKernels; }

} // namespace espresso
