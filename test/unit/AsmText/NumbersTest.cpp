//===- NumbersTest.cpp - Tests of numbers as text -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Numbers.h"

#include "espresso/Base/Half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

namespace espresso {
namespace {

std::string toHex(double value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printHexReal(value, os);
  return text;
}

std::string toDecimal(double value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printDecimalReal(value, os);
  return text;
}

TEST(Numbers, HexIsShortAndNormalised) {
  EXPECT_EQ(toHex(0.0), "0x0p+0");
  EXPECT_EQ(toHex(-0.0), "-0x0p+0");
  EXPECT_EQ(toHex(1), "0x1p+0");
  EXPECT_EQ(toHex(-1.5), "-0x1.8p+0");
  EXPECT_EQ(toHex(0x1p-24), "0x1p-24");
  EXPECT_EQ(toHex(0x1.ff8p-15), "0x1.ff8p-15");
  EXPECT_EQ(toHex(0x1.fffffffffffffp+1023), "0x1.fffffffffffffp+1023");
  // glibc's %a writes 0x0.0000000000003p-1022.
  EXPECT_EQ(toHex(0x3p-1074), "0x1.8p-1073");
  EXPECT_EQ(toHex(INFINITY), "inf");
  EXPECT_EQ(toHex(-INFINITY), "-inf");
  EXPECT_EQ(toHex(-NAN), "nan");
}

TEST(Numbers, DecimalIsThatOfPrintf) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value))
      continue;
    char expected[40];
    snprintf(expected, sizeof(expected), "%.17g", value);
    ASSERT_EQ(toDecimal(value), expected);
  }
  EXPECT_EQ(toDecimal(0), "0");
  EXPECT_EQ(toDecimal(-0.0), "-0");
  EXPECT_EQ(toDecimal(0.1), "0.10000000000000001");
  EXPECT_EQ(toDecimal(-INFINITY), "-inf");
}

TEST(Numbers, EveryHalfReadsBack) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    double value = decodeFloat(DataType::Float16, bits);
    if (!std::isfinite(value))
      continue;
    std::optional<double> back = parseReal(toHex(value));
    ASSERT_TRUE(back);
    ASSERT_EQ(encodeFloat(DataType::Float16, *back), bits) << toHex(value);
  }
}

TEST(Numbers, DoublesReadBackFromBothForms) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    auto value = std::bit_cast<double>(random());
    // A third of them subnormal.
    if (i % 3 == 0)
      value = std::bit_cast<double>(random() & 0x800fffffffffffffu);
    if (!std::isfinite(value))
      continue;
    ASSERT_EQ(parseReal(toHex(value)), value) << toHex(value);
    ASSERT_EQ(parseReal(toDecimal(value)), value) << toDecimal(value);
  }
}

// The short cuts and the long way round must agree with the C library. (Not for
// hexadecimal subnormals, which glibc 2.36 rounds wrongly: see the next test.)
TEST(Numbers, ReadsWhatStrtodReads) {
  std::mt19937_64 random(3);
  auto digits = [&](const char *alphabet, unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i)
      text += alphabet[random() % (alphabet[10] ? 16 : 10)];
    return text;
  };
  for (int i = 0; i < 20000; ++i) {
    bool isHex = i & 1;
    const char *alphabet = isHex ? "0123456789abcdef" : "0123456789";
    std::string text = random() % 2 ? "-" : "";
    text += isHex ? "0x" : "";
    text += digits(alphabet, 1 + random() % 18);
    if (random() % 2)
      text += "." + digits(alphabet, random() % 20);
    if (isHex || random() % 2) {
      text += isHex ? "p" : "e";
      text += random() % 2 ? "+" : "-";
      text += std::to_string(random() % (isHex ? 900 : 340));
    }
    double expected = std::strtod(text.c_str(), nullptr);
    std::optional<double> actual = parseReal(text);
    ASSERT_TRUE(actual) << text;
    ASSERT_EQ(std::bit_cast<uint64_t>(*actual),
              std::bit_cast<uint64_t>(expected))
        << text;
  }
}

TEST(Numbers, RoundsSubnormalsToNearest) {
  // Three quarters of the way up to the next one.
  EXPECT_EQ(parseReal("0x2374d9ba4390f3p-1076"), 0x8dd366e90e43dp-1074);
  EXPECT_EQ(parseReal("0x0.8p-1074"), 0.0);
  EXPECT_EQ(parseReal("0x0.80001p-1074"), 0x1p-1074);
  EXPECT_EQ(parseReal("0x1.8p-1074"), 0x1p-1073);
  EXPECT_EQ(parseReal("-0x1p-2000"), -0.0);
  EXPECT_EQ(parseReal("0x1p+1024"), INFINITY);
}

TEST(Numbers, IntegersUpTo64Bits) {
  std::optional<ParsedInteger> largest = parseInteger("18446744073709551615");
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->magnitude, ~uint64_t{0});
  EXPECT_FALSE(largest->negative);
  EXPECT_FALSE(parseInteger("18446744073709551616"));
  EXPECT_FALSE(parseInteger("-"));
  EXPECT_FALSE(parseInteger("1a"));
  std::optional<ParsedInteger> zero = parseInteger("-000");
  ASSERT_TRUE(zero);
  EXPECT_EQ(zero->magnitude, 0u);
  EXPECT_TRUE(zero->negative);
}

} // namespace
} // namespace espresso
