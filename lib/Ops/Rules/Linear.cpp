//===- Linear.cpp - Rules of matrix products ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

LogicalResult inferLinear(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 1, kAnyRank)) ||
      failed(checkRank(op, "weight", 2, 2)))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType weight = getTensor(op, "weight");
  if (!agree(x.getShape().back(), weight.getDim(1)))
    return shapeError(op) << "the last axis of 'x' has " << x.getShape().back()
                          << " elements, but 'weight' "
                          << toText(weight.getShape()) << " takes "
                          << weight.getDim(1);
  if (failed(checkShape(op, "bias", {weight.getDim(0)})))
    return failure();
  Extents shape(x.getShape());
  shape.back() = weight.getDim(0);
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

/// The shape of an operand of matmul as a stack of matrices.
static FailureOr<Extents> getMatrix(const Operation &op, llvm::StringRef input,
                                    bool transpose, bool isRow) {
  if (failed(checkRank(op, input, 1, kAnyRank)))
    return failure();
  Extents shape(getTensor(op, input).getShape());
  if (shape.size() == 1) {
    if (transpose)
      return valueError(op)
             << "the vector '" << input << "' cannot be transposed";
    shape.insert(isRow ? shape.begin() : shape.end(), 1);
  }
  if (transpose)
    std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return shape;
}

LogicalResult inferMatmul(const Operation &op, TypeList &results) {
  FailureOr<Extents> x =
      getMatrix(op, "x", getFlag(op, "transpose_x"), /*isRow=*/true);
  FailureOr<Extents> y =
      getMatrix(op, "y", getFlag(op, "transpose_y"), /*isRow=*/false);
  if (failed(x) || failed(y))
    return failure();
  if (!agree(x->back(), (*y)[y->size() - 2]))
    return shapeError(op) << "inner extents differ: " << toText(*x) << " times "
                          << toText(*y);
  std::optional<Extents> shape = broadcast(llvm::ArrayRef(*x).drop_back(2),
                                           llvm::ArrayRef(*y).drop_back(2));
  if (!shape)
    return shapeError(op) << "leading axes do not broadcast: " << toText(*x)
                          << " times " << toText(*y);
  if (getTensor(op, "x").getRank() > 1)
    shape->push_back((*x)[x->size() - 2]);
  if (getTensor(op, "y").getRank() > 1)
    shape->push_back(y->back());
  results.push_back(
      getTensorType(op, getTensor(op, "x").getElementType(), *shape));
  return success();
}

} // namespace espresso::rules
