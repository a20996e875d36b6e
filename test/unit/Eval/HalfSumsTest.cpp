//===- HalfSumsTest.cpp - Accumulators of fp16 hardware -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Eval/Kernels/Accumulate.h"

#include "gtest/gtest.h"

#include <random>

namespace espresso {
namespace {

using Small = AneArithmetic::SmallProducts;

/// Halves of every kind but infinities and NaNs; mostly small ones, so that
/// sums stay in range.
class HalfSource {
public:
  uint16_t next() {
    auto bits = static_cast<uint16_t>(engine());
    if (engine() % 4 != 0)
      bits = static_cast<uint16_t>((bits & 0x83ff) | (engine() % 17 << 10));
    return (bits & 0x7c00) == 0x7c00 ? 0 : bits;
  }
  uint32_t below(uint32_t bound) { return engine() % bound; }

private:
  std::mt19937 engine{7};
};

/// The rules of the engine once more, in integers: significands of 11 bits,
/// exponents, shifts.
class IntegerGrid {
public:
  explicit IntegerGrid(Small rule) : rule(rule) {}

  void addProduct(uint16_t a, uint16_t b) {
    int ea = std::max(1, a >> 10 & 31), eb = std::max(1, b >> 10 & 31);
    auto [ma, mb] = std::pair(significand(a), significand(b));
    // The product is ma mb 2^(ea + eb - 50), and the grid 2^-16.
    int shift = ea + eb - 50 + 16;
    int64_t magnitude = ma * mb;
    if (shift >= 0) {
      magnitude <<= shift;
    } else {
      int64_t half = int64_t{1} << (-shift - 1);
      bool isBelowTwo = magnitude < 2 * (half << 1);
      magnitude = (magnitude + half) >> -shift;
      if (rule == Small::BelowTwoUnits && isBelowTwo)
        magnitude = 0;
    }
    if (rule == Small::ByExponent && ea + eb - 30 <= -17)
      magnitude = 0;
    if (rule == Small::BelowTwoUnits && shift >= 0 && magnitude < 2)
      magnitude = 0;
    if (!isInfinite)
      sum += ((a ^ b) & 0x8000) ? -magnitude : magnitude;
    isInfinite |= sum >= kLimit || sum <= -kLimit;
  }

  /// The bits of the result: ties away from zero.
  uint16_t get() const {
    uint16_t sign = sum < 0 ? 0x8000 : 0;
    uint64_t magnitude = sum < 0 ? -sum : sum;
    if (isInfinite)
      return sign | 0x7c00;
    // In units of 2^-24, which is that of subnormals.
    magnitude <<= 8;
    int exponent = 1;
    for (; magnitude >> exponent >> 10 > 0; ++exponent) {
    }
    int shift = std::max(0, exponent - 1);
    uint64_t rounded =
        shift == 0 ? magnitude
                   : (magnitude + (uint64_t{1} << (shift - 1))) >> shift;
    return static_cast<uint16_t>(
        sign | (rounded + (static_cast<uint64_t>(shift) << 10)));
  }

private:
  static constexpr int64_t kLimit = int64_t{1} << 31;
  static int64_t significand(uint16_t bits) {
    return (bits & 0x3ff) | ((bits & 0x7c00) ? 0x400 : 0);
  }

  Small rule;
  int64_t sum = 0;
  bool isInfinite = false;
};

template <Small rule>
void compareWithIntegers() {
  HalfSource halves;
  int numInfinite = 0, numZero = 0;
  constexpr int kRounds = 20000;
  for (int round = 0; round < kRounds; ++round) {
    GridSum<rule> sum;
    IntegerGrid expected(rule);
    for (uint32_t i = 0, count = 1 + halves.below(8); i < count; ++i) {
      uint16_t a = halves.next(), b = halves.next();
      sum.addProduct(GridSum<rule>::prepare(halfToFloat(a)),
                     GridSum<rule>::prepare(halfToFloat(b)));
      expected.addProduct(a, b);
    }
    uint16_t bits =
        doubleToHalf(roundToHalfTiesAway(static_cast<double>(sum.get())));
    ASSERT_EQ(bits, expected.get()) << "round " << round;
    numInfinite += (bits & 0x7fff) == 0x7c00;
    numZero += bits == 0;
  }
  // All kinds were met.
  EXPECT_GT(numInfinite, 10);
  EXPECT_GT(numZero, 10);
  EXPECT_LT(numInfinite + numZero, kRounds);
}

// Products on a grid in floating point are those in integers, bit by bit.
TEST(GridSum, AgreesWithIntegers) {
  compareWithIntegers<Small::ByExponent>();
  compareWithIntegers<Small::Keep>();
  compareWithIntegers<Small::BelowTwoUnits>();
}

// An exponent field of 31 is one more than 30, for infinities and for NaNs.
TEST(GridSum, ReadsExponent31AsANumber) {
  EXPECT_EQ(readEngineOperand(HUGE_VALF), 65536);
  EXPECT_EQ(readEngineOperand(-HUGE_VALF), -65536);
  EXPECT_EQ(readEngineOperand(halfToFloat(0x7e00)), 98304);
  EXPECT_EQ(readEngineOperand(halfToFloat(0x7c01)), 65600);
  EXPECT_EQ(readEngineOperand(halfToFloat(0x0001)), 0x1p-24F);
}

// A half sum is the sum of the half with the exact product, rounded once.
TEST(HalfSum, RoundsOnce) {
  HalfSource halves;
  for (int round = 0; round < 20000; ++round) {
    uint16_t start = halves.next(), a = halves.next(), b = halves.next();
    HalfSum sum;
    sum.add(halfToFloat(start));
    sum.addProduct(halfToFloat(a), halfToFloat(b));
    // long double holds every such sum that a half can tell from another.
    long double exact = static_cast<long double>(halfToFloat(start)) +
                        static_cast<long double>(halfToFloat(a)) *
                            static_cast<long double>(halfToFloat(b));
    double nearest = doubleToHalf(static_cast<double>(exact));
    EXPECT_EQ(doubleToHalf(sum.get()), nearest);
  }
}

// What is cut off decides no tie by itself.
TEST(RoundToOdd, KeepsTiesApart) {
  double tie = 0x1.002p0, above = tie + 0x1p-40, below = tie - 0x1p-40;
  EXPECT_EQ(roundToOdd(tie), 0x1.002p0F);
  EXPECT_GT(roundToOdd(above), 0x1.002p0F);
  EXPECT_LT(roundToOdd(below), 0x1.002p0F);
  EXPECT_EQ(roundToHalf(roundToOdd(above)), 0x1.004p0);
  EXPECT_EQ(roundToHalf(roundToOdd(below)), 1);
  EXPECT_EQ(roundToOdd(-below), -roundToOdd(below));
  EXPECT_EQ(roundToOdd(1e300), HUGE_VALF);
}

// A product is the sum of its terms in order, whatever its shape and layout.
TEST(MultiplyMatrices, AgreesWithTheDefinition) {
  std::mt19937 engine(3);
  for (auto [rows, depth, cols] :
       {std::tuple(1, 5, 1), {3, 4, 1}, {1, 4, 33}, {5, 7, 18}, {2, 0, 3}}) {
    std::vector<float> a(rows * depth), b(depth * cols), bias(rows + cols);
    for (auto *values : {&a, &b, &bias})
      for (float &value : *values)
        value = static_cast<float>(engine() % 1000) / 999;
    for (bool isTransposed : {false, true}) {
      MatrixView<float> left =
          isTransposed ? makeTransposed<float>(a.data(), depth, rows)
                       : makeMatrix<float>(a.data(), rows, depth);
      MatrixView<float> right =
          isTransposed ? makeTransposed<float>(b.data(), cols, depth)
                       : makeMatrix<float>(b.data(), depth, cols);
      std::vector<float> result(rows * cols);
      multiplyMatrices<PlainSum<float>>(
          left, right, result.data(),
          makeRowBias<float>(bias.data(), rows, cols));
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j) {
          float sum = 0;
          for (int64_t k = 0; k < depth; ++k)
            sum += left.at(i, k) * right.at(k, j);
          EXPECT_EQ(result[i * cols + j], sum + bias[i]);
        }
    }
  }
}

TEST(ParseNumerics, KnowsModesAndChoices) {
  std::string error;
  for (auto mode :
       {NumericsMode::Fp32, NumericsMode::Fp16, NumericsMode::Fp16Acc16,
        NumericsMode::Fp64, NumericsMode::AneQ16})
    EXPECT_EQ(parseNumerics(getName(mode), error)->mode, mode);
  auto chosen = parseNumerics(
      "ane-q16:accumulator=radix4,rounding=even,tables=sampled", error);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->ane.accumulator, AneArithmetic::Accumulator::Radix4);
  EXPECT_EQ(chosen->ane.rounding, AneArithmetic::Rounding::TiesToEven);
  EXPECT_EQ(chosen->ane.tables, AneArithmetic::Tables::Sampled);
  EXPECT_EQ(chosen->ane.smallProducts, Small::ByExponent);
  for (llvm::StringRef wrong : {"", "fp15", "fp16:", "fp32:rounding=even",
                                "ane-q16:", "ane-q16:rounding",
                                "ane-q16:rounding=up", "ane-q16:a=b,"}) {
    error.clear();
    EXPECT_FALSE(parseNumerics(wrong, error)) << wrong.str();
    EXPECT_FALSE(error.empty()) << wrong.str();
  }
}

} // namespace
} // namespace espresso
