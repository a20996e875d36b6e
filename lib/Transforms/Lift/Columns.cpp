//===- Columns.cpp - Tensors as columns and back --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 4>;

Value *ColumnBuilder::constant(Attribute value, const llvm::Twine &suffix) {
  return builder.createConstant(std::move(value), name + "_" + suffix);
}

Value *ColumnBuilder::create(llvm::StringRef opName,
                             llvm::ArrayRef<NamedArgument> args,
                             const llvm::Twine &suffix) {
  return buildOp(builder, opName, args, name + "_" + suffix)->getResult();
}

Value *ColumnBuilder::reshape(Value *x, llvm::ArrayRef<int64_t> shape) {
  if (x->getTensorType().getShape() == shape)
    return x;
  return create(
      "reshape",
      {{"shape", constant(builder.getInt32s(shape), "shape")}, {"x", x}},
      "reshaped");
}

Value *ColumnBuilder::transpose(Value *x, llvm::ArrayRef<int64_t> perm) {
  if (llvm::equal(perm, llvm::seq<int64_t>(0, perm.size())))
    return x;
  return create("transpose",
                {{"perm", constant(builder.getInt32s(perm), "perm")}, {"x", x}},
                "turned");
}

/// `axis`, then the others in order.
static Extents getFrontOrder(int64_t axis, int64_t rank) {
  Extents perm = {axis};
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      perm.push_back(i);
  return perm;
}

Value *ColumnBuilder::toColumns(Value *x, int64_t axis) {
  TensorType type = x->getTensorType();
  int64_t channels = type.getDim(axis);
  int64_t columns = *type.getNumElements() / channels;
  return reshape(transpose(x, getFrontOrder(axis, type.getRank())),
                 {1, channels, 1, columns});
}

Value *ColumnBuilder::fromColumns(Value *columns, int64_t axis) {
  TensorType type = op.getResult()->getTensorType();
  Extents order = getFrontOrder(axis, type.getRank());
  Extents turned, inverse(order.size());
  for (auto [i, from] : llvm::enumerate(order)) {
    turned.push_back(type.getDim(from));
    inverse[from] = static_cast<int64_t>(i);
  }
  return transpose(reshape(columns, turned), inverse);
}

Attribute reshapeConstant(const Attribute &constant, TensorType type) {
  if (const BlobReference *blob = constant.getBlob())
    return Attribute::blob(type, *blob);
  DenseElements elements = *constant.getDense();
  elements.shape.assign(type.getShape().begin(), type.getShape().end());
  return Attribute::dense(type, std::move(elements));
}

} // namespace espresso
