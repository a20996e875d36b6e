//===- HeadSetTest.cpp - What is made of heads, once ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Head.h"

#include "gtest/gtest.h"

#include <memory>
#include <vector>

using namespace espresso;
using namespace espresso::runtime;

// A head is the same for every program that has its rows and its bias, wherever
// the bias lies, and stays so when the first of these programs is gone.
TEST(HeadSetTest, KnowsHeadsByTheirBias) {
  const std::vector<float> rows = {1, 0, 0, 1, 1, 1};
  const std::vector<float> x = {2, 1};
  kernels::ThreadPool pool(1);
  HeadSet heads(HeadMethod::Screened);
  auto choose = [&](const std::vector<float> &bias) {
    kernels::Best best;
    heads.choose(
        {{DataType::Float32, rows.data(), 3, 2}, bias}, x, 1,
        [](std::span<float>) {}, {&best, 1}, pool);
    return best.index;
  };
  auto first =
      std::make_unique<std::vector<float>>(std::vector<float>{5, 0, 0});
  EXPECT_EQ(choose(*first), 0);
  std::vector<float> second = *first;
  first->assign(3, 0);
  EXPECT_EQ(choose(second), 0);
  first.reset();
  EXPECT_EQ(choose(second), 0);
  EXPECT_EQ(heads.getReports().size(), 1u);
  EXPECT_EQ(choose({0, 9, 0}), 1);
  EXPECT_EQ(choose({}), 2);
  EXPECT_EQ(heads.getReports().size(), 3u);
}
