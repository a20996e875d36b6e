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
// for constants w and b of the type of x. A product that is only used in parts
// along its channels, as of queries, keys and values, or of gate and up
// projections, becomes one for each: these are the composites' own.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "../ConstantViews.h"
#include "../Patterns/Ranges.h"
#include "../Replacement.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

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

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// The parts of a product along its channels, if it is used for nothing else
/// and they are no more than it; empty otherwise.
static llvm::SmallVector<Value *, 4> getParts(Operation &product,
                                              int64_t axis) {
  Value &result = *product.getResult();
  llvm::SmallVector<Value *, 4> values;
  llvm::SetVector<Operation *> users;
  bool isCut = true;
  result.forEachUse([&](Use &use) {
    if (use.getUser())
      users.insert(use.getUser());
    else
      isCut = false;
  });
  int64_t channels = 0;
  for (Operation *user : users)
    for (const std::unique_ptr<Value> &value : user->getResults()) {
      std::optional<Part> part = getPart(value.get());
      isCut &= part && part->source == &result && part->axis == axis;
      if (!isCut)
        return {};
      channels += part->count;
      values.push_back(value.get());
    }
  bool isWorth = isCut && values.size() > 1 &&
                 channels <= result.getTensorType().getDim(axis);
  return isWorth ? values : llvm::SmallVector<Value *, 4>();
}

/// Products of the rows that the parts need.
static void cutProduct(Operation &product, llvm::ArrayRef<Value *> parts) {
  Context &context = product.getFunction()->getContext();
  llvm::SetVector<Operation *> slices;
  for (Value *value : parts) {
    Part part = *getPart(value);
    Operation &slice = *value->getDefiningOp();
    slices.insert(&slice);
    Builder builder(slice);
    llvm::DenseMap<const Value *, Value *> mapping;
    Operation *made = cloneOperation(product, builder, mapping);
    Builder before(*made);
    for (llvm::StringRef input : {"weight", "bias"})
      if (product.hasBinding(input)) {
        std::string name = (value->getName() + "_" + input).str();
        Attribute rows = sliceRows(context, product.getConstant(input),
                                   part.first, part.count, name);
        made->setOperand(context.intern(input),
                         before.createConstant(rows, name));
      }
    made->getResult()->setType(value->getType());
    (void)replaceUses(*value, *made->getResult());
  }
  for (Operation *slice : slices)
    eraseIfDead(*slice);
}

unsigned cutProducts(Function &function) {
  std::vector<Operation *> products;
  function.walk([&](Operation &op) {
    if (op.is("linear") || op.is("conv"))
      products.push_back(&op);
  });
  unsigned numMade = 0;
  for (Operation *product : products) {
    bool isLinear = product->is("linear");
    TensorType type = product->getResult()->getTensorType();
    // Channels of groups have other inputs.
    auto groups = getKnownIntegers(*product, "groups");
    if (!type || !hasStaticShape(*product->getResult()) ||
        (product->hasBinding("groups") && (!groups || groups->front() != 1)))
      continue;
    auto isHere = [&](llvm::StringRef input) {
      Attribute constant = product->getConstant(input);
      const BlobReference *blob = constant ? constant.getBlob() : nullptr;
      bool isDense = constant && constant.getDense();
      return !product->hasBinding(input) || isDense || (blob && blob->source);
    };
    auto parts = getParts(*product, isLinear ? type.getRank() - 1 : 1);
    if (parts.empty() || !isHere("weight") || !isHere("bias"))
      continue;
    cutProduct(*product, parts);
    numMade += parts.size();
  }
  return numMade;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

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
