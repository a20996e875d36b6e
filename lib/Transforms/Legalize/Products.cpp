//===- Products.cpp - Convolutions and products in other words ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "Legalize.h"

#include "espresso/Ops/Registry.h"

namespace espresso {

using ane::RuleId;

/// The arguments of `op`, `without` left out.
static llvm::SmallVector<NamedArgument, 8>
copyArguments(const Operation &op, llvm::ArrayRef<llvm::StringRef> without) {
  llvm::SmallVector<NamedArgument, 8> args;
  for (const auto &binding : op.getBindings()) {
    if (llvm::is_contained(without, binding->getName()))
      continue;
    const Argument &argument = binding->getSingle();
    if (argument.getValue())
      args.emplace_back(binding->getName(), argument.getValue());
    else
      args.emplace_back(binding->getName(), argument.getLiteral());
  }
  return args;
}

/// The bias as [1, C, 1, …], for results of `rank` axes.
static Value *alignBias(Operation &op, OpBuilder &b, int64_t rank) {
  TensorType type = op.getArgumentType("bias").castTo<TensorType>();
  llvm::SmallVector<int64_t, 5> shape(rank, 1);
  shape[1] = type.getDim(0);
  if (Attribute value = op.getConstant("bias"))
    return b.constant(withShape(b.getContext(), value, shape), "bias");
  return b.reshape(op.getOperand("bias"), shape, "bias");
}

/// conv(x, weight, bias) => conv(x, weight) + bias
static Value *splitBias(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  TensorType bias = op.getArgumentType("bias").getAs<TensorType>();
  if (!bias || bias.getRank() != 1 || !bias.hasStaticShape())
    return nullptr;
  legalizer.remark(op, RuleId::ConvInlineBias)
      << "the bias of 'conv' is added after it";
  Value *conv = b.create("conv", copyArguments(op, {"bias"}), "conv");
  return b.binary("add", conv,
                  alignBias(op, b, conv->getTensorType().getRank()), "biased");
}

static bool isConstant(const Operation &op, llvm::StringRef input) {
  if (op.getConstant(input))
    return true;
  Value *value = op.getOperand(input);
  const OpDefinition *definition = value && value->getDefiningOp()
                                       ? lookupOp(*value->getDefiningOp())
                                       : nullptr;
  return definition && definition->hasTrait(OpTrait_Constexpr);
}

static bool isAll(const Operation &op, llvm::StringRef input, int64_t number) {
  std::optional<llvm::SmallVector<int64_t, 4>> values = getIntegers(op, input);
  return !values ? !op.hasBinding(input)
                 : llvm::all_of(*values,
                                [&](int64_t value) { return value == number; });
}

/// conv by a kernel of 1×1 that is computed => matmul
static Value *convToMatmul(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  Value *x = op.getOperand("x"), *weight = op.getOperand("weight");
  if (!x || !weight || isConstant(op, "weight"))
    return nullptr;
  TensorType from = x->getTensorType(), kernel = weight->getTensorType();
  TensorType to = op.getResult()->getTensorType();
  Attribute padType = getConstantOrDefault(op, "pad_type");
  if (from.getRank() != 4 || !from.hasStaticShape() ||
      !kernel.hasStaticShape() || kernel.getDim(2) != 1 ||
      kernel.getDim(3) != 1 || !isAll(op, "strides", 1) ||
      !isAll(op, "groups", 1) || !isAll(op, "pad", 0) || !padType ||
      padType.getString() == "same_lower")
    return nullptr;
  legalizer.remark(op, RuleId::ConvRuntimeWeight)
      << "'conv' by a weight that is computed becomes 'matmul'";
  int64_t size = from.getDim(2) * from.getDim(3);
  Value *columns =
      b.reshape(x, {from.getDim(0), from.getDim(1), size}, "columns");
  Value *matrix =
      b.reshape(weight, {kernel.getDim(0), kernel.getDim(1)}, "matrix");
  Value *product = b.create("matmul",
                            {{"x", matrix},
                             {"y", columns},
                             {"transpose_x", b.flag(false, "transpose_x")},
                             {"transpose_y", b.flag(false, "transpose_y")}},
                            "product");
  Value *image = b.reshape(product, to.getShape(), "image");
  return op.hasBinding("bias")
             ? b.binary("add", image, alignBias(op, b, 4), "biased")
             : image;
}

/// matmul(x, constant) => matmul(x, its transpose, transpose_y = true)
static Value *transposeConstant(Operation &op, OpBuilder &b,
                                Legalizer &legalizer) {
  Attribute value = op.getConstant("y");
  Attribute flag = getConstantOrDefault(op, "transpose_y");
  TensorType type = value ? value.getType().getAs<TensorType>() : TensorType();
  if (!type || type.getRank() != 2 || !flag || flag.getBool() ||
      !op.getOperand("x"))
    return nullptr;
  Attribute turned = transposed(b.getContext(), value,
                                (op.getResult()->getName() + "_y").str());
  if (!turned)
    return nullptr;
  legalizer.remark(op, RuleId::MatmulConstTranspose)
      << "the constant of 'matmul' is stored transposed";
  llvm::SmallVector<NamedArgument, 8> args =
      copyArguments(op, {"y", "transpose_y"});
  args.emplace_back("y", b.constant(std::move(turned), "y"));
  args.emplace_back("transpose_y", b.flag(true, "transpose_y"));
  return b.create("matmul", args, "product");
}

/// concat of parts along one axis => each part padded with zeros to the whole,
/// all added; exact but for -0. Only if it is asked for.
static Value *concatToPads(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  TensorType whole = op.getResult()->getTensorType();
  llvm::SmallVector<Value *, 4> parts = op.getOperands("values");
  auto axis = getIntegers(op, "axis"),
       interleave = getIntegers(op, "interleave");
  if (!legalizer.rewritesConcat || !axis || !interleave || (*interleave)[0] ||
      !whole.hasStaticShape() || !isFloat(whole.getElementType()) ||
      parts.size() < 2 || parts.size() != op.findBinding("values")->size())
    return nullptr;
  int64_t along = (*axis)[0] < 0 ? (*axis)[0] + whole.getRank() : (*axis)[0];
  legalizer.remark(op, RuleId::Concat)
      << "'concat' becomes a sum of " << parts.size() << " padded parts";
  Value *mode = b.string("constant", "mode");
  Value *zero = b.real(0, whole.getElementType(), "zero");
  Value *sum = nullptr;
  int64_t before = 0;
  for (Value *part : parts) {
    int64_t extent = part->getTensorType().getDim(along);
    llvm::SmallVector<int64_t, 8> pad(2 * whole.getRank(), 0);
    pad[2 * along] = before;
    pad[2 * along + 1] = whole.getDim(along) - before - extent;
    before += extent;
    Value *padded = b.create("pad",
                             {{"x", part},
                              {"pad", b.ints(pad, "pad")},
                              {"mode", mode},
                              {"constant_val", zero}},
                             "part");
    sum = sum ? b.binary("add", sum, padded, "sum") : padded;
  }
  return sum;
}

static constexpr LegalizationRow kRows[] = {
    {"conv", RuleId::ConvRuntimeWeight, convToMatmul},
    {"conv", RuleId::ConvInlineBias, splitBias},
    {"matmul", RuleId::MatmulConstTranspose, transposeConstant},
    {"concat", RuleId::Concat, concatToPads},
};

llvm::ArrayRef<LegalizationRow> getProductLegalizations() { return kRows; }

} // namespace espresso
