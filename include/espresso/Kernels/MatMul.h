//===- MatMul.h - Products of matrices and vectors --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_MATMUL_H
#define ESPRESSO_KERNELS_MATMUL_H

#include "espresso/Base/DataType.h"
#include "espresso/Kernels/ThreadPool.h"

#include <cstdint>
#include <span>

namespace espresso::kernels {

/// A row-major matrix [rows, columns] of fp16, bf16 or fp32 elements, not
/// owned.
struct MatrixView {
  DataType type = DataType::Float32;
  const void *data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;

  [[nodiscard]] int64_t getElementBytes() const {
    return type == DataType::Float32 ? 4 : 2;
  }
  [[nodiscard]] int64_t getRowBytes() const {
    return columns * getElementBytes();
  }
  /// Where element `index` of all is.
  [[nodiscard]] const void *getElement(int64_t index) const {
    return static_cast<const unsigned char *>(data) + index * getElementBytes();
  }
  /// The `count` rows from `first` on.
  [[nodiscard]] MatrixView getRows(int64_t first, int64_t count) const {
    return {type, getElement(first * columns), count, columns};
  }
};

/// Up to so many columns, each column of a product has the same bits whatever
/// the number of columns: streams may join and leave, and drafts be verified
/// together, without changing a token.
inline constexpr int64_t kMaxFewColumns = 32;

/// y[O, S] = W[O, I] x[I, S] (+ b[O]), all row-major, accumulated in fp32.
/// S = 1 reads W once, one sequential stream of rows for each thread; up to
/// kMaxFewColumns reads it once, too. `bias` may be empty. `y` must not overlap
/// the inputs. The order of summation does not depend on the number of threads.
/// Uses the workspace of the pool.
void matMul(const MatrixView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool);

/// Columns of x as products read them, made once for several matrices; valid
/// until the workspace of the pool is asked for again.
struct PreparedColumns {
  const float *data = nullptr;
  int64_t count = 0;
  float *blocks = nullptr; ///< room for each thread
  int64_t blockSize = 0;
  float *extra = nullptr; ///< what else was asked for
};

/// Prepares x [depth, S]. Uses the workspace of the pool, and `extra` floats
/// more of it for the caller.
[[nodiscard]] PreparedColumns prepareColumns(std::span<const float> x,
                                             int64_t depth, int64_t s,
                                             ThreadPool &pool,
                                             int64_t extra = 0);

/// Rows [begin, end) of y [O, S] = W x (+ b), as matMul() makes them, to be
/// called for disjoint rows by the threads of a pool. `bias` may be null.
void multiplyRows(const MatrixView &w, const PreparedColumns &x,
                  const float *bias, float *y, int64_t begin, int64_t end,
                  unsigned thread);

/// Rows a thread should take at once of `rows` rows like those of `w`, for
/// ThreadPool::parallelChunks().
[[nodiscard]] int64_t getChunkRows(int64_t rows, const MatrixView &w, int64_t s,
                                   const ThreadPool &pool);

/// out[columns, rows] = in[rows, columns] transposed.
void transpose(std::span<const float> in, int64_t rows, int64_t columns,
               std::span<float> out);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_MATMUL_H
