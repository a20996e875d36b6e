//===- PrunedRows.cpp - The best row, by norms of blocks ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HeadBounds.h"

#include <algorithm>
#include <cmath>

namespace espresso::kernels {

/// Rows of a block: enough for a thread to read on, few enough for a bound that
/// says something.
static constexpr int64_t kBlockRows = 64;
/// Blocks of a thread between two looks at the bounds.
static constexpr int64_t kBlocksTogether = 4;

double getNormBound(std::span<const float> x) {
  double sum = 0;
  for (float value : x)
    sum += static_cast<double>(value) * value;
  // Squares of binary32 are exact in binary64; each of n additions, and the
  // root, round by 2^-53.
  return std::sqrt(sum) * (1 + static_cast<double>(x.size() + 4) * 0x1p-52);
}

ProductErrors getProductErrors(int64_t n) {
  // At most n/8 + 8 additions on the way of any element's product, and a
  // multiplication before each where they are not fused; see docs/Kernels.md.
  const double roundings = static_cast<double>(n) / 4 + 32;
  constexpr double kUnit = 0x1p-24, kLeast = 0x1p-149;
  return {roundings * kUnit / (1 - roundings * kUnit),
          (2 * static_cast<double>(n) + 64) * kLeast};
}

std::unique_ptr<PrunedRows> PrunedRows::create(const MatrixView &w,
                                               std::span<const float> bias,
                                               ThreadPool &pool,
                                               int64_t *firstBadRow) {
  std::vector<double> norms(w.rows);
  *firstBadRow = getRowNorms(w, bias, norms, pool);
  if (*firstBadRow >= 0)
    return nullptr;
  auto pruned = std::unique_ptr<PrunedRows>(new PrunedRows());
  pruned->w = w;
  pruned->bias.assign(bias.begin(), bias.end());
  for (int64_t row = 0; row < w.rows; row += kBlockRows) {
    Block block{row, 0, bias.empty() ? 0.0 : -INFINITY};
    for (int64_t r = row; r < std::min(w.rows, row + kBlockRows); ++r) {
      block.norm = std::max(block.norm, norms[r]);
      if (!bias.empty())
        block.bias = std::max(block.bias, static_cast<double>(bias[r]));
    }
    pruned->blocks.push_back(block);
  }
  for (float value : bias)
    pruned->largestBias =
        std::max(pruned->largestBias, std::abs(static_cast<double>(value)));
  // Blocks of one norm in order of their rows.
  std::stable_sort(
      pruned->blocks.begin(), pruned->blocks.end(),
      [](const Block &a, const Block &b) { return a.norm > b.norm; });
  return pruned;
}

int64_t PrunedRows::getBytes() const {
  return static_cast<int64_t>(blocks.size() * sizeof(Block) +
                              bias.size() * sizeof(float));
}

Best PrunedRows::search(std::span<const float> x, ThreadPool &pool,
                        SearchCounts &counts) const {
  ++counts.searches;
  const double norm = getNormBound(x.first(w.columns));
  const double largest = blocks.empty() ? 0 : blocks.front().norm;
  if (!(largest * norm + largestBias < kLargestProduct))
    return searchAll(w, x, bias, pool, counts);
  const ProductErrors errors = getProductErrors(w.columns);
  // At least what any row of such a norm and bias may be computed to be.
  auto getBound = [&](double rowNorm, double rowBias) {
    const double product =
        rowNorm * norm * (1 + errors.relative) + errors.absolute;
    return product + rowBias + kBiasError * (product + std::abs(rowBias));
  };
  const int64_t threads = pool.getNumThreads();
  const int64_t count = static_cast<int64_t>(blocks.size());
  const int64_t together = kBlocksTogether * threads;
  constexpr int64_t kBestFloats = sizeof(Best) / sizeof(float);
  float *memory =
      pool.getWorkspace(threads * kBlockRows + together * kBestFloats);
  Best *found = reinterpret_cast<Best *>(memory + threads * kBlockRows);
  Best best;
  for (int64_t next = 0; next < count; next += together) {
    // No block from here on has a greater norm.
    if (best.index >= 0 &&
        getBound(blocks[next].norm, largestBias) < best.value)
      break;
    const int64_t some = std::min(together, count - next);
    std::fill_n(found, some, Best());
    pool.parallelChunks(
        some, 1, [&](int64_t begin, int64_t end, unsigned thread) {
          float *logits = memory + thread * kBlockRows;
          for (int64_t i = begin; i < end; ++i) {
            const Block &block = blocks[next + i];
            if (best.index >= 0 &&
                getBound(block.norm, block.bias) < best.value)
              continue;
            const int64_t rows = std::min(kBlockRows, w.rows - block.row);
            multiplyRows(w.getRows(block.row, rows),
                         {.data = x.data(), .count = 1},
                         bias.empty() ? nullptr : bias.data() + block.row,
                         logits, 0, rows, thread);
            for (int64_t r = 0; r < rows; ++r)
              found[i].see(logits[r], block.row + r);
          }
        });
    for (int64_t i = 0; i < some; ++i)
      if (found[i].index >= 0) {
        counts.rescored += std::min(kBlockRows, w.rows - blocks[next + i].row);
        best.take(found[i]);
      }
  }
  return best;
}

} // namespace espresso::kernels
