//===- ColumnNormTest.cpp - Tests of norms and gates ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/ColumnNorm.h"

#include "KernelTest.h"
#include "espresso/Kernels/Gate.h"

#include <cmath>
#include <vector>

using namespace espresso::kernels;

namespace {

class ColumnNormTest : public KernelTest {};

/// The formula of ColumnNorm.h, in binary64.
std::vector<double> normInDouble(const ColumnNorm &norm,
                                 const std::vector<float> &x,
                                 const AxisShape &shape) {
  std::vector<double> out(x.size());
  for (int64_t o = 0; o < shape.outer; ++o)
    for (int64_t j = 0; j < shape.inner; ++j) {
      auto at = [&](int64_t i) {
        return (o * shape.count + i) * shape.inner + j;
      };
      double mean = 0, squares = 0;
      for (int64_t i = 0; i < shape.count; ++i)
        mean += x[at(i)];
      mean = norm.centres ? mean * norm.meanScale : 0;
      for (int64_t i = 0; i < shape.count; ++i)
        squares += (x[at(i)] - mean) * (x[at(i)] - mean);
      const double factor =
          1 / std::sqrt(squares * norm.squareScale + norm.epsilon);
      const bool isOwn = static_cast<int64_t>(norm.gains.size()) > shape.count;
      for (int64_t i = 0; i < shape.count; ++i) {
        const int64_t g = isOwn ? o * shape.count + i : i;
        double y = (x[at(i)] - mean) * factor;
        if (!norm.gains.empty())
          y *= norm.gains[g];
        if (!norm.shifts.empty())
          y += norm.shifts[g];
        if (!norm.residual.empty())
          y += norm.residual[at(i)];
        out[at(i)] = y;
      }
    }
  return out;
}

// Every form of norm is that of binary64, whatever the shape.
TEST_P(ColumnNormTest, AgreesWithDouble) {
  Noise noise(1);
  ThreadPool pool(2);
  for (int64_t outer : {1, 3})
    for (int64_t count : {1, 5, 32, 64, 100, 768})
      for (int64_t inner : {1, 2, 16, 33, 70})
        for (int form = 0; form < 8; ++form) {
          const AxisShape shape{outer, count, inner};
          const std::vector<float> x = noise.take(shape.size());
          const std::vector<float> gains =
              noise.take(form & 1 ? count : outer * count);
          const std::vector<float> residual = noise.take(shape.size());
          ColumnNorm norm{.centres = (form & 2) != 0,
                          .meanScale = 0.9f / static_cast<float>(count),
                          .squareScale = 1.1f / static_cast<float>(count),
                          .epsilon = 1e-3f,
                          .gains = gains};
          if (form & 4) {
            norm.shifts = gains;
            norm.residual = residual;
          }
          std::vector<float> out(x.size());
          normColumns(norm, x, shape, out, pool);
          const std::vector<double> expected = normInDouble(norm, x, shape);
          for (size_t i = 0; i < out.size(); ++i)
            ASSERT_NEAR(out[i], expected[i], 2e-5 * (1 + std::abs(expected[i])))
                << outer << " " << count << " " << inner << " " << form;
        }
}

// A column has the same bits alone and among others, at any place.
TEST_P(ColumnNormTest, ColumnsDoNotDependOnOthers) {
  Noise noise(1);
  for (int64_t count : {7, 96, 771})
    for (int64_t columns : {2, 3, 16, 17, 32, 33, 100})
      for (bool centres : {false, true}) {
        const AxisShape shape{1, count, columns};
        const std::vector<float> x = noise.take(shape.size());
        const std::vector<float> gains = noise.take(count);
        const std::vector<float> residual = noise.take(shape.size());
        const float scale = 1.0f / static_cast<float>(count);
        ColumnNorm norm{centres, scale, scale, 1e-5f, gains, gains, residual};
        ThreadPool pool(3), alone(1);
        std::vector<float> out(x.size());
        normColumns(norm, x, shape, out, pool);
        for (int64_t j = 0; j < columns; ++j) {
          std::vector<float> column(count), rest(count), single(count);
          for (int64_t i = 0; i < count; ++i) {
            column[i] = x[i * columns + j];
            rest[i] = residual[i * columns + j];
          }
          norm.residual = rest;
          normColumns(norm, column, {1, count, 1}, single, alone);
          for (int64_t i = 0; i < count; ++i)
            ASSERT_EQ(single[i], out[i * columns + j]) << i << " " << j;
        }
      }
}

class GateTest : public KernelTest {};

// Gates are activations times what they gate, also where they overwrite it.
TEST_P(GateTest, MultipliesActivations) {
  Noise noise(1);
  for (UnaryOp op : {UnaryOp::Silu, UnaryOp::GeluTanh, UnaryOp::GeluExact,
                     UnaryOp::Relu, UnaryOp::Sigmoid})
    for (size_t count : {1u, 15u, 16u, 300u, 1000u}) {
      const std::vector<float> x = noise.take(count);
      std::vector<float> up = noise.take(count), alone(count), both(count);
      std::vector<float> expected(count);
      unary(op, x, 0, expected);
      gate({.op = op}, x, {}, alone);
      gate({.op = op}, x, up, both);
      for (size_t i = 0; i < count; ++i) {
        EXPECT_NEAR(alone[i], expected[i], 1e-6);
        EXPECT_EQ(both[i], alone[i] * up[i]);
      }
      gate({.op = op}, x, up, up);
      EXPECT_EQ(up, both);
    }
}

// The factors of gelu are those given.
TEST_P(GateTest, TakesFactorsOfGelu) {
  const std::vector<float> x = {-2.0f, -0.5f, 0.25f, 3.0f};
  std::vector<float> out(x.size());
  gate({UnaryOp::GeluTanh, 0.05f, 0.75f}, x, {}, out);
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = x[i];
    EXPECT_NEAR(out[i], v / 2 * (1 + std::tanh(0.75 * (v + 0.05 * v * v * v))),
                1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, ColumnNormTest, kTargets, getTargetName);
INSTANTIATE_TEST_SUITE_P(Targets, GateTest, kTargets, getTargetName);

} // namespace
