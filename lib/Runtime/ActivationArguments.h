//===- ActivationArguments.h - Arguments of composites -------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H
#define ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H

#include "StepContext.h"
#include "espresso/Base/Half.h"

namespace espresso::runtime {

/// Activations [1, C, 1, S].
struct Columns {
  Tensor tensor;
  int64_t channels = 0, count = 0;
};
absl::StatusOr<Columns> getColumns(StepContext &context, std::string_view name);

/// A matrix [rows, columns]; sizes of -1 fit anything.
absl::StatusOr<Matrix> getMatrix(StepContext &context, std::string_view name,
                                 int64_t rows, int64_t columns);

absl::StatusOr<Tensor> getColumnsResult(StepContext &context, int64_t channels,
                                        int64_t count);

/// A vector of `count` floats; an absent one has no type if that is allowed.
absl::StatusOr<Tensor> getVector(StepContext &context, std::string_view name,
                                 int64_t count, bool optional);

/// Nothing for a tensor without type.
std::span<const float> getFloatsOrEmpty(const Tensor &tensor,
                                        const Frame &frame);

[[nodiscard]] inline float getElement(const kernels::MatrixView &view,
                                      int64_t row, int64_t column) {
  const int64_t at = row * view.columns + column;
  if (view.type == DataType::Float16)
    return espresso::halfToFloat(static_cast<const uint16_t *>(view.data)[at]);
  return static_cast<const float *>(view.data)[at];
}

/// What a head does with the products of its matrix: `scale`, then `softcap`.
struct LogitOptions {
  float scale = 1;
  float softcap = 0; ///< c > 0: a logit x becomes c tanh(x / c)

  void apply(std::span<float> logits) const;
};
absl::StatusOr<LogitOptions> getLogitOptions(StepContext &context);

/// The attribute `head_dim`.
absl::StatusOr<int64_t> getHeadDim(StepContext &context);

/// The operand `position` of an operation on columns: one number, that of the
/// first of columns that follow each other in one text, or one for each.
struct Positions {
  Tensor tensor;
  int64_t columns = 0;

  int64_t get(const Frame &frame, int64_t column) const {
    const int32_t *data = tensor.get<int32_t>(frame);
    return tensor.getCount() == 1 ? data[0] + column : data[column];
  }
  /// Whether all columns follow each other in one text.
  bool areConsecutive(const Frame &frame) const;
  /// OutOfRange unless all are within `rows` of what `owner` calls itself, as
  /// in "a cache".
  absl::Status check(int64_t rows, std::string_view owner,
                     const Frame &frame) const;
};
absl::StatusOr<Positions> getPositions(StepContext &context, int64_t columns);

/// Copies column `s` of rows of `count` elements, and back.
void loadColumn(std::span<const float> rows, int64_t count, int64_t s,
                std::span<float> column);
void storeColumn(std::span<const float> column, int64_t count, int64_t s,
                 std::span<float> rows);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H
