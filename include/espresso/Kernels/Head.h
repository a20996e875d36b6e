//===- Head.h - The best row of a matrix, without all logits ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_HEAD_H
#define ESPRESSO_KERNELS_HEAD_H

#include "espresso/Kernels/MatMul.h"

#include "absl/functional/function_ref.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace espresso::kernels {

/// The largest of some numbers; the first of equals. NaN is never taken.
struct Best {
  int64_t index = -1; ///< -1: there was no number
  float value = 0;

  /// Looks at one more number, whose index is greater than all before.
  void see(float other, int64_t at) {
    if (other > value || (index < 0 && other == other)) {
      value = other;
      index = at;
    }
  }
  /// Looks at the best of others, wherever they are.
  void take(const Best &other) {
    if (other.index >= 0 && (index < 0 || other.value > value ||
                             (other.value == value && other.index < index)))
      *this = other;
  }
};

/// What is done to logits before they are compared; called from any thread with
/// some of them.
using FinishLogits = absl::FunctionRef<void(std::span<float>)>;

/// The best row for each of s columns: of y = matMul(w, x, s, bias), bit by bit
/// the same numbers, finished. y is never in memory as a whole. `bests` has s
/// elements. Uses the workspace of the pool.
void matMulArgMax(const MatrixView &w, std::span<const float> x, int64_t s,
                  std::span<const float> bias, FinishLogits finish,
                  std::span<Best> bests, ThreadPool &pool);

/// What a search for the best row took.
struct SearchCounts {
  int64_t searches = 0;
  int64_t rescored = 0; ///< rows of w that were multiplied
  /// Searches that multiplied all of them: the bounds said nothing.
  int64_t full = 0;
};

/// A copy of a matrix in int8 with which most rows can be shown not to be the
/// best (docs/Kernels.md). Immutable; any number of threads may search.
class ScreenedRows {
public:
  /// Copies `w` (fp16, bf16 or fp32), which must outlive the copy, with every
  /// thread of the pool. Nothing if an element of w or of `bias` [rows] (or
  /// empty) is not finite; then `firstBadRow` is the row it is in, and -1
  /// otherwise: there is no memory, or rows are longer than 2^22.
  [[nodiscard]] static std::unique_ptr<ScreenedRows>
  create(const MatrixView &w, std::span<const float> bias, ThreadPool &pool,
         int64_t *firstBadRow);

  /// The result of matMulArgMax() of one column without `finish`, bit by bit.
  [[nodiscard]] Best search(std::span<const float> x, ThreadPool &pool,
                            SearchCounts &counts) const;

  /// Bytes of the copy.
  [[nodiscard]] int64_t getBytes() const;

private:
  struct Free {
    void operator()(int8_t *memory) const;
  };
  ScreenedRows() = default;
  /// False if an element is not finite. `steps` is at least the norm of the
  /// copied row in units of its scale.
  bool copyRow(int64_t row, float &steps);

  MatrixView w;
  std::vector<float> bias;
  int64_t stride = 0; ///< elements of a row of `rows`, zero beyond columns
  std::unique_ptr<int8_t, Free> rows;
  /// Row r is about scales[r] * rows[r], whose norm is at most norms[r]; the
  /// norm of what is missing is at most errors[r].
  std::vector<float> scales, norms, errors;
  double largestNorm = 0; ///< of the rows of w
  double mostSteps = 0;   ///< largest norm of a row of `rows`
  double largestBias = 0; ///< by magnitude
};

/// Blocks of rows in descending order of their norms: those whose bound is
/// below what was found need not be looked at. Immutable, as above.
class PrunedRows {
public:
  /// As ScreenedRows::create().
  [[nodiscard]] static std::unique_ptr<PrunedRows>
  create(const MatrixView &w, std::span<const float> bias, ThreadPool &pool,
         int64_t *firstBadRow);

  /// As ScreenedRows::search().
  [[nodiscard]] Best search(std::span<const float> x, ThreadPool &pool,
                            SearchCounts &counts) const;

  [[nodiscard]] int64_t getBytes() const;

private:
  PrunedRows() = default;

  struct Block {
    int64_t row = 0;
    double norm = 0; ///< at least that of every row
    double bias = 0; ///< at least that of every row
  };
  MatrixView w;
  std::vector<float> bias;
  std::vector<Block> blocks; ///< descending by norm
  double largestBias = 0;    ///< of all, by magnitude
};

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_HEAD_H
