//===- Reduce.h - Sums, norms, softmax and arg-max --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_REDUCE_H
#define ESPRESSO_KERNELS_REDUCE_H

#include <cstdint>
#include <span>

namespace espresso::kernels {

/// A row-major tensor [outer, count, inner] seen along its middle axis.
struct AxisShape {
  int64_t outer = 1;
  int64_t count = 1;
  int64_t inner = 1;
  int64_t size() const { return outer * count * inner; }
};

enum class ReduceOp : uint8_t { Sum, Mean, Max, Min, SumSquare };

/// out[outer, inner] = op over the middle axis, accumulated in fp32.
void reduce(ReduceOp op, std::span<const float> x, const AxisShape &shape,
            std::span<float> out);

/// Normalised exponentials along the middle axis. `out` may be `x`.
void softmax(std::span<const float> x, const AxisShape &shape,
             std::span<float> out);

/// x * (sum x^2 / count + epsilon)^-1/2 * weight[count]. `out` may be `x`.
void rmsNorm(std::span<const float> x, const AxisShape &shape,
             std::span<const float> weight, float epsilon,
             std::span<float> out);

/// (x - mean) * (variance + epsilon)^-1/2 * gamma[count] + beta[count]; gamma
/// and beta may be empty. `out` may be `x`.
void layerNorm(std::span<const float> x, const AxisShape &shape,
               std::span<const float> gamma, std::span<const float> beta,
               float epsilon, std::span<float> out);

/// The index of the largest element; the first of several; NaN never wins.
/// -1 if there is none.
[[nodiscard]] int64_t argMax(std::span<const float> x);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_REDUCE_H
