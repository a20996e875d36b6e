//===- HeadTest.cpp - Exact heads that read less --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Head.h"

#include "KernelTest.h"
#include "espresso/Base/Half.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <functional>
#include <limits>

using namespace espresso;
using namespace espresso::kernels;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void leave(std::span<float>) {}

/// A matrix, its bits in one of the types, and a bias.
struct Head {
  Head(int64_t rows, int64_t columns, DataType type)
      : rows(rows), columns(columns), type(type), floats(rows * columns) {}

  float &at(int64_t row, int64_t column) {
    return floats[row * columns + column];
  }
  MatrixView view() {
    if (type == DataType::Float32)
      return {type, floats.data(), rows, columns};
    narrow.resize(floats.size());
    for (size_t i = 0; i < floats.size(); ++i)
      narrow[i] = type == DataType::Float16 ? floatToHalf(floats[i])
                                            : doubleToBFloat(floats[i]);
    return {type, narrow.data(), rows, columns};
  }

  int64_t rows, columns;
  DataType type;
  std::vector<float> floats, bias;
  std::vector<uint16_t> narrow;
};

/// By all logits at once.
Best chooseByLogits(Head &head, const std::vector<float> &x, ThreadPool &pool) {
  std::vector<float> y(head.rows);
  matMul(head.view(), x, 1, head.bias, y, pool);
  const int64_t at = argMax(y);
  return at < 0 ? Best() : Best{at, y[at]};
}

class HeadTest : public KernelTest {
protected:
  /// Every way of choosing finds the same row, with the same bits.
  void expectSame(Head &head, const std::vector<float> &x) {
    ThreadPool one(1), several(3);
    const Best expected = chooseByLogits(head, x, one);
    auto check = [&](const Best &best, const char *how) {
      ASSERT_EQ(best.index, expected.index) << how;
      if (expected.index >= 0) {
        ASSERT_EQ(best.value, expected.value) << how;
      }
    };
    for (ThreadPool *pool : {&one, &several}) {
      Best best;
      const MatrixView w = head.view();
      matMulArgMax(w, x, 1, head.bias, leave, {&best, 1}, *pool);
      check(best, "full");
      int64_t bad = -2;
      auto screened = ScreenedRows::create(w, head.bias, *pool, &bad);
      ASSERT_TRUE(screened);
      EXPECT_EQ(bad, -1);
      check(screened->search(x, *pool, screenedCounts), "screened");
      auto pruned = PrunedRows::create(w, head.bias, *pool, &bad);
      ASSERT_TRUE(pruned);
      check(pruned->search(x, *pool, prunedCounts), "pruned");
    }
  }

  SearchCounts screenedCounts, prunedCounts;
};

constexpr DataType kTypes[] = {DataType::Float16, DataType::BFloat16,
                               DataType::Float32};

Head makeRandom(int64_t rows, int64_t columns, DataType type, Noise &noise) {
  Head head(rows, columns, type);
  for (int64_t r = 0; r < rows; ++r) {
    const float size = 0.05f + noise.next() * noise.next();
    for (int64_t c = 0; c < columns; ++c)
      head.at(r, c) = size * noise.next();
  }
  return head;
}

TEST_P(HeadTest, RandomRowsAreFound) {
  Noise noise(1);
  for (DataType type : kTypes)
    for (int64_t columns : {1, 31, 64, 200}) {
      Head head = makeRandom(700, columns, type, noise);
      if (columns == 64)
        head.bias = noise.take(700);
      expectSame(head, noise.take(columns));
    }
  // Screening is of no use if it does not leave most rows out.
  EXPECT_LT(screenedCounts.rescored, screenedCounts.searches * 70);
}

TEST_P(HeadTest, FirstOfEqualRowsWins) {
  Noise noise(2);
  Head head = makeRandom(600, 96, DataType::Float16, noise);
  const std::vector<float> x = noise.take(96);
  // The same row at many places, better than all others.
  for (int64_t r : {599, 64, 63, 300, 511})
    for (int64_t c = 0; c < 96; ++c)
      head.at(r, c) = 4 * x[c];
  expectSame(head, x);
  ThreadPool pool(1);
  EXPECT_EQ(chooseByLogits(head, x, pool).index, 63);
}

// Where all rows are one, bounds tell nothing apart.
TEST_P(HeadTest, AllRowsEqual) {
  Noise noise(3);
  Head head(300, 40, DataType::Float16);
  const std::vector<float> row = noise.take(40);
  for (int64_t r = 0; r < 300; ++r)
    std::copy(row.begin(), row.end(), &head.at(r, 0));
  expectSame(head, noise.take(40));
}

// Rows that differ by the last bit of one element, or only in order.
TEST_P(HeadTest, NearlyEqualRows) {
  Noise noise(4);
  Head head(512, 128, DataType::Float16);
  const std::vector<float> row = noise.take(128);
  for (int64_t r = 0; r < 512; ++r) {
    std::copy(row.begin(), row.end(), &head.at(r, 0));
    const int64_t c = r % 128;
    const uint16_t bits = floatToHalf(head.at(r, c));
    head.at(r, c) = halfToFloat(r % 3 == 0 ? bits : bits ^ 1);
  }
  for (int trial = 0; trial < 4; ++trial)
    expectSame(head, noise.take(128));
}

TEST_P(HeadTest, ZerosAndDenormals) {
  Head head(130, 24, DataType::Float16);
  Noise noise(5);
  std::vector<float> x = noise.take(24);
  expectSame(head, x); // all logits are zero: the first wins
  for (float &value : head.floats)
    value = noise.next() * 2e-7f; // a few steps of fp16's smallest
  expectSame(head, x);
  head.type = DataType::Float32;
  for (float &value : head.floats)
    value = noise.next() * 1e-42f;
  expectSame(head, x);
  for (float &value : x)
    value *= 1e-40f;
  expectSame(head, x);
  head.type = DataType::Float16;
  expectSame(head, x);
  expectSame(head, std::vector<float>(24, 0.0f));
}

// Norms from the smallest to the largest that fp16 and fp32 have.
TEST_P(HeadTest, HugeAndTinyNorms) {
  Noise noise(6);
  for (DataType type : kTypes) {
    Head head(400, 72, type);
    const float most = type == DataType::Float16 ? 65504.0f : 1e36f;
    for (int64_t r = 0; r < 400; ++r) {
      const float size = most * std::pow(10.0f, -0.02f * r);
      for (int64_t c = 0; c < 72; ++c)
        head.at(r, c) = size * noise.next();
    }
    for (float scale : {1.0f, 1e-30f, 1e-3f, 100.0f, 1e30f}) {
      std::vector<float> x = noise.take(72);
      for (float &value : x)
        value *= scale;
      expectSame(head, x);
    }
  }
  // Norms that fall let pruning stop.
  EXPECT_LT(prunedCounts.rescored, prunedCounts.searches * 400);
}

TEST_P(HeadTest, OneHugeActivation) {
  Noise noise(7);
  Head head = makeRandom(500, 100, DataType::Float16, noise);
  for (float huge : {1e3f, 1e8f, -1e20f}) {
    std::vector<float> x = noise.take(100);
    x[37] = huge;
    expectSame(head, x);
    // The others decide.
    for (int64_t r = 0; r < 500; ++r)
      head.at(r, 37) = 0.5f;
    expectSame(head, x);
  }
}

// Logits that overflow, and activations that are no numbers: no bound holds,
// and the full product decides.
TEST_P(HeadTest, WhatOverflowsIsLeftToTheFullProduct) {
  Noise noise(8);
  Head head = makeRandom(200, 50, DataType::Float32, noise);
  std::vector<float> x = noise.take(50);
  x[3] = 3e38f;
  head.at(17, 3) = 1000;
  expectSame(head, x);
  x[3] = kInf;
  expectSame(head, x);
  x[3] = kNan;
  expectSame(head, x);
  EXPECT_EQ(screenedCounts.full, screenedCounts.searches);
  EXPECT_EQ(prunedCounts.full, prunedCounts.searches);
}

// A large bias decides, or hides differences of products.
TEST_P(HeadTest, Biases) {
  Noise noise(9);
  Head head = makeRandom(300, 64, DataType::Float16, noise);
  for (float size : {1e-6f, 1.0f, 1e6f, 1e20f}) {
    head.bias = noise.take(300);
    for (float &value : head.bias)
      value *= size;
    expectSame(head, noise.take(64));
    // Of the same bias, so large that products vanish beside it.
    std::fill(head.bias.begin(), head.bias.end(), size * 1e6f);
    expectSame(head, noise.take(64));
  }
}

TEST_P(HeadTest, RowsThatAreNotFiniteAreRefused) {
  Noise noise(10);
  ThreadPool pool(2);
  for (DataType type : kTypes)
    for (float bad : {kInf, -kInf, kNan})
      for (int64_t column : {0, 5, 69}) {
        Head head = makeRandom(600, 70, type, noise);
        head.at(555, 3) = bad;
        head.at(321, column) = bad;
        int64_t row = -1;
        EXPECT_FALSE(ScreenedRows::create(head.view(), head.bias, pool, &row));
        EXPECT_EQ(row, 321);
        EXPECT_FALSE(PrunedRows::create(head.view(), head.bias, pool, &row));
        EXPECT_EQ(row, 321);
      }
  Head head = makeRandom(10, 8, DataType::Float16, noise);
  head.bias.assign(10, 0.0f);
  head.bias[4] = kInf;
  int64_t row = -1;
  EXPECT_FALSE(ScreenedRows::create(head.view(), head.bias, pool, &row));
  EXPECT_EQ(row, 4);
}

// Each of many columns is chosen for apart; logits are finished first.
TEST_P(HeadTest, ColumnsAreChosenForApart) {
  Noise noise(11);
  ThreadPool pool(3);
  Head head = makeRandom(1000, 48, DataType::Float16, noise);
  for (int64_t s : {1, 2, 7, 32, 70}) {
    const std::vector<float> x = noise.take(48 * s);
    std::vector<Best> bests(s);
    auto negate = [](std::span<float> logits) {
      for (float &logit : logits)
        logit = -logit;
    };
    matMulArgMax(head.view(), x, s, {}, negate, bests, pool);
    for (int64_t c = 0; c < s; ++c) {
      std::vector<float> column(48), y(1000);
      for (int64_t i = 0; i < 48; ++i)
        column[i] = x[i * s + c];
      matMul(head.view(), column, 1, {}, y, pool);
      negate(y);
      EXPECT_EQ(bests[c].index, argMax(y)) << s << ", " << c;
      EXPECT_EQ(bests[c].value, y[bests[c].index]);
    }
  }
}

TEST_P(HeadTest, NanIsNeverTaken) {
  ThreadPool pool(2);
  Head head(4, 1, DataType::Float32);
  head.floats = {kNan, -2, kNan, -2};
  Best best;
  const std::vector<float> x = {1};
  matMulArgMax(head.view(), x, 1, {}, leave, {&best, 1}, pool);
  EXPECT_EQ(best.index, 1);
  head.floats = {kNan, kNan, kNan, kNan};
  matMulArgMax(head.view(), x, 1, {}, leave, {&best, 1}, pool);
  EXPECT_EQ(best.index, -1);
  head.floats = {kNan, -kInf, -kInf, kNan};
  matMulArgMax(head.view(), x, 1, {}, leave, {&best, 1}, pool);
  EXPECT_EQ(best.index, 1);
}

INSTANTIATE_TEST_SUITE_P(Targets, HeadTest, kTargets, getTargetName);

} // namespace
