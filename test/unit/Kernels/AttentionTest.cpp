//===- AttentionTest.cpp - Rotation and attention against plain loops -----===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Attention.h"

#include "KernelTest.h"
#include "espresso/Base/Half.h"

#include <algorithm>
#include <limits>

using namespace espresso;
using namespace espresso::kernels;

namespace {

class AttentionTest : public KernelTest {};

TEST_P(AttentionTest, RopeRotatesHalfSplitPairs) {
  for (int64_t d : {2, 8, 16, 34})
    for (int64_t s : {1, 3, 16}) {
      const int64_t heads = 3, position = 11;
      const double theta = 10000.0;
      std::vector<float> x = Noise(d + s).take(heads * d * s), y(x.size());
      std::vector<float> cosines(d / 2 * s), sines(d / 2 * s);
      ropeTable(position, s, getRopeFrequencies(d, theta), /*scale=*/1, cosines,
                sines);
      rope(x, s, d, cosines, sines, y);
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < d / 2; ++i)
          for (int64_t j = 0; j < s; ++j) {
            double angle = (position + j) * std::pow(theta, -2.0 * i / d);
            int64_t low = (h * d + i) * s + j, high = low + d / 2 * s;
            EXPECT_NEAR(y[low],
                        x[low] * std::cos(angle) - x[high] * std::sin(angle),
                        1e-6);
            EXPECT_NEAR(y[high],
                        x[high] * std::cos(angle) + x[low] * std::sin(angle),
                        1e-6);
          }
    }
}

// Of each head only the first channels turn, by given angles, and are scaled.
// A column has the bits that it has alone, wherever it lies.
TEST_P(AttentionTest, NeighboursDoNotChangeBitsOfRope) {
  constexpr int64_t heads = 3, d = 10;
  const std::vector<double> frequencies = getRopeFrequencies(d, 100.0);
  for (int64_t s : {2, 3, 7, 32}) {
    const std::vector<float> x = Noise(s).take(heads * d * s);
    std::vector<float> cosines(d / 2 * s), sines(d / 2 * s), y(x.size());
    ropeTable(5, s, frequencies, 1.5, cosines, sines);
    rope(x, s, d, cosines, sines, y);
    for (int64_t j = 0; j < s; ++j) {
      std::vector<float> column(heads * d), one(heads * d), c(d / 2), t(d / 2);
      for (int64_t i = 0; i < heads * d; ++i)
        column[i] = x[i * s + j];
      ropeTable(5 + j, 1, frequencies, 1.5, c, t);
      rope(column, 1, d, c, t, one);
      for (int64_t i = 0; i < heads * d; ++i)
        EXPECT_EQ(one[i], y[i * s + j]) << "column " << j << " of " << s;
    }
  }
}

// Columns of several texts, each over its own caches, have the bits that each
// has alone.
TEST_P(AttentionTest, TextsSideBySideHaveTheirBits) {
  constexpr int64_t heads = 4, kvHeads = 2, d = 10, rows = 600, texts = 7;
  for (int64_t window : {int64_t{1} << 40, int64_t{270}}) {
    AttentionShape shape{.heads = heads,
                         .kvHeads = kvHeads,
                         .headDim = d,
                         .columns = texts,
                         .scale = 0.3f,
                         .window = window};
    Noise noise(3);
    ThreadPool pool(3);
    const std::vector<float> q = noise.take(heads * d * texts);
    std::vector<std::vector<float>> keys, values;
    std::vector<AttentionColumn> columns;
    for (int64_t s = 0; s < texts; ++s) {
      keys.push_back(noise.take(rows * kvHeads * d));
      values.push_back(noise.take(rows * kvHeads * d));
      columns.push_back(
          {keys.back().data(), values.back().data(),
           std::vector<int64_t>{0, 1, 255, 256, 300, 512, 599}[s]});
    }
    const MatrixView form{DataType::Float32, nullptr, rows, kvHeads * d};
    std::vector<float> scratch(getAttentionScratch(shape, rows, 3));
    std::vector<float> y(q.size());
    attention(shape, q, form, form, columns, scratch, y, pool);
    for (int64_t s = 0; s < texts; ++s) {
      AttentionShape one = shape;
      one.columns = 1;
      one.position = columns[s].position;
      std::vector<float> query(heads * d), alone(heads * d);
      for (int64_t i = 0; i < heads * d; ++i)
        query[i] = q[i * texts + s];
      MatrixView k = form, v = form;
      k.data = columns[s].keys;
      v.data = columns[s].values;
      std::vector<float> own(getAttentionScratch(one, rows, 3));
      attention(one, query, k, v, own, alone, pool);
      for (int64_t i = 0; i < heads * d; ++i)
        EXPECT_EQ(alone[i], y[i * texts + s]) << "text " << s;
    }
  }
}

TEST_P(AttentionTest, RopeRotatesAPart) {
  const int64_t d = 22, s = 3, heads = 2, position = 5;
  const double scale = 1.5;
  const std::vector<double> frequencies = {1, 0.3, 0.07};
  std::vector<float> x = Noise(d + s).take(heads * d * s), y(x.size());
  std::vector<float> cosines(3 * s), sines(3 * s);
  ropeTable(position, s, frequencies, scale, cosines, sines);
  rope(x, s, d, cosines, sines, y);
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < d; ++i)
      for (int64_t j = 0; j < s; ++j) {
        const int64_t at = (h * d + i) * s + j;
        double expected = x[at];
        if (i < 6) {
          double angle = (position + j) * frequencies[i % 3];
          double other = i < 3 ? -x[at + 3 * s] : x[at - 3 * s];
          expected =
              scale * (x[at] * std::cos(angle) + other * std::sin(angle));
        }
        EXPECT_NEAR(y[at], expected, 1e-6) << i;
      }
}

struct Case {
  int64_t heads, kvHeads, headDim, columns, position;
  DataType type;
  int64_t window = std::numeric_limits<int64_t>::max();
  float softcap = 0;
};

/// Attention by definition, in binary64, over rows of floats.
double attendExactly(const Case &c, const std::vector<float> &q,
                     const std::vector<float> &k, const std::vector<float> &v,
                     int64_t h, int64_t s, int64_t i) {
  const int64_t width = c.kvHeads * c.headDim;
  const int64_t first = h / (c.heads / c.kvHeads) * c.headDim;
  std::vector<double> scores;
  const int64_t start = std::max<int64_t>(0, c.position + s + 1 - c.window);
  for (int64_t r = start; r <= c.position + s; ++r) {
    double score = 0;
    for (int64_t j = 0; j < c.headDim; ++j)
      score += static_cast<double>(q[(h * c.headDim + j) * c.columns + s]) *
               k[r * width + first + j];
    score /= std::sqrt(static_cast<double>(c.headDim));
    if (c.softcap != 0)
      score = c.softcap * std::tanh(score / c.softcap);
    scores.push_back(score);
  }
  double top = *std::max_element(scores.begin(), scores.end());
  double sum = 0, result = 0;
  for (size_t r = 0; r < scores.size(); ++r) {
    double weight = std::exp(scores[r] - top);
    sum += weight;
    result += weight * v[(start + r) * width + first + i];
  }
  return result / sum;
}

/// Fills a cache through writeRows; returns its values as floats.
std::vector<float> fill(const Case &c, int64_t rows, Noise &noise,
                        std::vector<uint8_t> &cache) {
  const int64_t width = c.kvHeads * c.headDim;
  const int64_t bytes = c.type == DataType::Float16 ? 2 : 4;
  cache.assign(rows * width * bytes, 0);
  std::vector<float> columns = noise.take(width * rows), values(rows * width);
  writeRows(columns, rows, c.type, cache.data(), 0);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < width; ++j) {
      float value = columns[j * rows + r];
      if (c.type == DataType::Float16)
        value = halfToFloat(floatToHalf(value));
      values[r * width + j] = value;
    }
  return values;
}

TEST_P(AttentionTest, AgreesWithTheDefinition) {
  ThreadPool pool(2);
  std::vector<Case> cases;
  for (DataType type : {DataType::Float16, DataType::Float32}) {
    cases.push_back({1, 1, 4, 1, 0, type});
    cases.push_back({8, 4, 8, 1, 37, type});
    cases.push_back({6, 2, 17, 1, 15, type});
    cases.push_back({4, 4, 16, 5, 3, type});
    cases.push_back({8, 2, 33, 9, 0, type});
    cases.push_back({8, 4, 8, 1, 37, type, /*window=*/5});
    cases.push_back({4, 4, 16, 5, 3, type, /*window=*/4, /*softcap=*/0.5f});
    cases.push_back({6, 2, 17, 1, 15, type, /*window=*/1});
    cases.push_back({6, 2, 17, 2, 15, type, /*window=*/99, /*softcap=*/2});
    // Beyond one block of rows, and with more heads than a tile has.
    cases.push_back({2, 2, 64, 1, 600, type});
    cases.push_back({14, 2, 48, 1, 511, type});
    cases.push_back({5, 1, 20, 3, 513, type, /*window=*/300});
    // Many columns.
    cases.push_back({4, 2, 64, 33, 0, type});
    cases.push_back({3, 3, 17, 70, 5, type});
    cases.push_back({8, 2, 32, 40, 200, type, /*window=*/50, /*softcap=*/1});
    cases.push_back({2, 2, 8, 130, 1, type, /*window=*/3});
  }
  for (const Case &c : cases) {
    Noise noise(c.heads + c.headDim);
    const int64_t rows = c.position + c.columns;
    std::vector<uint8_t> kCache, vCache;
    std::vector<float> k = fill(c, rows, noise, kCache);
    std::vector<float> v = fill(c, rows, noise, vCache);
    std::vector<float> q = noise.take(c.heads * c.headDim * c.columns);
    AttentionShape shape{c.heads,   c.kvHeads,  c.headDim,
                         c.columns, c.position, 1 / std::sqrt(float(c.headDim)),
                         c.softcap, c.window};
    std::vector<float> scratch(getAttentionScratch(shape, rows, 2));
    std::vector<float> y(q.size());
    const int64_t width = c.kvHeads * c.headDim;
    attention(shape, q, {c.type, kCache.data(), rows, width},
              {c.type, vCache.data(), rows, width}, scratch, y, pool);
    for (int64_t h = 0; h < c.heads; ++h)
      for (int64_t s = 0; s < c.columns; ++s)
        for (int64_t i = 0; i < c.headDim; ++i)
          ASSERT_NEAR(y[(h * c.headDim + i) * c.columns + s],
                      attendExactly(c, q, k, v, h, s, i), 3e-6);
  }
}

/// What attention() makes of a case.
std::vector<float> run(const Case &c, const std::vector<uint8_t> &kCache,
                       const std::vector<uint8_t> &vCache,
                       const std::vector<float> &q, unsigned threads) {
  ThreadPool pool(threads);
  const int64_t rows = c.position + c.columns, width = c.kvHeads * c.headDim;
  AttentionShape shape{c.heads,   c.kvHeads,  c.headDim,
                       c.columns, c.position, 1 / std::sqrt(float(c.headDim)),
                       c.softcap, c.window};
  std::vector<float> scratch(getAttentionScratch(shape, rows, threads));
  std::vector<float> y(q.size());
  attention(shape, q, {c.type, kCache.data(), rows, width},
            {c.type, vCache.data(), rows, width}, scratch, y, pool);
  return y;
}

// A column has the same bits alone as among others, with one thread and with
// several, however many blocks of rows it sees.
TEST_P(AttentionTest, NeitherColumnsNorThreadsChangeBits) {
  for (Case c : {Case{6, 2, 64, 5, 1000, DataType::Float16},
                 Case{3, 3, 40, 32, 240, DataType::Float32},
                 Case{4, 1, 64, 2, 255, DataType::Float16, /*window=*/100}}) {
    Noise noise(c.position);
    std::vector<uint8_t> kCache, vCache;
    const int64_t count = c.columns, channels = c.heads * c.headDim;
    const int64_t first = c.position;
    fill(c, first + count, noise, kCache);
    fill(c, first + count, noise, vCache);
    const std::vector<float> q = noise.take(channels * count);
    const std::vector<float> all = run(c, kCache, vCache, q, 1);
    EXPECT_EQ(all, run(c, kCache, vCache, q, 3));
    c.columns = 1;
    for (int64_t s = 0; s < count; ++s) {
      std::vector<float> column(channels), among(channels);
      for (int64_t i = 0; i < channels; ++i) {
        column[i] = q[i * count + s];
        among[i] = all[i * count + s];
      }
      c.position = first + s;
      ASSERT_EQ(among, run(c, kCache, vCache, column, 1)) << s;
      ASSERT_EQ(among, run(c, kCache, vCache, column, 4)) << s;
    }
  }
}

// Many columns, too, are the same with any number of threads.
TEST_P(AttentionTest, ThreadsDoNotChangeManyColumns) {
  const Case c{4, 2, 64, 100, 30, DataType::Float16};
  Noise noise(4);
  std::vector<uint8_t> kCache, vCache;
  fill(c, c.position + c.columns, noise, kCache);
  fill(c, c.position + c.columns, noise, vCache);
  const std::vector<float> q = noise.take(c.heads * c.headDim * c.columns);
  EXPECT_EQ(run(c, kCache, vCache, q, 1), run(c, kCache, vCache, q, 3));
}

// Scratch memory for a shape does for fewer columns and rows, too.
TEST_P(AttentionTest, ScratchIsEnoughForLess) {
  for (int64_t headDim : {16, 64, 200})
    for (int64_t most : {1, 2, 32, 33, 512})
      for (int64_t columns : {1, 2, 32, 33, 512}) {
        if (columns > most)
          continue;
        const int64_t enough = getAttentionScratch(
            {.heads = 8, .kvHeads = 2, .headDim = headDim, .columns = most},
            2000, 3);
        EXPECT_GE(enough, getAttentionScratch({.heads = 8,
                                               .kvHeads = 2,
                                               .headDim = headDim,
                                               .columns = columns},
                                              1999, 3));
      }
}

// What later rows of the cache hold, be it no number, changes nothing.
TEST_P(AttentionTest, RowsThatAreNotSeenDoNotMatter) {
  Case c{2, 1, 16, 3, 4, DataType::Float32};
  Noise noise(8);
  std::vector<uint8_t> kCache, vCache;
  fill(c, 7, noise, kCache);
  fill(c, 7, noise, vCache);
  const std::vector<float> q = noise.take(2 * 16 * 3);
  const std::vector<float> before = run(c, kCache, vCache, q, 1);
  float *last = reinterpret_cast<float *>(vCache.data()) + 6 * 16;
  std::fill_n(last, 16, std::numeric_limits<float>::infinity());
  const std::vector<float> after = run(c, kCache, vCache, q, 1);
  for (size_t i = 0; i < before.size(); ++i)
    if (i % 3 != 2) {
      EXPECT_EQ(before[i], after[i]);
    }
}

// Scores of minus infinity in one block leave the others as they are.
TEST_P(AttentionTest, BlockWithoutWeightCountsForNothing) {
  const Case c{1, 1, 16, 1, 300, DataType::Float32};
  std::vector<uint8_t> kCache, vCache;
  Noise noise(9);
  fill(c, 301, noise, kCache);
  fill(c, 301, noise, vCache);
  float *keys = reinterpret_cast<float *>(kCache.data());
  for (int64_t r = 0; r < 256; ++r)
    keys[r * 16] = -std::numeric_limits<float>::infinity();
  std::vector<float> q = noise.take(16);
  q[0] = 1;
  for (float y : run(c, kCache, vCache, q, 1))
    EXPECT_TRUE(std::isfinite(y));
}

// Rows before the first are none, and the last tap is the column's own.
TEST(ShortConvolution, SumsTheRowsBefore) {
  const std::vector<float> cache = {1, 10, 2, 20, 3, 30, 4, 40}; // [4, 2]
  const std::vector<float> taps = {100, 10, 1, 0, 0.5f, 2};      // [2, 3]
  const std::vector<float> bias = {0.25f, 0};
  const MatrixView rows = {DataType::Float32, cache.data(), 4, 2};
  const MatrixView weight = {DataType::Float32, taps.data(), 2, 3};
  std::vector<float> y(2 * 2);
  shortConvolution(rows, 0, 2, weight, bias, y);
  EXPECT_EQ(y, (std::vector<float>{1.25f, 12.25f, 20, 45}));
  shortConvolution(rows, 2, 2, weight, {}, y);
  EXPECT_EQ(y, (std::vector<float>{123, 234, 70, 95}));
}

TEST(WriteRows, LeavesOtherRowsAlone) {
  std::vector<float> cache(4 * 3, 9.0f);
  std::vector<float> x = {1, 2, 3, 4, 5, 6}; // [3 channels, 2 columns]
  writeRows(x, 2, DataType::Float32, cache.data(), 1);
  EXPECT_EQ(cache, (std::vector<float>{9, 9, 9, 1, 3, 5, 2, 4, 6, 9, 9, 9}));
}

INSTANTIATE_TEST_SUITE_P(Targets, AttentionTest, kTargets, getTargetName);

} // namespace
