//===- ReduceTest.cpp - Reductions and norms against plain loops ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Reduce.h"

#include "KernelTest.h"

#include <algorithm>
#include <functional>
#include <limits>

using namespace espresso::kernels;

namespace {

class ReduceTest : public KernelTest {};

/// Calls `check` with each line of a tensor: its elements and where they are.
void forEachLine(
    const std::vector<float> &x, const AxisShape &shape,
    const std::function<void(const std::vector<double> &, int64_t line,
                             const std::vector<int64_t> &)> &check) {
  for (int64_t o = 0; o < shape.outer; ++o)
    for (int64_t j = 0; j < shape.inner; ++j) {
      std::vector<double> line;
      std::vector<int64_t> places;
      for (int64_t i = 0; i < shape.count; ++i) {
        places.push_back((o * shape.count + i) * shape.inner + j);
        line.push_back(x[places.back()]);
      }
      check(line, o * shape.inner + j, places);
    }
}

std::vector<AxisShape> getShapes() {
  std::vector<AxisShape> shapes;
  for (int64_t outer : {1, 3})
    for (int64_t count : {1, 4, 7, 16, 33, 100})
      for (int64_t inner : {1, 3, 4, 8, 15, 17})
        shapes.push_back({outer, count, inner});
  return shapes;
}

double reduceExactly(ReduceOp op, const std::vector<double> &line) {
  double sum = 0, squares = 0;
  for (double value : line) {
    sum += value;
    squares += value * value;
  }
  switch (op) {
  case ReduceOp::Sum:
    return sum;
  case ReduceOp::Mean:
    return sum / static_cast<double>(line.size());
  case ReduceOp::Max:
    return *std::max_element(line.begin(), line.end());
  case ReduceOp::Min:
    return *std::min_element(line.begin(), line.end());
  case ReduceOp::SumSquare:
    return squares;
  }
  return 0;
}

TEST_P(ReduceTest, AllReductions) {
  for (ReduceOp op : {ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Max,
                      ReduceOp::Min, ReduceOp::SumSquare})
    for (const AxisShape &shape : getShapes()) {
      std::vector<float> x = Noise(shape.size()).take(shape.size());
      std::vector<float> y(shape.outer * shape.inner);
      reduce(op, x, shape, y);
      // Squares do not cancel: their partial sums grow to n/3, not sqrt(n)/3.
      const double growth =
          op == ReduceOp::SumSquare ? std::sqrt(double(shape.count)) : 1.0;
      const double tolerance = growth * getSumTolerance(shape.count);
      forEachLine(x, shape, [&](const auto &line, int64_t at, const auto &) {
        EXPECT_NEAR(y[at], reduceExactly(op, line), tolerance);
      });
    }
}

TEST_P(ReduceTest, Softmax) {
  for (const AxisShape &shape : getShapes()) {
    std::vector<float> x = Noise(shape.size()).take(shape.size());
    for (float &value : x)
      value *= 20;
    std::vector<float> y(x.size());
    softmax(x, shape, y);
    forEachLine(x, shape, [&](const auto &line, int64_t, const auto &places) {
      double top = *std::max_element(line.begin(), line.end());
      double sum = 0;
      for (double value : line)
        sum += std::exp(value - top);
      for (size_t i = 0; i < line.size(); ++i)
        EXPECT_NEAR(y[places[i]], std::exp(line[i] - top) / sum, 2e-6);
    });
  }
}

TEST_P(ReduceTest, SoftmaxOfMaskedScores) {
  std::vector<float> x = {3.0f, -40000.0f, 3.0f,
                          -std::numeric_limits<float>::infinity()};
  softmax(x, {1, 4, 1}, x);
  EXPECT_EQ(x, (std::vector<float>{0.5f, 0.0f, 0.5f, 0.0f}));
}

TEST_P(ReduceTest, Norms) {
  constexpr float eps = 1e-5f;
  for (const AxisShape &shape : getShapes()) {
    Noise noise(shape.size());
    std::vector<float> x = noise.take(shape.size());
    std::vector<float> gamma = noise.take(shape.count);
    std::vector<float> beta = noise.take(shape.count);
    std::vector<float> rms(x.size()), layer(x.size()), plain(x.size());
    rmsNorm(x, shape, gamma, eps, rms);
    layerNorm(x, shape, gamma, beta, eps, layer);
    layerNorm(x, shape, {}, {}, eps, plain);
    forEachLine(x, shape, [&](const auto &line, int64_t, const auto &places) {
      const double n = static_cast<double>(line.size());
      double mean = reduceExactly(ReduceOp::Mean, line), variance = 0;
      for (double value : line)
        variance += (value - mean) * (value - mean) / n;
      double squares = reduceExactly(ReduceOp::SumSquare, line) / n;
      for (size_t i = 0; i < line.size(); ++i) {
        double centred = (line[i] - mean) / std::sqrt(variance + eps);
        // Division by a small deviation magnifies the error of the mean.
        double tolerance = 2e-6 + 1e-6 / std::sqrt(variance + eps);
        EXPECT_NEAR(rms[places[i]],
                    line[i] / std::sqrt(squares + eps) * gamma[i], 4e-6);
        EXPECT_NEAR(plain[places[i]], centred, tolerance);
        EXPECT_NEAR(layer[places[i]], centred * gamma[i] + beta[i], tolerance);
      }
    });
  }
}

/// Column j of [outer, count, inner].
std::vector<float> getColumn(const std::vector<float> &x,
                             const AxisShape &shape, int64_t j) {
  std::vector<float> column;
  for (int64_t i = 0; i < shape.outer * shape.count; ++i)
    column.push_back(x[i * shape.inner + j]);
  return column;
}

// Up to 32 columns have the bits that each has alone.
TEST_P(ReduceTest, NeighboursDoNotChangeBits) {
  for (int64_t inner : {2, 3, 8, 17, 32})
    for (int64_t count : {1, 5, 16, 33, 100}) {
      const AxisShape shape{.outer = 2, .count = count, .inner = inner};
      const AxisShape one{.outer = 2, .count = count, .inner = 1};
      Noise noise(inner * count);
      const std::vector<float> x = noise.take(shape.size());
      const std::vector<float> gamma = noise.take(count);
      std::vector<float> sums(2 * inner), soft(x.size()), rms(x.size()),
          layer(x.size());
      reduce(ReduceOp::SumSquare, x, shape, sums);
      softmax(x, shape, soft);
      rmsNorm(x, shape, gamma, 1e-5f, rms);
      layerNorm(x, shape, gamma, gamma, 1e-5f, layer);
      for (int64_t j = 0; j < inner; ++j) {
        const std::vector<float> column = getColumn(x, shape, j);
        std::vector<float> sum(2), y(column.size());
        reduce(ReduceOp::SumSquare, column, one, sum);
        EXPECT_EQ(sum[0], sums[j]);
        EXPECT_EQ(sum[1], sums[inner + j]);
        softmax(column, one, y);
        EXPECT_EQ(y, getColumn(soft, shape, j));
        rmsNorm(column, one, gamma, 1e-5f, y);
        EXPECT_EQ(y, getColumn(rms, shape, j));
        layerNorm(column, one, gamma, gamma, 1e-5f, y);
        EXPECT_EQ(y, getColumn(layer, shape, j));
      }
    }
}

TEST_P(ReduceTest, ArgMaxTakesTheFirstOfEquals) {
  for (int64_t n : {1, 2, 7, 8, 16, 31, 100}) {
    std::vector<float> x(n, -1.0f);
    for (int64_t best = 0; best < n; ++best) {
      std::vector<float> y = x;
      y[best] = 2.0f;
      y[n - 1] = 2.0f;
      EXPECT_EQ(argMax(y), best);
    }
  }
}

TEST_P(ReduceTest, ArgMaxNeverTakesNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float low = -std::numeric_limits<float>::infinity();
  for (int64_t n : {2, 9, 33})
    for (int64_t real = 0; real < n; ++real) {
      std::vector<float> x(n, nan);
      x[real] = low;
      EXPECT_EQ(argMax(x), real);
    }
  EXPECT_EQ(argMax(std::vector<float>(20, nan)), -1);
  EXPECT_EQ(argMax({}), -1);
}

INSTANTIATE_TEST_SUITE_P(Targets, ReduceTest, kTargets, getTargetName);

} // namespace
