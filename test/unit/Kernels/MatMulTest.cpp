//===- MatMulTest.cpp - Products against plain loops ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/MatMul.h"

#include "KernelTest.h"
#include "espresso/Base/Half.h"

#include <algorithm>

using namespace espresso;
using namespace espresso::kernels;

namespace {

class MatMulTest : public KernelTest {};

/// W x + b in binary64.
std::vector<double> multiply(const std::vector<float> &w,
                             const std::vector<float> &x,
                             const std::vector<float> &bias, int64_t o,
                             int64_t i, int64_t s) {
  std::vector<double> y(o * s);
  for (int64_t r = 0; r < o; ++r)
    for (int64_t j = 0; j < s; ++j) {
      double sum = bias.empty() ? 0.0 : bias[r];
      for (int64_t k = 0; k < i; ++k)
        sum += static_cast<double>(w[r * i + k]) * x[k * s + j];
      y[r * s + j] = sum;
    }
  return y;
}

/// Rounds `w` to what `type` holds, and returns its bits if it is narrow.
std::vector<uint16_t> roundTo(DataType type, std::vector<float> &w) {
  std::vector<uint16_t> bits(type == DataType::Float32 ? 0 : w.size());
  for (size_t k = 0; k < bits.size(); ++k) {
    bool isHalf = type == DataType::Float16;
    bits[k] = isHalf ? floatToHalf(w[k]) : doubleToBFloat(w[k]);
    w[k] = isHalf ? halfToFloat(bits[k]) : bfloatToFloat(bits[k]);
  }
  return bits;
}

constexpr DataType kTypes[] = {DataType::Float16, DataType::BFloat16,
                               DataType::Float32};

void check(int64_t o, int64_t i, int64_t s, DataType type, bool withBias,
           ThreadPool &pool) {
  Noise noise(o * 1000 + i * 10 + s);
  std::vector<float> w = noise.take(o * i), x = noise.take(i * s);
  std::vector<float> bias = withBias ? noise.take(o) : std::vector<float>();
  std::vector<uint16_t> narrow = roundTo(type, w);
  MatrixView view{type, w.data(), o, i};
  if (type != DataType::Float32)
    view.data = narrow.data();
  std::vector<float> y(o * s, NAN);
  matMul(view, x, s, bias, y, pool);
  std::vector<double> expected = multiply(w, x, bias, o, i, s);
  for (size_t k = 0; k < y.size(); ++k)
    ASSERT_NEAR(y[k], expected[k], getSumTolerance(i))
        << o << "x" << i << "x" << s << " at " << k;
}

TEST_P(MatMulTest, AgreesAroundVectorBoundaries) {
  ThreadPool pool(2);
  for (DataType type : kTypes)
    for (int64_t o : {1, 3, 4, 5, 17})
      for (int64_t i : {1, 7, 8, 15, 16, 31, 33, 65})
        for (int64_t s : {1, 2, 7, 8, 15, 16, 17, 33})
          check(o, i, s, type, (o + i + s) % 2 != 0, pool);
}

TEST_P(MatMulTest, AgreesBeyondOnePanel) {
  ThreadPool pool(3);
  for (DataType type : kTypes)
    for (int64_t i : {255, 256, 257, 600})
      for (int64_t s : {1, 19, 40})
        check(70, i, s, type, false, pool);
}

TEST_P(MatMulTest, AgreesBeyondOneBlockOfRows) {
  ThreadPool pool(2);
  for (int64_t o : {119, 120, 121, 263})
    for (int64_t s : {33, 64, 65})
      check(o, 300, s, DataType::Float16, s % 2 != 0, pool);
}

// A stream's result does not depend on the streams beside it.
TEST_P(MatMulTest, NumberOfFewColumnsDoesNotChangeBits) {
  Noise noise(7);
  ThreadPool pool(2);
  for (DataType type : kTypes)
    for (int64_t i : {5, 64, 203}) {
      const int64_t o = 23;
      std::vector<float> w = noise.take(o * i);
      std::vector<uint16_t> narrow = roundTo(type, w);
      MatrixView view{type, w.data(), o, i};
      if (type != DataType::Float32)
        view.data = narrow.data();
      std::vector<float> all = noise.take(i * kMaxFewColumns);
      std::vector<float> bias = noise.take(o);
      for (int64_t s = 1; s <= kMaxFewColumns; ++s) {
        std::vector<float> x(i * s), y(o * s);
        for (int64_t k = 0; k < i; ++k)
          std::copy_n(&all[k * kMaxFewColumns], s, &x[k * s]);
        matMul(view, x, s, bias, y, pool);
        for (int64_t c = 0; c < s; ++c) {
          std::vector<float> column(i), alone(o);
          for (int64_t k = 0; k < i; ++k)
            column[k] = x[k * s + c];
          matMul(view, column, 1, bias, alone, pool);
          for (int64_t r = 0; r < o; ++r)
            ASSERT_EQ(y[r * s + c], alone[r]) << s << " columns, column " << c;
        }
      }
    }
}

TEST_P(MatMulTest, NumberOfThreadsDoesNotChangeBits) {
  Noise noise(5);
  const int64_t o = 301, i = 127;
  for (int64_t s : {1, 24}) {
    std::vector<float> w = noise.take(o * i), x = noise.take(i * s);
    MatrixView view{DataType::Float32, w.data(), o, i};
    std::vector<float> one(o * s), many(o * s);
    ThreadPool single(1), several(5);
    matMul(view, x, s, {}, one, single);
    matMul(view, x, s, {}, many, several);
    EXPECT_EQ(one, many);
  }
}

// Rows taken from a matrix are its rows, whatever their type.
TEST(MatrixView, RowsStartWhereTheyAre) {
  for (DataType type : kTypes) {
    std::vector<float> w = Noise(3).take(5 * 7);
    std::vector<uint16_t> narrow = roundTo(type, w);
    MatrixView view{type, w.data(), 5, 7};
    if (type != DataType::Float32)
      view.data = narrow.data();
    std::vector<float> x(7, 1.0f), all(5), some(2);
    ThreadPool pool(1);
    matMul(view, x, 1, {}, all, pool);
    matMul(view.getRows(3, 2), x, 1, {}, some, pool);
    EXPECT_EQ(some, std::vector<float>(all.begin() + 3, all.end()));
  }
}

TEST(Transpose, MovesEveryElement) {
  std::vector<float> in(19 * 35), out(in.size());
  for (size_t k = 0; k < in.size(); ++k)
    in[k] = static_cast<float>(k);
  transpose(in, 19, 35, out);
  for (int64_t r = 0; r < 19; ++r)
    for (int64_t c = 0; c < 35; ++c)
      EXPECT_EQ(out[c * 19 + r], in[r * 35 + c]);
}

INSTANTIATE_TEST_SUITE_P(Targets, MatMulTest, kTargets, getTargetName);

} // namespace
