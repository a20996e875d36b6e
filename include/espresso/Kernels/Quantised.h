//===- Quantised.h - Products of weights of 8 and 4 bits --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_QUANTISED_H
#define ESPRESSO_KERNELS_QUANTISED_H

#include "espresso/Kernels/MatMul.h"

#include <cstdint>
#include <span>
#include <vector>

namespace espresso::kernels {

enum class QuantisedFormat : uint8_t {
  Int8, ///< int8 elements; one fp32 scale for each row
  Int4, ///< groups of 32 elements in 16 bytes; one fp16 scale for each group
};

/// Elements of a group that share a scale; rows of Int4 are made of whole ones.
/// Byte j of a group holds element j in its lower half and element j + 16 in
/// the upper one, each as a number n from 0 to 15 that stands for n - 8.
inline constexpr int64_t kGroupSize = 32;

/// A row-major matrix [rows, columns] in such a format, not owned. An element
/// is its number times its scale.
struct QuantisedView {
  QuantisedFormat format = QuantisedFormat::Int8;
  const uint8_t *data = nullptr;
  /// float [rows], or uint16_t (fp16) [rows, columns / kGroupSize].
  const void *scales = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;

  [[nodiscard]] int64_t getRowBytes() const {
    return format == QuantisedFormat::Int8 ? columns : columns / 2;
  }
};

/// The same, owned.
struct QuantisedMatrix {
  QuantisedFormat format = QuantisedFormat::Int8;
  int64_t rows = 0, columns = 0;
  std::vector<uint8_t> data;
  std::vector<float> rowScales;
  std::vector<uint16_t> groupScales;

  [[nodiscard]] QuantisedView getView() const;
};

/// Rounds `w` [rows, columns], fp32 and finite, to the format: the largest
/// magnitude of a row becomes 127; that of a group becomes -8, rounded scales
/// included.
[[nodiscard]] QuantisedMatrix quantise(std::span<const float> w, int64_t rows,
                                       int64_t columns, QuantisedFormat format);

/// y[O, S] = W x (+ b), as the matMul() of other weights: numbers are widened
/// to fp32 exactly, and so are those of Int4 times their scales; each sum goes
/// in the same order, and is multiplied by the scale of an Int8 row at last.
void matMul(const QuantisedView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_QUANTISED_H
