//===- BlockFormatsTest.cpp - Tests of block-quantised elements -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../BlockPacker.h"
#include "../TestSupport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace espresso;
using namespace espresso::test;

namespace {

class BlockFormatsTest : public ::testing::TestWithParam<BlockEncoding> {
protected:
  /// Blocks of all modes, one after another.
  std::vector<PackedBlock> makeBlocks() {
    std::vector<PackedBlock> blocks;
    for (auto mode : {BlockDraw::Mode::Random, BlockDraw::Mode::Least,
                      BlockDraw::Mode::Most})
      for (uint32_t seed = 0; seed < (mode == BlockDraw::Mode::Random ? 64 : 1);
           ++seed) {
        BlockDraw draw(seed, mode);
        blocks.push_back(packBlock(GetParam(), draw));
      }
    return blocks;
  }

  std::vector<float> decode(const std::string &bytes, size_t count,
                            ByteOrder order) {
    // An odd place: blocks need no alignment.
    std::string path = directory.write("weights", "?" + bytes);
    auto file = MappedFile::open(path);
    EXPECT_TRUE(file.ok());
    WeightSourceRef source =
        makeBlockSource(*file, 1, GetParam(), count, order);
    Messages messages;
    std::vector<float> values(count);
    EXPECT_TRUE(succeeded(source->read(
        {reinterpret_cast<uint8_t *>(values.data()), 4 * count}, messages)));
    expectPieces(*source, values);
    return values;
  }

  /// Any piece is that piece of the whole.
  static void expectPieces(const WeightSource &source,
                           const std::vector<float> &values) {
    Messages messages;
    for (size_t first = 0; first < values.size(); first += 397) {
      size_t count = std::min<size_t>(1 + first % 531, values.size() - first);
      std::vector<uint8_t> piece(4 * count);
      ASSERT_TRUE(succeeded(source.readRange(first, count, piece, messages)));
      ASSERT_EQ(std::memcmp(piece.data(), values.data() + first, piece.size()),
                0);
    }
  }

  TemporaryDirectory directory;
};

} // namespace

static void expectValues(const std::vector<PackedBlock> &blocks,
                         const std::vector<float> &values) {
  // Two products and a difference, each rounded once.
  constexpr double kRelative = 4 * 0x1p-24;
  size_t place = 0;
  for (const PackedBlock &block : blocks)
    for (size_t i = 0; i < block.values.size(); ++i, ++place) {
      double tolerance = kRelative * block.magnitudes[i] + 0x1p-149;
      // MXFP4 reaches beyond fp32.
      if (std::fabs(block.values[i]) > 0x1.fffffep127)
        ASSERT_TRUE(std::isinf(values[place])) << place;
      else
        ASSERT_NEAR(values[place], block.values[i], tolerance) << place;
    }
  ASSERT_EQ(place, values.size());
}

TEST_P(BlockFormatsTest, DecodesWhatTheDescriptionEncodes) {
  std::vector<PackedBlock> blocks = makeBlocks();
  std::string bytes;
  for (const PackedBlock &block : blocks)
    bytes += block.bytes;
  size_t count = blocks.size() * getBlockLength(GetParam());
  expectValues(blocks, decode(bytes, count, ByteOrder::Little));
}

TEST_P(BlockFormatsTest, BigEndianBlocksHaveTheSameElements) {
  std::vector<PackedBlock> blocks = makeBlocks();
  std::string bytes;
  for (PackedBlock &block : blocks) {
    for (auto [offset, width] : block.words)
      std::reverse(block.bytes.begin() + offset,
                   block.bytes.begin() + offset + width);
    bytes += block.bytes;
  }
  size_t count = blocks.size() * getBlockLength(GetParam());
  expectValues(blocks, decode(bytes, count, ByteOrder::Big));
}

INSTANTIATE_TEST_SUITE_P(
    All, BlockFormatsTest,
    ::testing::Values(
        BlockEncoding::Q4_0, BlockEncoding::Q4_1, BlockEncoding::Q5_0,
        BlockEncoding::Q5_1, BlockEncoding::Q8_0, BlockEncoding::Q2_K,
        BlockEncoding::Q3_K, BlockEncoding::Q4_K, BlockEncoding::Q5_K,
        BlockEncoding::Q6_K, BlockEncoding::IQ4_NL, BlockEncoding::IQ4_XS,
        BlockEncoding::TQ1_0, BlockEncoding::TQ2_0, BlockEncoding::MXFP4));

TEST(BlockFormatsEdgeTest, AnMXFP4ScaleOfAllOnesIsNoNumber) {
  TemporaryDirectory directory;
  auto file = MappedFile::open(
      directory.write("weights", std::string(1, '\xff') + std::string(16, 0)));
  ASSERT_TRUE(file.ok());
  WeightSourceRef source = makeBlockSource(*file, 0, BlockEncoding::MXFP4, 32);
  Messages messages;
  float values[32];
  ASSERT_TRUE(succeeded(source->read(
      {reinterpret_cast<uint8_t *>(values), sizeof(values)}, messages)));
  EXPECT_TRUE(std::isnan(values[0]));
}

TEST(BlockFormatsEdgeTest, InfiniteAndNaNScalesStayWhatTheyAre) {
  TemporaryDirectory directory;
  std::string block = std::string("\x00\x7c", 2) + std::string(32, '\1');
  block += std::string("\x01\x7e", 2) + std::string(32, '\1');
  auto file = MappedFile::open(directory.write("weights", block));
  ASSERT_TRUE(file.ok());
  WeightSourceRef source = makeBlockSource(*file, 0, BlockEncoding::Q8_0, 64);
  Messages messages;
  float values[64];
  ASSERT_TRUE(succeeded(source->read(
      {reinterpret_cast<uint8_t *>(values), sizeof(values)}, messages)));
  EXPECT_TRUE(std::isinf(values[0]));
  EXPECT_TRUE(std::isnan(values[32]));
}
