//===- Attention.h - Rotary positions and attention -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_ATTENTION_H
#define ESPRESSO_KERNELS_ATTENTION_H

#include "espresso/Kernels/MatMul.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace espresso::kernels {

/// theta^(-2i/rotaryDim) for each pair i of the channels that are rotated.
[[nodiscard]] std::vector<double> getRopeFrequencies(int64_t rotaryDim,
                                                     double theta);

/// Fills `cosines` and `sines`, [frequencies, s] each, with `scale` times those
/// of the angles p frequencies[i] for p = position ... position + s - 1,
/// computed in binary64.
void ropeTable(int64_t position, int64_t s, std::span<const double> frequencies,
               double scale, std::span<float> cosines, std::span<float> sines);

/// Rotates the first r channels of every head of x [heads * headDim, s] by
/// half-split pairs, r / 2 = rows of `cosines`: out[i] = x[i] cos - x[i + r/2]
/// sin; out[i + r/2] = x[i + r/2] cos + x[i] sin. The rest of a head stays.
/// `out` may be `x`.
void rope(std::span<const float> x, int64_t s, int64_t headDim,
          std::span<const float> cosines, std::span<const float> sines,
          std::span<float> out);

/// Writes column j of x [C, s] to row `row + j` of `cache` [P, C], rounding to
/// its type (fp16 or fp32).
void writeRows(std::span<const float> x, int64_t s, DataType type, void *cache,
               int64_t row);

struct AttentionShape {
  int64_t heads = 0;   ///< H, of the queries
  int64_t kvHeads = 0; ///< G, divides H; query head h reads h / (H/G)
  int64_t headDim = 0; ///< d
  int64_t columns = 0; ///< S
  int64_t position = 0;
  float scale = 1;
  float softcap = 0; ///< c > 0: a score x becomes c tanh(x / c)
  /// Rows a column sees, its own being the last.
  int64_t window = std::numeric_limits<int64_t>::max();
};

/// Floats of scratch memory `attention` needs when the cache has `rows` rows,
/// for as many columns as the shape has or fewer. Saturates at INT64_MAX.
[[nodiscard]] int64_t getAttentionScratch(const AttentionShape &shape,
                                          int64_t rows, unsigned threads);

/// y [H d, S] = attention of q [H d, S] over the rows of the caches [P, G d]
/// (fp16 or fp32): column s sees those of the rows 0 ... position + s, which
/// must exist, that are in the window.
/// Scores, weights and sums are fp32.
void attention(const AttentionShape &shape, std::span<const float> q,
               const MatrixView &keys, const MatrixView &values,
               std::span<float> scratch, std::span<float> y, ThreadPool &pool);

/// A column of a text of its own: rows 0 ... position of caches of keys and
/// values, of which it sees those in the window.
struct AttentionColumn {
  const void *keys = nullptr, *values = nullptr;
  int64_t position = 0;
};

/// The same for columns of several texts, up to kMaxFewColumns of them, with a
/// cache and a position each: `shape.position` means nothing, `keys` and
/// `values` have the form of all caches and no data. A column has the bits that
/// it has alone.
void attention(const AttentionShape &shape, std::span<const float> q,
               const MatrixView &keys, const MatrixView &values,
               std::span<const AttentionColumn> columns,
               std::span<float> scratch, std::span<float> y, ThreadPool &pool);

/// y [C, s] = sums of the rows of `cache` [P, C] (fp16 or fp32) times the taps
/// of `weight` [C, L] (fp16 or fp32), channel by channel: the last tap is for
/// row position + s, those before it for the rows before, of which there are
/// none before the first. `bias` [C] may be empty.
void shortConvolution(const MatrixView &cache, int64_t position, int64_t s,
                      const MatrixView &weight, std::span<const float> bias,
                      std::span<float> y);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_ATTENTION_H
