//===- OpBuilder.cpp - MIL beside an operation ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpBuilder.h"

#include "espresso/Ops/Verifier.h"

namespace espresso {

Value *OpBuilder::create(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args,
                         llvm::StringRef suffix) {
  return buildOp(builder, op, args, prefix + "_" + suffix)->getResult();
}

Value *OpBuilder::constant(Attribute value, llvm::StringRef suffix) {
  return builder.createConstant(std::move(value), prefix + "_" + suffix);
}

Value *OpBuilder::ints(llvm::ArrayRef<int64_t> values, llvm::StringRef suffix) {
  return constant(builder.getInt32s(values), suffix);
}

Value *OpBuilder::integer(int64_t value, llvm::StringRef suffix) {
  return constant(builder.getInt32(value), suffix);
}

Value *OpBuilder::flag(bool value, llvm::StringRef suffix) {
  return constant(builder.getBool(value), suffix);
}

Value *OpBuilder::flags(llvm::ArrayRef<bool> values, llvm::StringRef suffix) {
  return constant(Attribute::booleans(getContext(), values), suffix);
}

Value *OpBuilder::string(llvm::StringRef value, llvm::StringRef suffix) {
  return constant(builder.getString(value), suffix);
}

Value *OpBuilder::real(double value, DataType type, llvm::StringRef suffix) {
  return constant(builder.getReal(value, type), suffix);
}

Value *OpBuilder::binary(llvm::StringRef op, Value *x, Value *y,
                         llvm::StringRef suffix) {
  return create(op, {{"x", x}, {"y", y}}, suffix);
}

Value *OpBuilder::reduce(llvm::StringRef op, Value *x,
                         llvm::ArrayRef<int64_t> axes, llvm::StringRef suffix) {
  Value *axesValue = ints(axes, (suffix + "_axes").str());
  Value *keep = flag(true, (suffix + "_keep_dims").str());
  return create(op, {{"x", x}, {"axes", axesValue}, {"keep_dims", keep}},
                suffix);
}

Value *OpBuilder::reshape(Value *x, llvm::ArrayRef<int64_t> shape,
                          llvm::StringRef suffix) {
  Value *shapeValue = ints(shape, (suffix + "_shape").str());
  return create("reshape", {{"x", x}, {"shape", shapeValue}}, suffix);
}

Value *OpBuilder::transpose(Value *x, llvm::ArrayRef<int64_t> perm,
                            llvm::StringRef suffix) {
  Value *permValue = ints(perm, (suffix + "_perm").str());
  return create("transpose", {{"x", x}, {"perm", permValue}}, suffix);
}

Value *OpBuilder::cast(Value *x, DataType type, llvm::StringRef suffix) {
  Value *dtype =
      string(llvm::StringRef(getName(type)), (suffix + "_dtype").str());
  return create("cast", {{"x", x}, {"dtype", dtype}}, suffix);
}

Value *OpBuilder::conv1x1(Value *x, Value *weight, llvm::StringRef suffix,
                          Value *bias) {
  Value *padType = string("valid", (suffix + "_pad_type").str());
  Value *strides = ints({1, 1}, (suffix + "_strides").str());
  Value *pad = ints({0, 0, 0, 0}, (suffix + "_pad").str());
  Value *dilations = ints({1, 1}, (suffix + "_dilations").str());
  Value *groups = integer(1, (suffix + "_groups").str());
  llvm::SmallVector<NamedArgument, 8> args{{"x", x},
                                           {"weight", weight},
                                           {"pad_type", padType},
                                           {"strides", strides},
                                           {"pad", pad},
                                           {"dilations", dilations},
                                           {"groups", groups}};
  if (bias)
    args.emplace_back("bias", bias);
  return create("conv", args, suffix);
}

std::optional<DataType> getElementType(const Value *value) {
  TensorType type = value ? value->getTensorType() : TensorType();
  return type ? std::optional(type.getElementType()) : std::nullopt;
}

} // namespace espresso
