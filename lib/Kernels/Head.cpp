//===- Head.cpp - The best row of a matrix --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Kernels/Head.h"

#include "HeadBounds.h"

#include <algorithm>
#include <cassert>

namespace espresso::kernels {

/// Logits that a thread has in memory at once, and the least rows it takes.
static constexpr int64_t kLogitsTogether = 3072, kLeastRows = 96;

/// The best of up to kMaxFewColumns columns.
static void chooseFew(const MatrixView &w, std::span<const float> x, int64_t s,
                      std::span<const float> bias, FinishLogits finish,
                      std::span<Best> bests, ThreadPool &pool) {
  const int64_t threads = pool.getNumThreads();
  const int64_t height = std::max(kLogitsTogether / s, kLeastRows);
  constexpr int64_t kBestFloats = sizeof(Best) / sizeof(float);
  const PreparedColumns columns = prepareColumns(
      x, w.columns, s, pool, threads * s * (kBestFloats + height));
  Best *found = reinterpret_cast<Best *>(columns.extra);
  float *logits = columns.extra + threads * s * kBestFloats;
  std::fill_n(found, threads * s, Best());
  pool.parallelChunks(
      w.rows, height, [&](int64_t begin, int64_t end, unsigned thread) {
        Best *best = found + thread * s;
        float *tile = logits + thread * height * s;
        const int64_t rows = end - begin;
        multiplyRows(w.getRows(begin, rows), columns,
                     bias.empty() ? nullptr : bias.data() + begin, tile, 0,
                     rows, thread);
        finish({tile, static_cast<size_t>(rows * s)});
        for (int64_t c = 0; c < s; ++c) {
          Best ofTile;
          for (int64_t r = 0; r < rows; ++r)
            ofTile.see(tile[r * s + c], begin + r);
          best[c].take(ofTile);
        }
      });
  for (int64_t c = 0; c < s; ++c) {
    bests[c] = Best();
    for (int64_t thread = 0; thread < threads; ++thread)
      bests[c].take(found[thread * s + c]);
  }
}

void matMulArgMax(const MatrixView &w, std::span<const float> x, int64_t s,
                  std::span<const float> bias, FinishLogits finish,
                  std::span<Best> bests, ThreadPool &pool) {
  assert(static_cast<int64_t>(x.size()) >= w.columns * s);
  assert(bias.empty() || static_cast<int64_t>(bias.size()) == w.rows);
  if (s <= kMaxFewColumns)
    return chooseFew(w, x, s, bias, finish, bests, pool);
  // Nobody decodes so many at a time: what this allocates does not matter.
  std::vector<float> some(w.columns * kMaxFewColumns);
  for (int64_t first = 0; first < s; first += kMaxFewColumns) {
    const int64_t count = std::min(kMaxFewColumns, s - first);
    for (int64_t i = 0; i < w.columns; ++i)
      std::copy_n(x.data() + i * s + first, count, some.data() + i * count);
    chooseFew(w, some, count, bias, finish, bests.subspan(first, count), pool);
  }
}

Best searchAll(const MatrixView &w, std::span<const float> x,
               std::span<const float> bias, ThreadPool &pool,
               SearchCounts &counts) {
  ++counts.full;
  counts.rescored += w.rows;
  Best best;
  matMulArgMax(
      w, x, 1, bias, [](std::span<float>) {}, {&best, 1}, pool);
  return best;
}

} // namespace espresso::kernels
