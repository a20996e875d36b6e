//===- ElementwiseTest.cpp - Element functions against the C library ------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Elementwise.h"

#include "KernelTest.h"
#include "espresso/Base/Half.h"

#include <functional>
#include <limits>

using namespace espresso::kernels;

namespace {

class ElementwiseTest : public KernelTest {};

constexpr float kInfinity = std::numeric_limits<float>::infinity();

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

struct UnaryCase {
  UnaryOp op;
  double scale; // of inputs in [-1, 1)
  bool positive;
  std::function<double(double)> exact;
};

std::vector<UnaryCase> getUnaryCases() {
  constexpr double eps = 0.5;
  return {
      {UnaryOp::Exp, 20, false, [](double x) { return std::exp(x); }},
      {UnaryOp::Log, 50, true, [](double x) { return std::log(x + eps); }},
      {UnaryOp::Sqrt, 50, true, [](double x) { return std::sqrt(x); }},
      {UnaryOp::Rsqrt, 50, true,
       [](double x) { return 1 / std::sqrt(x + eps); }},
      {UnaryOp::Inverse, 9, true, [](double x) { return 1 / (x + eps); }},
      {UnaryOp::Square, 9, false, [](double x) { return x * x; }},
      {UnaryOp::Abs, 9, false, [](double x) { return std::fabs(x); }},
      {UnaryOp::Erf, 3, false, [](double x) { return std::erf(x); }},
      {UnaryOp::Relu, 3, false, [](double x) { return x > 0 ? x : 0; }},
      {UnaryOp::Sigmoid, 30, false, sigmoid},
      {UnaryOp::Tanh, 6, false, [](double x) { return std::tanh(x); }},
      {UnaryOp::Silu, 30, false, [](double x) { return x * sigmoid(x); }},
      {UnaryOp::GeluExact, 4, false,
       [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
      {UnaryOp::GeluTanh, 4, false,
       [](double x) {
         return x / 2 *
                (1 +
                 std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
       }},
      {UnaryOp::GeluSigmoid, 4, false,
       [](double x) { return x * sigmoid(1.702 * x); }},
      {UnaryOp::Floor, 9, false, [](double x) { return std::floor(x); }},
      {UnaryOp::Ceil, 9, false, [](double x) { return std::ceil(x); }},
      {UnaryOp::Round, 9, false, [](double x) { return std::nearbyint(x); }},
  };
}

TEST_P(ElementwiseTest, UnaryAgreesWithBinary64) {
  for (const UnaryCase &test : getUnaryCases())
    for (int64_t n : {1, 3, 4, 7, 8, 9, 16, 17, 100}) {
      Noise noise(n);
      std::vector<float> x = noise.take(n), y(n);
      for (float &value : x)
        value = static_cast<float>(test.scale *
                                   (test.positive ? std::fabs(value) : value));
      unary(test.op, x, 0.5f, y);
      for (int64_t i = 0; i < n; ++i) {
        double exact = test.exact(x[i]);
        // A product of factors good to a few ulp; where they cancel, relative
        // to the argument.
        EXPECT_NEAR(y[i], exact, 1e-6 * (std::fabs(exact) + 0.3))
            << "op " << static_cast<int>(test.op) << " of " << x[i];
      }
    }
}

TEST_P(ElementwiseTest, ExtremesKeepTheirMeaning) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x = {kInfinity, -kInfinity, nan,   0.0f,
                          200.0f,    -200.0f,    3e38f, -3e38f};
  std::vector<float> y(x.size());
  unary(UnaryOp::Exp, x, 0, y);
  EXPECT_EQ(y[0], kInfinity);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], 1.0f);
  EXPECT_EQ(y[4], kInfinity);
  EXPECT_EQ(y[5], 0.0f);
  unary(UnaryOp::Sigmoid, x, 0, y);
  EXPECT_EQ(y[0], 1.0f);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[6], 1.0f);
  EXPECT_EQ(y[7], 0.0f);
  unary(UnaryOp::Tanh, x, 0, y);
  EXPECT_EQ(y[0], 1.0f);
  EXPECT_EQ(y[1], -1.0f);
  EXPECT_TRUE(std::isnan(y[2]));
  unary(UnaryOp::Relu, x, 0, y);
  EXPECT_EQ(y[0], kInfinity);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_TRUE(std::isnan(y[2]));
}

TEST_P(ElementwiseTest, BinaryWithScalarsOnEitherSide) {
  const std::vector<std::pair<BinaryOp, std::function<double(double, double)>>>
      cases = {
          {BinaryOp::Add, [](double a, double b) { return a + b; }},
          {BinaryOp::Sub, [](double a, double b) { return a - b; }},
          {BinaryOp::Mul, [](double a, double b) { return a * b; }},
          {BinaryOp::Div, [](double a, double b) { return a / b; }},
          {BinaryOp::Max, [](double a, double b) { return std::max(a, b); }},
          {BinaryOp::Min, [](double a, double b) { return std::min(a, b); }},
          {BinaryOp::Pow, [](double a, double b) { return std::pow(a, b); }}};
  for (const auto &[op, exact] : cases)
    for (int64_t n : {1, 5, 8, 16, 19})
      for (int form = 0; form < 3; ++form) {
        Noise noise(n + form);
        std::vector<float> a = noise.take(form == 1 ? 1 : n);
        std::vector<float> b = noise.take(form == 2 ? 1 : n);
        for (float &value : a)
          value = std::fabs(value) + 0.5f;
        for (float &value : b)
          value = std::fabs(value) + 0.5f;
        std::vector<float> y(n);
        binary(op, a, b, y);
        for (int64_t i = 0; i < n; ++i) {
          double want = exact(a[form == 1 ? 0 : i], b[form == 2 ? 0 : i]);
          EXPECT_NEAR(y[i], want, 1e-6 * std::fabs(want));
        }
      }
}

TEST_P(ElementwiseTest, SiluMul) {
  for (int64_t n : {1, 4, 11, 32}) {
    Noise noise(n);
    std::vector<float> gate = noise.take(n), up = noise.take(n), y(n);
    siluMul(gate, up, y);
    for (int64_t i = 0; i < n; ++i)
      EXPECT_NEAR(y[i], gate[i] * sigmoid(gate[i]) * up[i], 1e-6);
  }
}

TEST_P(ElementwiseTest, EveryHalfWidensExactly) {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i)
    bits[i] = static_cast<uint16_t>(i);
  std::vector<float> wide(bits.size());
  halfToFloat(bits, wide);
  for (size_t i = 0; i < bits.size(); ++i) {
    float expected = espresso::halfToFloat(bits[i]);
    if (std::isnan(expected))
      ASSERT_TRUE(std::isnan(wide[i])) << i;
    else
      ASSERT_EQ(wide[i], expected) << i;
  }
  std::vector<uint16_t> back(bits.size());
  floatToHalf(wide, back);
  for (size_t i = 0; i < bits.size(); ++i)
    ASSERT_TRUE(std::isnan(wide[i]) || back[i] == bits[i]) << i;
}

TEST_P(ElementwiseTest, RoundingIsToNearestEven) {
  // Halfway between 1 and the next half; just above; overflow; subnormal.
  std::vector<float> x = {1.00048828125f, 1.0004884f, 65520.0f, 3e-8f};
  std::vector<float> y(x.size());
  roundToHalf(x, y);
  EXPECT_EQ(y[0], 1.0f);
  EXPECT_EQ(y[1], 1.0009765625f);
  EXPECT_EQ(y[2], kInfinity);
  EXPECT_EQ(y[3], 5.9604644775390625e-8f);
}

INSTANTIATE_TEST_SUITE_P(Targets, ElementwiseTest, kTargets, getTargetName);

} // namespace
