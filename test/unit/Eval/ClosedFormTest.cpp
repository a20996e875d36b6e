//===- ClosedFormTest.cpp - Kernels against closed forms ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Functions whose values are not exact in binary are compared with their closed
// form in double, over a range of arguments.
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Half.h"
#include "espresso/Eval/Kernel.h"
#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

#include <cmath>
#include <numbers>

namespace espresso {
namespace {

struct ClosedForm {
  const char *kernel;
  double (*form)(double);
  double low;
  double high;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const ClosedForm kForms[] = {
    {"Acos", [](double x) { return std::acos(x); }, -1, 1},
    {"Asin", [](double x) { return std::asin(x); }, -1, 1},
    {"Atan", [](double x) { return std::atan(x); }, -20, 20},
    {"Atanh", [](double x) { return std::atanh(x); }, -0.99, 0.99},
    {"Cos", [](double x) { return std::cos(x); }, -20, 20},
    {"Cosh", [](double x) { return std::cosh(x); }, -10, 10},
    {"Erf", [](double x) { return std::erf(x); }, -4, 4},
    {"Exp", [](double x) { return std::exp(x); }, -9, 10},
    {"Exp2", [](double x) { return std::exp2(x); }, -14, 15},
    {"Sigmoid", sigmoid, -9, 20},
    {"Silu", [](double x) { return x * sigmoid(x); }, -9, 20},
    {"Sin", [](double x) { return std::sin(x); }, -20, 20},
    {"Sinh", [](double x) { return std::sinh(x); }, -10, 10},
    {"Softplus", [](double x) { return std::log1p(std::exp(x)); }, -9, 20},
    {"Sqrt", [](double x) { return std::sqrt(x); }, 0, 1000},
    {"Tan", [](double x) { return std::tan(x); }, -1.5, 1.5},
    {"Tanh", [](double x) { return std::tanh(x); }, -5, 5},
};

/// Elementary functions in binary32 are good to a few units in the last place,
/// relative to one where they cross zero.
double singleTolerance(double expected) {
  return 8 * 0x1p-24 * std::max(1.0, std::abs(expected));
}

/// Half a unit in the last place of a half, normal or subnormal, for the one
/// rounding; and the error of the computation, which is small beside it.
double halfTolerance(double expected) {
  return 0x1.02p-11 * std::abs(expected) + 0x1.02p-25;
}

class ClosedFormTest : public testing::Test {
protected:
  /// The result of `kernel` on `x`, rounded as in `mode`.
  Tensor run(llvm::StringRef kernel, Tensor x, NumericsMode mode,
             llvm::ArrayRef<KernelArgument> more = {}) {
    auto type = TensorType::get(context, DataType::Float16, x.getShape());
    Operation *op = builder.create("identity", {}, {type}, "r");
    std::vector<KernelArgument> arguments(more.begin(), more.end());
    arguments.push_back({"x", {std::make_shared<const Tensor>(x)}, nullptr});
    KernelContext ctx(*op, {mode}, arguments);
    lookupKernel(kernel)(ctx);
    Tensor result = ctx.takeResults().front();
    result.round();
    return result;
  }

  void check(llvm::StringRef kernel, double (*form)(double), double low,
             double high, llvm::ArrayRef<KernelArgument> more = {}) {
    constexpr int64_t kSteps = 257;
    for (NumericsMode mode :
         {NumericsMode::Fp32, NumericsMode::Fp16, NumericsMode::Fp64}) {
      Numerics numerics{mode};
      Tensor x(numerics.getEffectiveType(DataType::Float16), {kSteps});
      for (int64_t i = 0; i < kSteps; ++i) {
        // Arguments are halves, so that they are the same in every mode.
        double value = roundToType(DataType::Float16,
                                   low + (high - low) * i / (kSteps - 1));
        if (mode == NumericsMode::Fp64)
          x.get<double>()[i] = value;
        else
          x.get<float>()[i] = static_cast<float>(value);
      }
      Tensor result = run(kernel, x, mode, more);
      for (int64_t i = 0; i < kSteps; ++i) {
        double expected = form(x.getReal(i));
        double tolerance = mode == NumericsMode::Fp16
                               ? halfTolerance(expected)
                               : singleTolerance(expected);
        if (mode == NumericsMode::Fp64)
          tolerance *= 0x1p-24;
        EXPECT_NEAR(result.getReal(i), expected, tolerance)
            << kernel.str() << " of " << x.getReal(i) << " in "
            << getName(mode).str();
      }
    }
  }

  KernelArgument text(llvm::StringRef name, const char *value) {
    return {name,
            {std::make_shared<const Tensor>(Tensor::fromElements<std::string>(
                DataType::String, {}, {value}))},
            nullptr};
  }
  KernelArgument number(llvm::StringRef name, float value) {
    return {name,
            {std::make_shared<const Tensor>(
                Tensor::fromElements<float>(DataType::Float32, {}, {value}))},
            nullptr};
  }

  Context context;
  Program program{context};
  Function *function = program.addFunction("main", Opset::IOS18, Location());
  Builder builder{function->getBody()};
};

TEST_F(ClosedFormTest, Unary) {
  for (const ClosedForm &row : kForms)
    check(row.kernel, row.form, row.low, row.high);
}

TEST_F(ClosedFormTest, WithEpsilon) {
  KernelArgument half = number("epsilon", 0.5F);
  check(
      "Log", [](double x) { return std::log(x + 0.5); }, 0, 100, half);
  check(
      "Rsqrt", [](double x) { return 1 / std::sqrt(x + 0.5); }, 0, 100, half);
  check(
      "Inverse", [](double x) { return 1 / (x + 0.5); }, 0, 100, half);
}

TEST_F(ClosedFormTest, Gelu) {
  check(
      "Gelu",
      [](double x) { return x / 2 * (1 + std::erf(x / std::numbers::sqrt2)); },
      -5, 5, text("mode", "EXACT"));
  check(
      "Gelu",
      [](double x) {
        double inner =
            std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
        return x / 2 * (1 + std::tanh(inner));
      },
      -5, 5, text("mode", "TANH_APPROXIMATION"));
  check(
      "Gelu", [](double x) { return x * sigmoid(1.702 * x); }, -5, 5,
      text("mode", "SIGMOID_APPROXIMATION"));
}

TEST_F(ClosedFormTest, Parametric) {
  KernelArgument arguments[] = {number("alpha", 0.5F), number("beta", 2)};
  check(
      "Elu", [](double x) { return x < 0 ? 0.5 * std::expm1(x) : x; }, -5, 5,
      arguments);
  check(
      "ScaledTanh", [](double x) { return 0.5 * std::tanh(2 * x); }, -3, 3,
      arguments);
}

} // namespace
} // namespace espresso
