//===- RandomTensorsTest.cpp - Inputs made from a seed --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/RandomTensors.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace espresso;

namespace {

class RandomTensorsTest : public testing::Test {
protected:
  Tensor make(DataType type, llvm::StringRef distribution,
              int64_t count = 4096) {
    RandomSource random(7);
    return makeRandomTensor(TensorType::get(context, type, {count}), random,
                            *Distribution::parse(distribution));
  }
  Context context;
};

// The generator is the published one: the same numbers everywhere.
TEST_F(RandomTensorsTest, SplitMix64) {
  RandomSource random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

// What is not a distribution is refused.
TEST_F(RandomTensorsTest, Parse) {
  for (const char *text :
       {"", "uniform", "uniform:1", "uniform:1:1", "uniform:2:1", "normal:0:-1",
        "normal:0:inf", "constant", "constant:x", "standard:1", "uniform:0:1:2",
        "uniform:nan:1"})
    EXPECT_FALSE(Distribution::parse(text)) << text;
}

// Elements lie where the distribution says, and are numbers of the type.
TEST_F(RandomTensorsTest, Bounds) {
  Tensor uniform = make(DataType::Float16, "uniform:2:3");
  Tensor whole = make(DataType::Int32, "uniform:-2:3");
  Tensor corners = make(DataType::Float16, "corners");
  bool hasNegativeZero = false;
  llvm::SmallVector<int, 5> seen(5);
  for (int64_t i = 0; i < uniform.getNumElements(); ++i) {
    EXPECT_GE(uniform.getReal(i), 2);
    EXPECT_LE(uniform.getReal(i), 3);
    EXPECT_EQ(uniform.getReal(i) * 512, std::floor(uniform.getReal(i) * 512));
    EXPECT_EQ(corners.getReal(i) * 4, std::floor(corners.getReal(i) * 4));
    hasNegativeZero |=
        corners.getReal(i) == 0 && std::signbit(corners.getReal(i));
    ASSERT_GE(whole.getInteger(i), -2);
    ASSERT_LT(whole.getInteger(i), 3);
    seen[whole.getInteger(i) + 2] = 1;
  }
  EXPECT_TRUE(hasNegativeZero);
  EXPECT_EQ(seen, (llvm::SmallVector<int, 5>{1, 1, 1, 1, 1}));
}

// A normal distribution has the mean and the deviation it was asked for.
TEST_F(RandomTensorsTest, Normal) {
  Tensor tensor = make(DataType::Float32, "normal:5:2", 100000);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    sum += tensor.getReal(i);
    squares += (tensor.getReal(i) - 5) * (tensor.getReal(i) - 5);
  }
  EXPECT_NEAR(sum / 100000, 5, 0.03);
  EXPECT_NEAR(std::sqrt(squares / 100000), 2, 0.03);
}

} // namespace
