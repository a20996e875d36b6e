//===- ActivationArguments.cpp - Arguments of composites ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "espresso/Kernels/Elementwise.h"

namespace espresso::runtime {

absl::StatusOr<Columns> getColumns(StepContext &context,
                                   std::string_view name) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats(name));
  const Shape &shape = x.getShape();
  if (shape.size() != 4 || shape[0] != 1 || shape[2] != 1)
    return context.error("operand '", std::string(name), "' has the shape ",
                         toString(shape), ", expected [1, C, 1, S]");
  return Columns{x, shape[1], shape[3]};
}

absl::StatusOr<Matrix> getMatrix(StepContext &context, std::string_view name,
                                 int64_t rows, int64_t columns) {
  ESPRESSO_ASSIGN_OR_RETURN(Matrix matrix, context.matrix(name));
  const Shape &shape = matrix.getShape();
  if (shape.size() != 2 || (rows != -1 && shape[0] != rows) ||
      (columns != -1 && shape[1] != columns))
    return context.error("operand '", std::string(name), "' has the shape ",
                         toString(shape), ", expected ",
                         toString(Shape{rows, columns}));
  return matrix;
}

std::span<const float> getFloatsOrEmpty(const Tensor &tensor,
                                        const Frame &frame) {
  return tensor.type ? tensor.floats(frame) : std::span<const float>();
}

absl::StatusOr<Tensor> getColumnsResult(StepContext &context, int64_t channels,
                                        int64_t count) {
  return context.result(Memory::Float, {1, channels, 1, count});
}

absl::StatusOr<Tensor> getVector(StepContext &context, std::string_view name,
                                 int64_t count, bool optional) {
  if (optional && !context.has(name))
    return Tensor();
  ESPRESSO_ASSIGN_OR_RETURN(Tensor vector, context.floats(name));
  if (vector.getCount() != count)
    return context.error("operand '", std::string(name), "' has the shape ",
                         toString(vector.getShape()), ", expected [", count,
                         "]");
  return vector;
}

void LogitOptions::apply(std::span<float> logits) const {
  const float factor = softcap == 0 ? scale : scale / softcap;
  if (factor != 1)
    kernels::binary(kernels::BinaryOp::Mul, logits, {&factor, 1}, logits);
  if (softcap == 0)
    return;
  kernels::unary(kernels::UnaryOp::Tanh, logits, 0, logits);
  kernels::binary(kernels::BinaryOp::Mul, logits, {&softcap, 1}, logits);
}

absl::StatusOr<LogitOptions> getLogitOptions(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(double scale, context.real("scale", 1.0));
  ESPRESSO_ASSIGN_OR_RETURN(double softcap, context.real("softcap", 0.0));
  if (!(softcap >= 0))
    return context.error("softcap is ", softcap);
  return LogitOptions{static_cast<float>(scale), static_cast<float>(softcap)};
}

/// Largest head size, a guard against sums that overflow.
static constexpr int64_t kMaxHeadDim = 1 << 20;

absl::StatusOr<int64_t> getHeadDim(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, context.integer("head_dim"));
  if (d <= 0 || d > kMaxHeadDim)
    return context.error("head_dim is ", d);
  return d;
}

absl::StatusOr<Positions> getPositions(StepContext &context, int64_t columns) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position,
                            context.tensor("position", Memory::Int));
  if (position.getCount() != 1 && position.getCount() != columns)
    return context.error(
        "operand 'position' has the shape ", toString(position.getShape()),
        ", expected [1] or one for each of ", columns, " columns");
  return Positions{position, columns};
}

bool Positions::areConsecutive(const Frame &frame) const {
  for (int64_t s = 1; s < columns; ++s) {
    if (get(frame, s) != get(frame, 0) + s)
      return false;
    if (!frame.columnStates.empty() &&
        frame.columnStates[s] != frame.columnStates[0])
      return false;
  }
  return true;
}

absl::Status Positions::check(int64_t rows, std::string_view owner,
                              const Frame &frame) const {
  if (tensor.getCount() != 1) {
    for (int64_t s = 0; s < columns; ++s)
      if (const int64_t at = get(frame, s); at < 0 || at >= rows)
        return absl::OutOfRangeError(absl::StrCat(
            "position ", at, " of ", std::string(owner), " of ", rows));
    return absl::OkStatus();
  }
  const int64_t at = get(frame, 0);
  if (at < 0 || columns > rows || at > rows - columns)
    return absl::OutOfRangeError(
        absl::StrCat("positions ", at, " to ", at + columns - 1, " of ",
                     std::string(owner), " of ", rows));
  return absl::OkStatus();
}

void loadColumn(std::span<const float> rows, int64_t count, int64_t s,
                std::span<float> column) {
  for (size_t c = 0; c < column.size(); ++c)
    column[c] = rows[c * count + s];
}

void storeColumn(std::span<const float> column, int64_t count, int64_t s,
                 std::span<float> rows) {
  for (size_t c = 0; c < column.size(); ++c)
    rows[c * count + s] = column[c];
}

} // namespace espresso::runtime
