//===- HalfTest.cpp - Tests of the narrow float formats -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace espresso {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// What a format is, said a second time and differently from Half.cpp: the
/// value of each of its bit patterns.
double valueOf(unsigned exponentBits, unsigned mantissaBits, bool hasInfinity,
               uint64_t bits) {
  uint64_t exponent = (bits >> mantissaBits) & ((1u << exponentBits) - 1);
  uint64_t mantissa = bits & ((uint64_t{1} << mantissaBits) - 1);
  double sign = bits >> (exponentBits + mantissaBits) & 1 ? -1 : 1;
  int bias = (1 << (exponentBits - 1)) - 1;
  bool isTop = exponent == (1u << exponentBits) - 1;
  if (hasInfinity && isTop)
    return mantissa ? std::nan("") : sign * kInf;
  if (!hasInfinity && isTop && mantissa == (1u << mantissaBits) - 1)
    return std::nan("");
  double fraction = std::ldexp(double(mantissa), -int(mantissaBits));
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, int(exponent) - bias);
}

struct FormatCase {
  DataType type;
  unsigned exponentBits;
  unsigned mantissaBits;
  bool hasInfinity;
  uint64_t numPatterns() const {
    return uint64_t{2} << (exponentBits + mantissaBits);
  }
  double decode(uint64_t bits) const {
    return valueOf(exponentBits, mantissaBits, hasInfinity, bits);
  }
};

class NarrowFormat : public testing::TestWithParam<FormatCase> {};

TEST_P(NarrowFormat, DecodesEveryPattern) {
  FormatCase format = GetParam();
  for (uint64_t bits = 0; bits < format.numPatterns(); ++bits) {
    double expected = format.decode(bits);
    double actual = decodeFloat(format.type, bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(actual)) << bits;
      continue;
    }
    ASSERT_EQ(std::bit_cast<uint64_t>(actual),
              std::bit_cast<uint64_t>(expected))
        << bits;
  }
}

TEST_P(NarrowFormat, EveryValueSurvivesTheRoundTrip) {
  FormatCase format = GetParam();
  for (uint64_t bits = 0; bits < format.numPatterns(); ++bits) {
    double value = decodeFloat(format.type, bits);
    uint64_t back = encodeFloat(format.type, value);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(decodeFloat(format.type, back))) << bits;
      continue;
    }
    ASSERT_EQ(back, bits);
  }
}

// Between two neighbours: the middle goes to the even one, and the doubles next
// to the middle to their side.
TEST_P(NarrowFormat, RoundsToNearestEven) {
  FormatCase format = GetParam();
  for (uint64_t bits = 0; bits + 1 < format.numPatterns() / 2; ++bits) {
    double low = format.decode(bits);
    double high = format.decode(bits + 1);
    if (!std::isfinite(high) || std::isnan(low))
      break;
    double middle = low + (high - low) / 2;
    uint64_t even = bits & 1 ? bits + 1 : bits;
    ASSERT_EQ(encodeFloat(format.type, middle), even) << bits;
    ASSERT_EQ(encodeFloat(format.type, std::nextafter(middle, 0)), bits);
    ASSERT_EQ(encodeFloat(format.type, std::nextafter(middle, kInf)), bits + 1);
    uint64_t sign = format.numPatterns() / 2;
    ASSERT_EQ(encodeFloat(format.type, -middle), sign | even) << bits;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, NarrowFormat,
    testing::Values(FormatCase{DataType::Float16, 5, 10, true},
                    FormatCase{DataType::BFloat16, 8, 7, true},
                    FormatCase{DataType::Float8E5M2, 5, 2, true},
                    FormatCase{DataType::Float8E4M3FN, 4, 3, false}));

TEST(Half, OverflowsToInfinityHalfAnUlpAboveTheLargest) {
  EXPECT_EQ(doubleToHalf(65504), 0x7bff);
  EXPECT_EQ(doubleToHalf(std::nextafter(65520, 0)), 0x7bff);
  EXPECT_EQ(doubleToHalf(65520), 0x7c00);
  EXPECT_EQ(doubleToHalf(-65520), 0xfc00);
  EXPECT_EQ(doubleToHalf(kInf), 0x7c00);
}

TEST(Half, UnderflowsToZeroAtHalfTheLeastSubnormal) {
  EXPECT_EQ(doubleToHalf(0x1p-25), 0x0000);
  EXPECT_EQ(doubleToHalf(std::nextafter(0x1p-25, 1)), 0x0001);
  EXPECT_EQ(doubleToHalf(-0x1p-26), 0x8000);
  EXPECT_EQ(doubleToHalf(std::numeric_limits<double>::denorm_min()), 0);
}

// 1 + 2^-11 + 2^-40 rounds up; by way of binary32, which drops the 2^-40, it
// would be a tie and go down.
TEST(Half, RoundsOnceFromDouble) {
  double value = 1 + 0x1p-11 + 0x1p-40;
  EXPECT_EQ(doubleToHalf(value), 0x3c01);
  EXPECT_EQ(doubleToHalf(static_cast<float>(value)), 0x3c00);
}

TEST(Half, Float8WithoutInfinityOverflowsToNaN) {
  DataType e4m3 = DataType::Float8E4M3FN;
  EXPECT_EQ(encodeFloat(e4m3, 448), 0x7eu);
  EXPECT_TRUE(std::isnan(roundToType(e4m3, 480)));
  EXPECT_TRUE(std::isnan(roundToType(e4m3, kInf)));
  EXPECT_EQ(roundToType(DataType::Float8E5M2, 57344), 57344);
  EXPECT_EQ(roundToType(DataType::Float8E5M2, 65536), kInf);
}

TEST(Half, FastPathAgreesWithTheGeneralOne) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    double half = decodeFloat(DataType::Float16, bits);
    double bfloat = decodeFloat(DataType::BFloat16, bits);
    if (!std::isnan(half)) {
      ASSERT_EQ(halfToFloat(static_cast<uint16_t>(bits)), half) << bits;
    }
    if (!std::isnan(bfloat)) {
      ASSERT_EQ(bfloatToFloat(static_cast<uint16_t>(bits)), bfloat) << bits;
    }
  }
}

} // namespace

// Of every two neighbours: at the middle, and on both sides of it.
TEST(Half, RoundsDoublesInPlace) {
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    double low = halfToFloat(static_cast<uint16_t>(bits));
    double high = bits == 0x7bff ? 65536 : halfToFloat(bits + 1);
    double overflow = bits == 0x7bff ? HUGE_VAL : high;
    double tie = (low + high) / 2;
    for (double sign : {1.0, -1.0}) {
      for (double value : {low, tie, std::nextafter(tie, 0), tie * (1 + 1e-15)})
        EXPECT_EQ(roundToHalf(sign * value),
                  roundToType(DataType::Float16, sign * value));
      EXPECT_EQ(roundToHalfTiesAway(sign * low), sign * low);
      EXPECT_EQ(roundToHalfTiesAway(sign * tie), sign * overflow);
      EXPECT_EQ(roundToHalfTiesAway(sign * std::nextafter(tie, 0)), sign * low);
    }
  }
  EXPECT_TRUE(std::isnan(roundToHalf(std::nan(""))));
  EXPECT_TRUE(std::isnan(roundToHalfTiesAway(std::nan(""))));
  EXPECT_TRUE(std::signbit(roundToHalf(-0.0)));
  EXPECT_EQ(roundToHalf(HUGE_VAL), HUGE_VAL);
  EXPECT_EQ(roundToHalf(1e300), HUGE_VAL);
  EXPECT_EQ(roundToHalf(1e-300), 0);
}

TEST(Half, FloatsAreRoundedAsDoubles) {
  // Every exponent and sign; mantissas around ties, and a sample between.
  for (uint32_t high = 0; high < 1 << 9; ++high) {
    for (uint32_t step = 0; step < 1 << 11; ++step) {
      for (uint32_t low : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x1fffu}) {
        uint32_t bits = high << 23 | ((step << 12 ^ low) & 0x7fffff);
        float value = std::bit_cast<float>(bits);
        ASSERT_EQ(floatToHalf(value), doubleToHalf(value)) << bits;
        ASSERT_EQ(floatToBFloat(value), doubleToBFloat(value)) << bits;
      }
    }
  }
}

} // namespace espresso
