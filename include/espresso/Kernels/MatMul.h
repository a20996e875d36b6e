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

  /// The `count` rows from `first` on.
  [[nodiscard]] MatrixView getRows(int64_t first, int64_t count) const {
    const int64_t width = type == DataType::Float32 ? 4 : 2;
    return {type,
            static_cast<const unsigned char *>(data) + first * columns * width,
            count, columns};
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

/// out[columns, rows] = in[rows, columns] transposed.
void transpose(std::span<const float> in, int64_t rows, int64_t columns,
               std::span<float> out);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_MATMUL_H
