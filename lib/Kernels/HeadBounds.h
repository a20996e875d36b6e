//===- HeadBounds.h - How far computed products may be off ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_KERNELS_HEADBOUNDS_H
#define ESPRESSO_LIB_KERNELS_HEADBOUNDS_H

#include "espresso/Kernels/Head.h"

#include <cstdint>
#include <span>

namespace espresso::kernels {

/// What is known of a row of weights and its copy q in int8, in units of the
/// scale: the squares of q, and of what is missing, summed in fp32.
struct RowSums {
  float copied = 0, missing = 0;
};

/// At least the norm of x.
[[nodiscard]] double getNormBound(std::span<const float> x);

/// A product w x of n elements that matMul() computes is off by at most
/// `relative` |w| |x| + `absolute`, in norms, unless it overflows.
struct ProductErrors {
  double relative, absolute;
};
[[nodiscard]] ProductErrors getProductErrors(int64_t n);

/// Adding a bias rounds once more, by at most this part of the result.
inline constexpr double kBiasError = 0x1p-23;

/// Products whose norms multiply to less, bias included, do not overflow.
inline constexpr double kLargestProduct = 0x1p126;

/// The norm of each row of w, rounded up, computed with every thread. Returns
/// the first row that has an element, or a bias, that is not finite, or -1.
[[nodiscard]] int64_t getRowNorms(const MatrixView &w,
                                  std::span<const float> bias,
                                  std::span<double> norms, ThreadPool &pool);

/// What the full product chooses; for when bounds say nothing.
[[nodiscard]] Best searchAll(const MatrixView &w, std::span<const float> x,
                             std::span<const float> bias, ThreadPool &pool,
                             SearchCounts &counts);

} // namespace espresso::kernels

#endif // ESPRESSO_LIB_KERNELS_HEADBOUNDS_H
