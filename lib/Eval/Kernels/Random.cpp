//===- Random.cpp - Random numbers ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include "espresso/Eval/RandomTensors.h"

namespace espresso {

/// Starts at `seed`, or, without one, at a number made of the name of the
/// result, so that operations differ and runs do not.
static RandomSource getSource(KernelContext &ctx) {
  int64_t seed = ctx.getInteger("seed");
  if (seed >= 0)
    return RandomSource(static_cast<uint64_t>(seed));
  // FNV-1a.
  uint64_t hash = 0xCBF29CE484222325U;
  for (char c : ctx.getOp().getResult(0)->getName())
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3U;
  return RandomSource(hash);
}

/// A tensor of `shape` whose elements are those of `draw(source)`, in order.
template <typename Fn>
static void fillRandomly(KernelContext &ctx, Fn draw) {
  Shape shape = ctx.getIntegers("shape");
  for (int64_t dim : shape)
    if (dim < 0)
      return ctx.fail("negative extent in 'shape'");
  if (refusesShape(ctx, shape))
    return;
  RandomSource source = getSource(ctx);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Tensor result = ctx.makeResult(shape);
    for (T &element : result.get<T>())
      element = static_cast<T>(draw(source));
    ctx.setResult(std::move(result));
  });
}

static void randomBernoulli(KernelContext &ctx) {
  double probability = ctx.getReal("prob");
  fillRandomly(ctx, [&](RandomSource &source) {
    return source.nextUnit() < probability ? 1 : 0;
  });
}

static void randomNormal(KernelContext &ctx) {
  double mean = ctx.getReal("mean"), deviation = ctx.getReal("stddev");
  fillRandomly(ctx, [&](RandomSource &source) {
    return mean + deviation * source.nextNormal();
  });
}

static void randomUniform(KernelContext &ctx) {
  double low = ctx.getReal("low"), high = ctx.getReal("high");
  fillRandomly(ctx, [&](RandomSource &source) {
    return low + (high - low) * source.nextUnit();
  });
}

/// Weights that are proportional to the probabilities of one row; empty if they
/// make no sense.
static std::vector<double> getWeights(const Tensor &x, int64_t first,
                                      int64_t count, bool isLogits) {
  std::vector<double> weights;
  double largest = -HUGE_VAL, total = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = maximumOf(largest, x.getReal(first + i));
  for (int64_t i = 0; i < count; ++i) {
    double value = x.getReal(first + i);
    weights.push_back(isLogits ? std::exp(value - largest) : value);
    if (weights.back() < 0)
      return {};
    total += weights.back();
  }
  if (!(total > 0) || !std::isfinite(total))
    return {};
  return weights;
}

/// The index at which the running sum of `weights` passes `share` of it all;
/// never one of weight zero.
static int64_t pick(llvm::ArrayRef<double> weights, double share) {
  double total = 0, sum = 0;
  for (double weight : weights)
    total += weight;
  int64_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0)
      continue;
    last = static_cast<int64_t>(i);
    sum += weights[i];
    if (share * total < sum)
      break;
  }
  return last;
}

static void randomCategorical(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t size = ctx.getInteger("size"), count = x.getShape().back();
  int64_t rows = getNumElements(x.getShape().drop_back());
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape.back() = size;
  RandomSource source = getSource(ctx);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Tensor result = ctx.makeResult(shape);
    T *out = result.get<T>().data();
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<double> weights =
          getWeights(x, row * count, count, ctx.getString("mode") == "logits");
      if (weights.empty())
        return ctx.fail("row " + llvm::Twine(row) +
                        " of 'x' holds no probabilities");
      for (int64_t i = 0; i < size; ++i)
        *out++ = static_cast<T>(pick(weights, source.nextUnit()));
    }
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"RandomBernoulli", randomBernoulli},
    {"RandomCategorical", randomCategorical},
    {"RandomNormal", randomNormal},
    {"RandomUniform", randomUniform},
};

llvm::ArrayRef<KernelEntry> getRandomKernels() { return kKernels; }

} // namespace espresso
