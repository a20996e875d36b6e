//===- Retype.cpp - Types that follow from changed inputs -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Retype.h"

#include "espresso/Ops/Verifier.h"

namespace espresso {

static constexpr unsigned kColumnAxis = 3;

bool takesColumns(const Operation &op, int64_t columns) {
  if (!op.is("slice_by_size"))
    return false;
  Attribute begin = op.getConstant("begin"), size = op.getConstant("size");
  return begin && size && begin.getNumElements() == 4 &&
         size.getNumElements() == 4 && begin.getInteger(kColumnAxis) == 0 &&
         size.getInteger(kColumnAxis) == columns;
}

LogicalResult inferTypesAgain(Function &function, int64_t before,
                              int64_t after) {
  Context &context = function.getContext();
  for (Operation &op : function.getBody().getOperations()) {
    if (op.is("const") || op.getNumResults() == 0)
      continue;
    if (takesColumns(op, before) &&
        op.getOperand("x")->getTensorType().getDim(kColumnAxis) == after) {
      auto size = op.getConstant("size").getIntegers();
      size[kColumnAxis] = after;
      op.setLiteral(context.intern("size"), Attribute::integers(context, size));
    }
    llvm::SmallVector<Type, 4> types;
    if (failed(inferResultTypes(op, types)))
      return failure();
    for (size_t i = 0; i < types.size() && i < op.getNumResults(); ++i)
      op.getResult(i)->setType(types[i]);
  }
  return success();
}

TensorType withColumns(TensorType type, int64_t columns, Context &context) {
  llvm::SmallVector<int64_t, 4> shape(type.getShape().begin(),
                                      type.getShape().end());
  shape.back() = columns;
  return TensorType::get(context, type.getElementType(), shape);
}

std::optional<int64_t> getColumns(const Value &value) {
  TensorType type = value.getTensorType();
  if (!type || !isFloat(type.getElementType()) || !type.hasStaticShape() ||
      type.getRank() != 4 || type.getDim(0) != 1 || type.getDim(2) != 1)
    return std::nullopt;
  return type.getDim(3);
}

} // namespace espresso
