//===- ComparisonTest.cpp - How far two tensors are apart -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Comparison.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace espresso;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor floats(std::vector<float> elements, DataType type = DataType::Float32) {
  auto count = static_cast<int64_t>(elements.size());
  return Tensor::fromElements(type, {count}, std::move(elements));
}

Tensor integers(std::vector<int64_t> elements) {
  auto count = static_cast<int64_t>(elements.size());
  return Tensor::fromElements(DataType::Int64, {count}, std::move(elements));
}

TensorDifference compare(const Tensor &expected, const Tensor &actual,
                         Tolerance tolerance = {}) {
  return compareTensors(expected, actual, tolerance);
}

// The largest differences are those of any pair, and say where they are.
TEST(ComparisonTest, LargestDifferences) {
  TensorDifference found =
      compare(floats({1, 2, 0, 8}), floats({1, 2.5, 1, 6}));
  EXPECT_EQ(found.numBeyond, 3);
  EXPECT_EQ(found.firstBeyond, 1);
  EXPECT_EQ(found.maxAbsolute, 2);
  EXPECT_EQ(found.worst, 3);
  EXPECT_EQ(found.maxRelative, 0.25);
}

// Places are counted in the narrower type, across zero.
TEST(ComparisonTest, Ulps) {
  EXPECT_EQ(getEpsilon(DataType::Float16), 0x1p-10);
  EXPECT_EQ(getEpsilon(DataType::BFloat16), 0x1p-7);
  EXPECT_EQ(getEpsilon(DataType::Float32), 0x1p-23);
  EXPECT_EQ(compare(floats({1}), floats({1 + 0x1p-22f})).maxUlps, 2U);
  EXPECT_EQ(compare(floats({1}, DataType::Float16),
                    floats({1 + 0x1p-9f}, DataType::Float32))
                .maxUlps,
            2U);
  EXPECT_EQ(compare(floats({-0x1p-149f}), floats({0x1p-149f})).maxUlps, 2U);
  EXPECT_EQ(compare(floats({0}), floats({-0.0f})).maxUlps, 0U);
}

// The angle and the ratio of signal to noise follow their formulas.
TEST(ComparisonTest, CosineAndPsnr) {
  TensorDifference same = compare(floats({3, 4}), floats({3, 4}));
  EXPECT_EQ(same.cosine, 1);
  EXPECT_EQ(same.psnr, kInfinity);
  TensorDifference found = compare(floats({3, 4}), floats({4, 3}));
  EXPECT_DOUBLE_EQ(found.cosine, 24.0 / 25);
  // The mean square of (1, -1) is 1.
  EXPECT_DOUBLE_EQ(found.psnr, 20 * std::log10(4.0));
  EXPECT_EQ(compare(floats({0, 0}), floats({0, 1})).cosine, 0);
  EXPECT_EQ(compare(floats({0, 0}), floats({0, 0})).cosine, 1);
}

// Each bound allows what it says, and no more.
TEST(ComparisonTest, Tolerances) {
  Tensor expected = floats({1, 100}), actual = floats({1.5, 100});
  EXPECT_TRUE(compare(expected, actual, {.absolute = 0.5}).isWithin());
  EXPECT_FALSE(compare(expected, actual, {.absolute = 0.49}).isWithin());
  EXPECT_TRUE(compare(expected, actual, {.relative = 0.5}).isWithin());
  EXPECT_FALSE(compare(expected, actual, {.relative = 0.49}).isWithin());
  EXPECT_TRUE(compare(expected, actual, {.ofLargest = 0.005}).isWithin());
  EXPECT_FALSE(compare(expected, actual, {.ofLargest = 0.0049}).isWithin());
}

// NaN equals NaN; nothing is near an infinity, whatever is allowed.
TEST(ComparisonTest, NotFinite) {
  auto inf = static_cast<float>(kInfinity), nan = static_cast<float>(kNaN);
  Tolerance wide{.absolute = 1e30};
  EXPECT_TRUE(compare(floats({nan, inf}), floats({-nan, inf})).isWithin());
  for (auto [a, b] : {std::pair{inf, -inf}, {inf, 1.0f}, {1.0f, nan}}) {
    TensorDifference found = compare(floats({a}), floats({b}), wide);
    EXPECT_EQ(found.numBeyond, 1) << a << " and " << b;
    EXPECT_EQ(found.numNonFinite, 1) << a << " and " << b;
  }
}

// Zeros of either sign are equal unless every bit counts.
TEST(ComparisonTest, SignedZeros) {
  EXPECT_TRUE(compare(floats({0}), floats({-0.0f})).isWithin());
  EXPECT_FALSE(
      compare(floats({0}), floats({-0.0f}), Tolerance::exact()).isWithin());
}

// Integers are compared as such, beyond what doubles hold, and exactly.
TEST(ComparisonTest, Integers) {
  int64_t large = int64_t(1) << 60;
  EXPECT_EQ(compare(integers({large}), integers({large + 1})).numBeyond, 1);
  EXPECT_FALSE(
      compare(integers({1}), integers({2}), {.absolute = 9}).isWithin());
  EXPECT_TRUE(
      compare(integers({1}), integers({2}), {.absolute = 1, .integers = true})
          .isWithin());
}

// Shapes and kinds decide what can be compared.
TEST(ComparisonTest, Comparable) {
  Tensor text(DataType::String, {1});
  EXPECT_FALSE(areComparable(text, floats({1})));
  EXPECT_FALSE(areComparable(floats({1}), floats({1, 2})));
  EXPECT_TRUE(areComparable(integers({1}), floats({1})));
  EXPECT_TRUE(compare(text, text).isWithin());
}

TEST(ComparisonTest, ForPeople) {
  EXPECT_EQ(printIndex({2, 3}, 5), "[1, 2]");
  EXPECT_EQ(printIndex({}, 0), "[]");
  EXPECT_EQ(printElement(floats({-0.125}), 0), "-0.125");
  EXPECT_EQ(printElement(integers({7}), 0), "7");
}

} // namespace
