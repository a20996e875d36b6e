//===- ActivationArguments.cpp - Arguments of composites ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"

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

} // namespace espresso::runtime
