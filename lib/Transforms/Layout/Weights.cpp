//===- Weights.cpp - Matrices as kernels ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A matrix as a kernel is the same elements under another shape. Compressed
// weights are decompressed to that shape: what has the shape of the result
// among the parameters gets the same new axes, and blocks are one element along
// them.
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "../ConstantViews.h"

#include "espresso/IR/Context.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 6>;

/// The operation that decompresses `input`, or null.
static Operation *getDecompression(const Operation &op, llvm::StringRef input) {
  Value *value = op.getOperand(input);
  Operation *producer = value ? value->getDefiningOp() : nullptr;
  const OpDefinition *definition = producer ? lookupOp(*producer) : nullptr;
  return definition && definition->hasTrait(OpTrait_Constexpr) &&
                 producer->getNumResults() == 1
             ? producer
             : nullptr;
}

bool isMatrix(const Operation &op, llvm::StringRef input) {
  auto type = op.getArgumentType(input).getAs<TensorType>();
  if (!type || type.getRank() < 2 || !type.hasStaticShape() ||
      llvm::any_of(type.getShape().drop_back(2),
                   [](int64_t extent) { return extent != 1; }))
    return false;
  return op.getConstant(input) ||
         (getDecompression(op, input) && type.getRank() == 2);
}

//===----------------------------------------------------------------------===//
// Compressed weights
//===----------------------------------------------------------------------===//

namespace {

/// New axes of extent 1, before axis `at`.
struct NewAxes {
  int64_t at;
  int64_t count;
};

} // namespace

static Extents insertAxes(llvm::ArrayRef<int64_t> shape, NewAxes axes) {
  Extents result(shape.begin(), shape.end());
  result.insert(result.begin() + axes.at, axes.count, 1);
  return result;
}

/// Gives a parameter, in whichever way it has been given, another value.
static void setParameter(Operation &op, OpBuilder &b, llvm::StringRef name,
                         Attribute value) {
  if (!op.hasBinding(name)) {
    op.setAttribute(name, std::move(value));
    return;
  }
  op.setOperand(b.getContext().intern(name),
                b.constant(std::move(value), name));
}

/// A vector of extents, as old decompressions have it.
static Attribute insertIntoVector(Context &context, const Attribute &vector,
                                  NewAxes axes) {
  auto type = vector.getType().castTo<TensorType>();
  DenseElements elements = *vector.getDense();
  size_t width = elements.bytes.size() / elements.shape[0];
  std::vector<uint8_t> one(width, 0);
  one[0] = 1;
  for (int64_t i = 0; i < axes.count; ++i)
    elements.bytes.insert(elements.bytes.begin() +
                              static_cast<ptrdiff_t>(width) * axes.at,
                          one.begin(), one.end());
  elements.shape[0] += axes.count;
  // Before the elements move.
  TensorType longer =
      TensorType::get(context, type.getElementType(), elements.shape);
  return Attribute::dense(longer, std::move(elements));
}

/// Parameters that have the axes of the result, in front of others or alone.
static llvm::ArrayRef<llvm::StringRef>
getShapedParameters(const Operation &op) {
  static constexpr llvm::StringRef kAffine[] = {"quantized_data"},
                                   kBlocks[] = {"data", "scale", "offset"},
                                   kTable[] = {"indices", "lut"},
                                   kSparse[] = {"mask"},
                                   kCast[] = {"source_val"};
  if (op.is("constexpr_affine_dequantize"))
    return kAffine;
  if (op.is("constexpr_blockwise_shift_scale"))
    return kBlocks;
  if (op.is("constexpr_lut_to_dense"))
    return kTable;
  if (op.is("constexpr_sparse_to_dense"))
    return kSparse;
  if (op.is("constexpr_cast"))
    return kCast;
  return {};
}

/// `op` with other parameters, before `user`.
static Value *decompressTo(Operation &op, Operation &user, OpBuilder &b,
                           NewAxes axes) {
  Attribute shape = op.getConstant("shape");
  llvm::ArrayRef<llvm::StringRef> parameters = getShapedParameters(op);
  for (llvm::StringRef name : parameters)
    if (!shape && op.hasBinding(name) && !op.getConstant(name))
      return nullptr;
  if (parameters.empty())
    return nullptr;
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *made = cloneOperation(op, b.getBuilder(), mapping);
  if (shape)
    setParameter(*made, b, "shape",
                 insertIntoVector(b.getContext(), shape, axes));
  else
    for (llvm::StringRef name : parameters)
      if (Attribute value = op.getConstant(name))
        if (auto type = value.getType().castTo<TensorType>();
            type.getRank() > 0)
          setParameter(*made, b, name,
                       withShape(b.getContext(), value,
                                 insertAxes(type.getShape(), axes)));
  for (llvm::StringRef name : {"axis", "vector_axis"}) {
    Attribute axis = op.getConstant(name);
    if (axis && axis.getInteger() >= axes.at)
      setParameter(*made, b, name,
                   b.getBuilder().getInt32(axis.getInteger() + axes.count));
  }
  made->removeAttribute("name");
  // Behind its parameters.
  made->moveBefore(&user);
  auto type = op.getResult()->getTensorType();
  made->getResult()->setType(
      TensorType::get(b.getContext(), type.getElementType(),
                      insertAxes(type.getShape(), axes)));
  return made->getResult();
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

Value *makeKernel(Operation &op, OpBuilder &b, llvm::StringRef input,
                  bool transposes) {
  if (!isMatrix(op, input))
    return nullptr;
  Attribute constant = op.getConstant(input);
  if (!constant)
    return transposes
               ? nullptr
               : decompressTo(*getDecompression(op, input), op, b, {2, 2});
  Context &context = b.getContext();
  Value *named = op.getOperand(input);
  std::string name =
      named ? named->getName().str() : (b.getPrefix() + "_" + input).str();
  auto shape = constant.getType().castTo<TensorType>().getShape().take_back(2);
  Extents kernel{shape[0], shape[1], 1, 1};
  if (transposes) {
    std::swap(kernel[0], kernel[1]);
    constant = transposed(context, withShape(context, constant, shape), name);
    if (!constant)
      return nullptr;
  }
  return b.constant(withShape(context, constant, kernel), "weight");
}

Value *insertKernelAxis(Operation &op, OpBuilder &b, llvm::StringRef input) {
  if (Operation *decompression = getDecompression(op, input))
    return decompressTo(*decompression, op, b, {2, 1});
  Attribute constant = op.getConstant(input);
  if (!constant)
    return nullptr;
  auto type = constant.getType().castTo<TensorType>();
  return b.constant(
      withShape(b.getContext(), constant, insertAxes(type.getShape(), {2, 1})),
      "weight");
}

} // namespace espresso
