//===- Workload.h - What a token costs at least -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_WORKLOAD_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_WORKLOAD_H

#include "espresso/Kernels/MatMul.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace espresso::runtime::bench {

/// What a model must read and compute, from the plan of its bundle: weights of
/// which every token takes all, rows of caches, multiplications. Norms, biases
/// added to sums, rotations and activations are not counted as arithmetic.
class Workload {
public:
  /// Of the function `decode`. Errors: InvalidArgument if there is none. The
  /// bundle must outlive what is returned.
  [[nodiscard]] static absl::StatusOr<Workload> create(const Bundle &bundle);

  /// The weights a step reads, each once, in the mapped files. Tables of which
  /// a column takes one row are not among them.
  std::span<const std::span<const uint8_t>> getWeights() const {
    return weights;
  }
  uint64_t getWeightBytes() const { return weightBytes; }

  /// Matrices that every column is multiplied by, without those of the head.
  std::span<const kernels::MatrixView> getProducts() const { return products; }
  /// Multiplications and additions of these for one column.
  double getProductFlops() const { return productFlops; }
  /// The same of the matrices that make the logits.
  double getHeadFlops() const { return headFlops; }

  /// Bytes of the caches that the column at `position` reads, its own row
  /// included.
  uint64_t getCacheBytes(int64_t position) const;
  /// Multiplications and additions of attention for the column at `position`.
  double getAttentionFlops(int64_t position) const;

private:
  /// Rows of caches that one step reads.
  struct CacheRead {
    uint64_t rowBytes = 0;
    double rowFlops = 0;
    int64_t window = 0; ///< rows at most; 0: all up to the position
    int64_t fixed = 0;  ///< rows whatever the position; 0: as many as there are
    int64_t getRows(int64_t position) const;
  };
  class Collector;

  std::vector<std::span<const uint8_t>> weights;
  uint64_t weightBytes = 0;
  std::vector<kernels::MatrixView> products;
  double productFlops = 0;
  double headFlops = 0;
  std::vector<CacheRead> cacheReads;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_WORKLOAD_H
