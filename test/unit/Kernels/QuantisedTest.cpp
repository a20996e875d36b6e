//===- QuantisedTest.cpp - Weights of 8 and 4 bits ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Quantised.h"

#include "KernelTest.h"
#include "espresso/Base/Half.h"

using namespace espresso;
using namespace espresso::kernels;

namespace {

constexpr QuantisedFormat kFormats[] = {QuantisedFormat::Int8,
                                        QuantisedFormat::Int4};

/// An element by the definition of the formats.
double getElement(const QuantisedMatrix &m, int64_t r, int64_t i) {
  if (m.format == QuantisedFormat::Int8)
    return double{m.rowScales[r]} *
           static_cast<int8_t>(m.data[r * m.columns + i]);
  const int64_t group = (r * m.columns + i) / 32, j = i % 32;
  const uint8_t byte = m.data[group * 16 + j % 16];
  return double{halfToFloat(m.groupScales[group])} *
         ((j < 16 ? byte & 15 : byte >> 4) - 8);
}

class QuantisedTest : public KernelTest {};

TEST_P(QuantisedTest, AgreesWithTheDefinition) {
  ThreadPool pool(3);
  for (QuantisedFormat format : kFormats)
    for (int64_t o : {1, 13, 50})
      for (int64_t i : {32, 96, 320})
        for (int64_t s : {1, 3, 8, 32, 40}) {
          Noise noise(o + i + s);
          const QuantisedMatrix w = quantise(noise.take(o * i), o, i, format);
          const std::vector<float> x = noise.take(i * s);
          const std::vector<float> bias =
              s == 3 ? noise.take(o) : std::vector<float>();
          std::vector<float> y(o * s);
          matMul(w.getView(), x, s, bias, y, pool);
          for (int64_t r = 0; r < o; ++r)
            for (int64_t c = 0; c < s; ++c) {
              double sum = bias.empty() ? 0.0 : bias[r];
              for (int64_t k = 0; k < i; ++k)
                sum += getElement(w, r, k) * x[k * s + c];
              ASSERT_NEAR(y[r * s + c], sum, 4 * getSumTolerance(i))
                  << o << "x" << i << "x" << s;
            }
        }
}

// Rows of int8 need not be a whole number of anything.
TEST_P(QuantisedTest, RowsOfBytesHaveAnyLength) {
  ThreadPool pool(1);
  const QuantisedMatrix w =
      quantise(Noise(1).take(5 * 37), 5, 37, QuantisedFormat::Int8);
  std::vector<float> x(37, 0.0f), y(5);
  x[36] = 2;
  matMul(w.getView(), x, 1, {}, y, pool);
  for (int64_t r = 0; r < 5; ++r)
    EXPECT_FLOAT_EQ(y[r], 2 * getElement(w, r, 36));
}

// As for other weights: neither columns nor threads change a bit.
TEST_P(QuantisedTest, ColumnsAndThreadsDoNotChangeBits) {
  const int64_t o = 40, i = 160, s = 9;
  ThreadPool one(1), several(4);
  for (QuantisedFormat format : kFormats) {
    Noise noise(3);
    const QuantisedMatrix w = quantise(noise.take(o * i), o, i, format);
    const std::vector<float> x = noise.take(i * s);
    std::vector<float> y(o * s), again(o * s), alone(o), column(i);
    matMul(w.getView(), x, s, {}, y, one);
    matMul(w.getView(), x, s, {}, again, several);
    EXPECT_EQ(y, again);
    for (int64_t k = 0; k < i; ++k)
      column[k] = x[k * s + 5];
    matMul(w.getView(), column, 1, {}, alone, several);
    for (int64_t r = 0; r < o; ++r)
      EXPECT_EQ(alone[r], y[r * s + 5]);
  }
}

// Elements are off by half a step at most, but for the largest of a group that
// have the other sign, which are off by one; zeros stay.
TEST(Quantise, RoundsToTheNearestStep) {
  std::vector<float> w = Noise(5).take(4 * 64);
  std::fill_n(w.begin() + 64, 64, 0.0f);
  for (QuantisedFormat format : kFormats) {
    const QuantisedMatrix m = quantise(w, 4, 64, format);
    const bool isBytes = format == QuantisedFormat::Int8;
    for (int64_t r = 0; r < 4; ++r)
      for (int64_t i = 0; i < 64; ++i) {
        const double step =
            std::abs(isBytes ? m.rowScales[r]
                             : halfToFloat(m.groupScales[r * 2 + i / 32]));
        EXPECT_NEAR(getElement(m, r, i), w[r * 64 + i],
                    (isBytes ? 0.501 : 1.01) * step);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, QuantisedTest, kTargets, getTargetName);

} // namespace
