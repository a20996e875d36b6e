//===- Linear.cpp - Products of columns -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   linear(bias = b, weight = w, x = x)  => espresso.linear along the last axis
//   conv(bias = b, weight = w, x = x)    => espresso.linear along axis 1, if
//   the
//                                           kernel is one element and each
//                                           element is taken once
//
// for constants w and b of the type of x.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Whether `input` is absent or a constant of elements of `type`.
static bool isConstantOrAbsent(const Operation &op, llvm::StringRef input,
                               DataType type) {
  if (!op.hasBinding(input))
    return true;
  Attribute constant = op.getConstant(input);
  TensorType found =
      constant ? constant.getType().getAs<TensorType>() : TensorType();
  return found && found.getElementType() == type;
}

static Value *lift(Operation &op, Builder &builder, int64_t axis) {
  Value *x = op.getOperand("x");
  DataType type = x->getTensorType().getElementType();
  Attribute weight = op.getConstant("weight");
  if (!weight || !isConstantOrAbsent(op, "weight", type) ||
      !isConstantOrAbsent(op, "bias", type))
    return nullptr;
  TensorType shape = weight.getType().castTo<TensorType>();
  TensorType matrix = TensorType::get(builder.getContext(), type,
                                      {shape.getDim(0), shape.getDim(1)});
  ColumnBuilder b(op, builder);
  Value *columns = b.toColumns(x, axis);
  Value *weightValue = op.getOperand("weight");
  if (!weightValue || weightValue->getType() != matrix)
    weightValue = builder.createConstant(
        reshapeConstant(weight, matrix),
        weightValue ? weightValue->getName() : llvm::StringRef("weight"));
  llvm::SmallVector<NamedArgument, 3> arguments = {{"weight", weightValue},
                                                   {"x", columns}};
  if (op.hasBinding("bias"))
    arguments.push_back(copyArgument(op, "bias", "bias"));
  return b.fromColumns(b.create("espresso.linear", arguments, "product"), axis);
}

static bool isFloatAndStatic(const Operation &op) {
  Value *x = op.getOperand("x");
  return x && isFloatTensor(*x) && hasStaticShape(*x) &&
         hasStaticShape(*op.getResult());
}

static Value *liftLinear(Operation &op, Builder &builder,
                         const PatternOptions &) {
  if (!isFloatAndStatic(op))
    return nullptr;
  return lift(op, builder, op.getOperand("x")->getTensorType().getRank() - 1);
}

static Value *liftConvolution(Operation &op, Builder &builder,
                              const PatternOptions &) {
  if (!isFloatAndStatic(op))
    return nullptr;
  llvm::ArrayRef<int64_t> kernel =
      op.getArgumentType("weight").castTo<TensorType>().getShape();
  auto isAll = [&](llvm::StringRef input, int64_t number) {
    if (!op.hasBinding(input))
      return true;
    auto values = getKnownIntegers(op, input);
    return values &&
           llvm::all_of(*values, [&](int64_t v) { return v == number; });
  };
  // Without padding or strides, and with such a kernel, extents are kept.
  llvm::ArrayRef<int64_t> before =
      op.getOperand("x")->getTensorType().getShape();
  llvm::ArrayRef<int64_t> after = op.getResult()->getTensorType().getShape();
  if (llvm::any_of(kernel.drop_front(2), [](int64_t e) { return e != 1; }) ||
      before.drop_front(2) != after.drop_front(2) || !isAll("strides", 1) ||
      !isAll("groups", 1))
    return nullptr;
  return lift(op, builder, 1);
}

static constexpr PatternRow kPatterns[] = {
    {"linear", liftLinear},
    {"conv", liftConvolution},
};

llvm::ArrayRef<PatternRow> getLiftedLinearPatterns() { return kPatterns; }

} // namespace espresso
