//===- WeightSourcesTest.cpp - Tests of sources and conversions -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/WeightSources.h"

#include "../TestSupport.h"

#include "espresso/Base/Half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace espresso;
using namespace espresso::test;

template <typename T>
static std::vector<uint8_t> toBytes(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T>
static WeightSourceRef makeSource(DataType type, const std::vector<T> &values) {
  return makeMemorySource(type, values.size(), toBytes(values));
}

template <typename T>
static std::vector<T> readAll(const WeightSource &source) {
  Messages messages;
  std::vector<uint8_t> bytes(
      *getPackedByteSize(source.getElementType(), source.getNumElements()));
  EXPECT_TRUE(succeeded(source.read(bytes, messages))) << messages.str();
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Any piece of a source is that piece of the whole.
static void expectRangesAgree(const WeightSource &source) {
  Messages messages;
  size_t width = getBitWidth(source.getElementType()) / 8;
  std::vector<uint8_t> all = readAll<uint8_t>(source);
  int64_t count = source.getNumElements();
  std::mt19937 random(7);
  for (int trial = 0; trial < 50; ++trial) {
    int64_t first = random() % count;
    int64_t taken = random() % (count - first + 1);
    std::vector<uint8_t> piece(taken * width);
    ASSERT_TRUE(succeeded(source.readRange(first, taken, piece, messages)));
    std::vector<uint8_t> expected(all.begin() + first * width,
                                  all.begin() + (first + taken) * width);
    ASSERT_EQ(piece, expected);
  }
}

static std::shared_ptr<const MappedFile> mapFile(const std::string &path) {
  auto file = MappedFile::open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(WeightSourcesTest, BytesComeBackAfterTheirMemoryIsReleased) {
  TemporaryDirectory directory;
  std::string content(1 << 16, '\0');
  std::mt19937 random(3);
  for (char &c : content)
    c = static_cast<char>(random());
  auto file = mapFile(directory.write("w", content));
  // Neither begins nor ends with a page.
  WeightSourceRef source = makeFileSource(file, 5001, DataType::UInt8, 20000);
  std::vector<uint8_t> before = readAll<uint8_t>(*source);
  source->releaseMemory();
  EXPECT_EQ(readAll<uint8_t>(*source), before);
  convertTo(source, DataType::UInt8)->releaseMemory();
  file->release(0, file->getSize());
  file->release(file->getSize(), 0);
  EXPECT_EQ(readAll<uint8_t>(*source), before);
}

TEST(WeightSourcesTest, FileSourceIsTheBytesOfTheFile) {
  TemporaryDirectory directory;
  std::string path = directory.write("w", "xabcdefgh");
  WeightSourceRef source =
      makeFileSource(mapFile(path), 1, DataType::UInt16, 4);
  EXPECT_EQ(source->getNumElements(), 4);
  EXPECT_EQ(source->getElementType(), DataType::UInt16);
  std::vector<char> bytes = readAll<char>(*source);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "abcdefgh");
  EXPECT_EQ(source->getBytesInPlace().size(), 8u);
  expectRangesAgree(*source);
}

TEST(WeightSourcesTest, KeysTellBytesApart) {
  TemporaryDirectory directory;
  auto file = mapFile(directory.write("w", std::string(64, 'x')));
  std::string key = makeFileSource(file, 0, DataType::Float16, 8)->getKey();
  EXPECT_EQ(key, makeFileSource(file, 0, DataType::Float16, 8)->getKey());
  EXPECT_NE(key, makeFileSource(file, 2, DataType::Float16, 8)->getKey());
  EXPECT_NE(key, makeFileSource(file, 0, DataType::BFloat16, 8)->getKey());
  EXPECT_NE(key, makeFileSource(file, 0, DataType::Float16, 7)->getKey());
  WeightSourceRef source = makeFileSource(file, 0, DataType::Float16, 8);
  EXPECT_NE(key, convertTo(source, DataType::Float32)->getKey());
  EXPECT_NE(
      key,
      permuteRotaryRows(source, 1, 4, 4, RotaryOrder::HalfSplit)->getKey());
  EXPECT_NE(
      permuteRotaryRows(source, 2, 2, 2, RotaryOrder::HalfSplit)->getKey(),
      permuteRotaryRows(source, 1, 4, 4, RotaryOrder::HalfSplit)->getKey());
  EXPECT_EQ(makeSource<uint8_t>(DataType::UInt8, {1, 2})->getKey(),
            makeSource<uint8_t>(DataType::UInt8, {1, 2})->getKey());
  EXPECT_NE(makeSource<uint8_t>(DataType::UInt8, {1, 2})->getKey(),
            makeSource<uint8_t>(DataType::UInt8, {1, 3})->getKey());
}

TEST(WeightSourcesTest, NarrowTypesConvertExactlyUpwards) {
  // Every bit pattern: the conversion must agree with the definition.
  std::vector<uint16_t> patterns(1 << 16);
  for (size_t i = 0; i < patterns.size(); ++i)
    patterns[i] = static_cast<uint16_t>(i);
  for (DataType type : {DataType::Float16, DataType::BFloat16}) {
    std::vector<float> values = readAll<float>(
        *convertTo(makeSource(type, patterns), DataType::Float32));
    for (size_t i = 0; i < patterns.size(); ++i) {
      double expected = decodeFloat(type, i);
      ASSERT_TRUE(values[i] == expected ||
                  (std::isnan(values[i]) && std::isnan(expected)))
          << i;
    }
  }
}

TEST(WeightSourcesTest, NarrowingRoundsToNearestEven) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> values = {1.0f,
                               1.0f + 0x1p-11f,            // tie, to even
                               1.0f + 0x3p-11f,            // tie, up to even
                               1.0f + 0x1p-11f + 0x1p-20f, // above a tie
                               65519.0f,                   // largest finite
                               65520.0f,                   // tie to infinity
                               0x1p-24f,                   // least subnormal
                               0x1p-25f,                   // tie to zero
                               -0.0f,
                               -kInf};
  std::vector<uint16_t> expected = {0x3c00, 0x3c00, 0x3c02, 0x3c01, 0x7bff,
                                    0x7c00, 0x0001, 0x0000, 0x8000, 0xfc00};
  EXPECT_EQ(readAll<uint16_t>(*convertTo(makeSource(DataType::Float32, values),
                                         DataType::Float16)),
            expected);
}

TEST(WeightSourcesTest, DoublesAreRoundedOnce) {
  // Through fp32 this would first become the tie 1 + 2^-11, then 1.
  std::vector<double> values = {1.0 + 0x1p-11 + 0x1p-40};
  EXPECT_EQ(readAll<uint16_t>(*convertTo(makeSource(DataType::Float64, values),
                                         DataType::Float16)),
            std::vector<uint16_t>{0x3c01});
}

TEST(WeightSourcesTest, ConvertingToTheSameTypeIsNothing) {
  WeightSourceRef source = makeSource<uint16_t>(DataType::Float16, {1, 2});
  EXPECT_EQ(convertTo(source, DataType::Float16), source);
}

/// Decodes Q8_0 element by element, straight from the description: an fp16
/// scale, then 32 signed bytes.
static float decodeNaively(const std::string &blocks, size_t index) {
  size_t block = index / 32 * 34;
  unsigned scaleBits = static_cast<uint8_t>(blocks[block]) +
                       256u * static_cast<uint8_t>(blocks[block + 1]);
  int exponent = static_cast<int>(scaleBits / 1024 % 32);
  double fraction = scaleBits % 1024;
  double scale = exponent == 0 ? std::ldexp(fraction, -24)
                               : std::ldexp(1024 + fraction, exponent - 25);
  if (scaleBits >= 32768)
    scale = -scale;
  int quant = static_cast<uint8_t>(blocks[block + 2 + index % 32]);
  return static_cast<float>(scale * (quant < 128 ? quant : quant - 256));
}

TEST(WeightSourcesTest, Q8_0AgreesWithANaiveDecoder) {
  std::mt19937 random(11);
  std::string blocks;
  for (int block = 0; block < 40; ++block) {
    uint16_t scale = static_cast<uint16_t>(random());
    if ((scale & 0x7c00) == 0x7c00)
      scale &= 0x83ff; // no infinities; gives subnormals and zero
    blocks += static_cast<char>(scale & 255);
    blocks += static_cast<char>(scale >> 8);
    for (int i = 0; i < 32; ++i)
      blocks += static_cast<char>(i == 0 ? 128 : random());
  }
  TemporaryDirectory directory;
  auto file = mapFile(directory.write("w", "???" + blocks));
  WeightSourceRef source =
      makeBlockSource(file, 3, BlockEncoding::Q8_0, 40 * 32);
  std::vector<float> values = readAll<float>(*source);
  ASSERT_EQ(values.size(), 1280u);
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(values[i], decodeNaively(blocks, i)) << i;
  expectRangesAgree(*source);
  expectRangesAgree(*convertTo(source, DataType::Float16));
}

TEST(WeightSourcesTest, RotaryRowsFollowTheFormula) {
  // hf[h·d + p·d/2 + i] = interleaved[h·d + 2i + p], for rows of 3.
  const int64_t heads = 3, d = 6, columns = 3;
  std::vector<uint32_t> interleaved(heads * d * columns);
  for (size_t i = 0; i < interleaved.size(); ++i)
    interleaved[i] = static_cast<uint32_t>(i);
  WeightSourceRef source = makeSource(DataType::UInt32, interleaved);
  WeightSourceRef permuted =
      permuteRotaryRows(source, heads, d, d, RotaryOrder::HalfSplit);
  std::vector<uint32_t> halfSplit = readAll<uint32_t>(*permuted);
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < d / 2; ++i)
      for (int64_t p = 0; p < 2; ++p)
        for (int64_t c = 0; c < columns; ++c)
          EXPECT_EQ(halfSplit[(h * d + p * d / 2 + i) * columns + c],
                    interleaved[(h * d + 2 * i + p) * columns + c]);
  expectRangesAgree(*permuted);
  // And back.
  EXPECT_EQ(readAll<uint32_t>(*permuteRotaryRows(permuted, heads, d, d,
                                                 RotaryOrder::Interleaved)),
            interleaved);
}

TEST(WeightSourcesTest, RowsThatDoNotRotateKeepTheirPlace) {
  // Heads of 6 of which 4 rotate: 0 2 1 3 | 4 5.
  std::vector<uint16_t> rows = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
  WeightSourceRef source = makeSource(DataType::UInt16, rows);
  WeightSourceRef permuted =
      permuteRotaryRows(source, 2, 6, 4, RotaryOrder::HalfSplit);
  std::vector<uint16_t> expected = {0, 2, 1, 3, 4, 5, 10, 12, 11, 13, 14, 15};
  EXPECT_EQ(readAll<uint16_t>(*permuted), expected);
  EXPECT_EQ(readAll<uint16_t>(*permuteRotaryRows(permuted, 2, 6, 4,
                                                 RotaryOrder::Interleaved)),
            rows);
}

TEST(WeightSourcesTest, SlicesAndTranspositionsMoveElements) {
  std::vector<uint16_t> matrix(7 * 5);
  for (size_t i = 0; i < matrix.size(); ++i)
    matrix[i] = static_cast<uint16_t>(i);
  WeightSourceRef plain = makeSource(DataType::UInt16, matrix);
  // swapBytes twice has the same elements, but no bytes in place.
  for (WeightSourceRef source : {plain, swapBytes(swapBytes(plain))}) {
    WeightSourceRef rows = slice(source, 10, 15); // rows 2, 3 and 4
    std::vector<uint16_t> expected(matrix.begin() + 10, matrix.begin() + 25);
    EXPECT_EQ(readAll<uint16_t>(*rows), expected);
    expectRangesAgree(*rows);
    WeightSourceRef turned = transpose(rows, 5, 3);
    std::vector<uint16_t> values = readAll<uint16_t>(*turned);
    for (int r = 0; r < 5; ++r)
      for (int c = 0; c < 3; ++c)
        EXPECT_EQ(values[r * 3 + c], 10 + c * 5 + r);
    expectRangesAgree(*turned);
    EXPECT_EQ(readAll<uint16_t>(*transpose(turned, 3, 5)), expected);
  }
  EXPECT_EQ(slice(plain, 0, 35), plain);
}

TEST(WeightSourcesTest, SwappedBytesAreReversed) {
  WeightSourceRef source = makeSource<uint32_t>(DataType::UInt32, {0x01020304});
  EXPECT_EQ(readAll<uint32_t>(*swapBytes(source))[0], 0x04030201u);
  WeightSourceRef bytes = makeSource<uint8_t>(DataType::UInt8, {1, 2});
  EXPECT_EQ(swapBytes(bytes), bytes);
}

TEST(WeightSourcesTest, OffsetsAndTileScalesAreArithmetic) {
  std::vector<float> values(5 * 7);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  WeightSourceRef source = makeSource(DataType::Float32, values);
  EXPECT_EQ(readAll<float>(*addOffset(source, 1))[34], 35);
  // Tiles of 2 x 3 of a matrix of 5 x 7: 3 x 3 of them.
  WeightSourceRef scales =
      makeSource<float>(DataType::Float32, {1, 2, 4, 8, 16, 32, 64, 128, 256});
  WeightSourceRef scaled = multiplyTiles(source, {scales, /*columns=*/7, 2, 3});
  std::vector<float> result = readAll<float>(*scaled);
  for (int row = 0; row < 5; ++row)
    for (int column = 0; column < 7; ++column)
      EXPECT_EQ(result[row * 7 + column],
                std::ldexp(row * 7.0 + column, row / 2 * 3 + column / 3));
  expectRangesAgree(*scaled);
  expectRangesAgree(*addOffset(source, -1));
}

TEST(WeightSourcesTest, GroupsHaveTheirScalesBehindTheIntegers) {
  std::string bytes("\x01\xff\x02\x80\x7f\x00\x03\x04", 8);
  for (float scale : {0.5f, -2.0f}) {
    char raw[4];
    std::memcpy(raw, &scale, 4);
    bytes.append(raw, 4);
  }
  TemporaryDirectory directory;
  auto file = mapFile(directory.write("w", bytes));
  EXPECT_EQ(getGroupsByteSize(8, 4), 16u);
  WeightSourceRef source = makeGroupSource(file, 0, 4, 8);
  std::vector<float> expected = {0.5f, -0.5f, 1, -64, -254, 0, -6, -8};
  EXPECT_EQ(readAll<float>(*source), expected);
  expectRangesAgree(*source);
}

TEST(WeightSourcesTest, ConversionsStack) {
  std::vector<float> values(2 * 4 * 700);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i % 1000) * 0.25f;
  WeightSourceRef source = makeSource(DataType::Float32, values);
  WeightSourceRef first = permuteRotaryRows(
      convertTo(source, DataType::Float16), 2, 4, 4, RotaryOrder::HalfSplit);
  WeightSourceRef second =
      convertTo(permuteRotaryRows(source, 2, 4, 4, RotaryOrder::HalfSplit),
                DataType::Float16);
  EXPECT_EQ(readAll<uint16_t>(*first), readAll<uint16_t>(*second));
  expectRangesAgree(*second);
}

// A normal source has the moments it was asked for, gives any range of the same
// elements, and others for another seed.
TEST(WeightSourcesTest, NormalSourceHasItsMoments) {
  constexpr int64_t kCount = 100001;
  constexpr double kMean = 0.5, kDeviation = 0.25;
  WeightSourceRef source =
      makeNormalSource(kCount, /*seed=*/3, kMean, kDeviation);
  double sum = 0, squares = 0, cubes = 0;
  for (uint16_t bits : readAll<uint16_t>(*source)) {
    double z = (espresso::halfToFloat(bits) - kMean) / kDeviation;
    sum += z;
    squares += z * z;
    cubes += z * z * z;
  }
  // Five standard errors of each.
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(cubes / kCount, 0, 5 * std::sqrt(15.0 / kCount));
  expectRangesAgree(*source);
  WeightSourceRef other =
      makeNormalSource(kCount, /*seed=*/4, kMean, kDeviation);
  EXPECT_NE(readAll<uint16_t>(*source), readAll<uint16_t>(*other));
  EXPECT_NE(source->getKey(), other->getKey());
}
