//===- AxisLimits.cpp - Products split along axes that are too long -------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Convolutions by kernels of 1×1 and linear layers with constant weights:
//
//   output axis too long       y = concat(W_0 x, W_1 x, …)
//   contraction too long       y = W_0 x_0 + W_1 x_1 + …
//   width too long             y = concat(W x_0, W x_1, …)
//
// in as few parts as the limit allows, all but the last of one size, a multiple
// of 16, by which the engine counts output channels (ane-cout-granularity).
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "Legalize.h"

#include "espresso/Ops/Registry.h"

#include "llvm/Support/MathExtras.h"

namespace espresso {

using ane::Limit;
using ane::RuleId;

namespace {

/// A product, and where its axes are.
struct Product {
  Operation &op;
  Attribute weight;
  bool isConv;
  /// Of x and the result: the one summed over, or that outputs are along.
  int64_t channelAxis;
  int64_t inputs, outputs;

  int64_t getRank() const { return op.getResult()->getTensorType().getRank(); }
};

} // namespace

static std::optional<Product> analyze(Operation &op) {
  bool isConv = op.is("conv");
  Attribute weight = op.getConstant("weight");
  Value *x = op.getOperand("x");
  TensorType from = x ? x->getTensorType() : TensorType();
  TensorType type =
      weight ? weight.getType().getAs<TensorType>() : TensorType();
  if (!from || !type || !type.hasStaticShape() || !from.hasStaticShape() ||
      (weight.getBlob() && !weight.getBlob()->source) ||
      (op.hasBinding("bias") && !op.getConstant("bias")))
    return std::nullopt;
  if (isConv) {
    auto groups = getIntegers(op, "groups");
    if (from.getRank() != 4 || type.getDim(2) != 1 || type.getDim(3) != 1 ||
        !groups || (*groups)[0] != 1)
      return std::nullopt;
  }
  return Product{op,
                 weight,
                 isConv,
                 isConv ? 1 : from.getRank() - 1,
                 type.getDim(1),
                 type.getDim(0)};
}

/// Boundaries of the parts of an axis: 0, size, 2 size, …, extent.
static llvm::SmallVector<int64_t, 8> cut(int64_t extent, int64_t limit,
                                         int64_t step) {
  int64_t parts = llvm::divideCeil(extent, limit);
  int64_t size = llvm::alignTo(llvm::divideCeil(extent, parts), step);
  if (size > limit)
    size = limit;
  llvm::SmallVector<int64_t, 8> bounds;
  for (int64_t at = 0; at < extent; at += size)
    bounds.push_back(at);
  bounds.push_back(extent);
  return bounds;
}

/// The limit of that name if the extent exceeds it; nothing otherwise, or if it
/// is not known, which is said elsewhere.
static std::optional<int64_t> getExceeded(int64_t extent, Limit limit,
                                          const Legalizer &legalizer) {
  std::optional<int64_t> known = getLimit(limit, legalizer.target);
  return known && extent > *known ? known : std::nullopt;
}

/// The same product of other operands; a null bias is left out.
static Value *rebuild(OpBuilder &b, const Product &product, Value *x,
                      Value *weight, Value *bias) {
  llvm::SmallVector<NamedArgument, 8> args{{"x", x}, {"weight", weight}};
  if (bias)
    args.emplace_back("bias", bias);
  for (const auto &binding : product.op.getBindings()) {
    llvm::StringRef name = binding->getName();
    if (name == "x" || name == "weight" || name == "bias")
      continue;
    if (Value *value = binding->getSingle().getValue())
      args.emplace_back(name, value);
    else
      args.emplace_back(name, binding->getSingle().getLiteral());
  }
  return b.create(product.op.getName(), args, "part");
}

static Value *concat(OpBuilder &b, llvm::ArrayRef<Value *> parts,
                     int64_t axis) {
  return b.create("concat",
                  {{"values", parts},
                   {"axis", b.integer(axis, "axis")},
                   {"interleave", b.flag(false, "interleave")}},
                  "joined");
}

static Value *slice(OpBuilder &b, Value *x, int64_t axis, int64_t begin,
                    int64_t end) {
  TensorType type = x->getTensorType();
  llvm::SmallVector<int64_t, 5> from(type.getRank(), 0), size(type.getShape());
  from[axis] = begin;
  size[axis] = end - begin;
  return b.create("slice_by_size",
                  {{"x", x},
                   {"begin", b.ints(from, "begin")},
                   {"size", b.ints(size, "size")}},
                  "slice");
}

static Value *getBias(OpBuilder &b, const Product &product, int64_t begin,
                      int64_t count) {
  Attribute bias = product.op.getConstant("bias");
  if (!bias)
    return nullptr;
  return b.constant(sliceRows(b.getContext(), bias, begin, count,
                              (product.op.getResult()->getName() + "_bias_" +
                               llvm::Twine(begin))
                                  .str()),
                    "bias");
}

static Value *splitOutputs(const Product &product, OpBuilder &b,
                           int64_t limit) {
  llvm::SmallVector<int64_t, 8> bounds = cut(product.outputs, limit, 16);
  llvm::SmallVector<Value *, 8> parts;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    int64_t begin = bounds[i], count = bounds[i + 1] - begin;
    Attribute rows = sliceRows(
        b.getContext(), product.weight, begin, count,
        (product.op.getResult()->getName() + "_rows_" + llvm::Twine(begin))
            .str());
    parts.push_back(rebuild(b, product, product.op.getOperand("x"),
                            b.constant(std::move(rows), "weight"),
                            getBias(b, product, begin, count)));
  }
  return concat(b, parts, product.channelAxis);
}

/// Columns of the weight as rows of its transpose.
static Attribute sliceColumns(OpBuilder &b, const Product &product,
                              int64_t begin, int64_t count) {
  Context &context = b.getContext();
  std::string name =
      (product.op.getResult()->getName() + "_columns_" + llvm::Twine(begin))
          .str();
  Attribute matrix =
      withShape(context, product.weight, {product.outputs, product.inputs});
  Attribute part =
      sliceRows(context, transposed(context, matrix, name), begin, count, name);
  part = transposed(context, part, name);
  return product.isConv
             ? withShape(context, part, {product.outputs, count, 1, 1})
             : part;
}

static Value *splitContraction(const Product &product, OpBuilder &b,
                               int64_t limit) {
  llvm::SmallVector<int64_t, 8> bounds = cut(product.inputs, limit, 16);
  Value *sum = nullptr;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    int64_t begin = bounds[i], count = bounds[i + 1] - begin;
    Value *x = slice(b, product.op.getOperand("x"), product.channelAxis, begin,
                     bounds[i + 1]);
    Value *weight =
        b.constant(sliceColumns(b, product, begin, count), "weight");
    // The bias once.
    Value *part =
        rebuild(b, product, x, weight,
                i == 0 ? getBias(b, product, 0, product.outputs) : nullptr);
    sum = sum ? b.binary("add", sum, part, "sum") : part;
  }
  return sum;
}

static Value *splitWidth(const Product &product, OpBuilder &b, int64_t axis,
                         int64_t limit) {
  Value *x = product.op.getOperand("x");
  llvm::SmallVector<int64_t, 8> bounds =
      cut(x->getTensorType().getDim(axis), limit, 32);
  Value *weight = b.constant(product.weight, "weight");
  llvm::SmallVector<Value *, 8> parts;
  for (size_t i = 0; i + 1 < bounds.size(); ++i)
    parts.push_back(rebuild(b, product,
                            slice(b, x, axis, bounds[i], bounds[i + 1]), weight,
                            getBias(b, product, 0, product.outputs)));
  return concat(b, parts, axis);
}

static Value *splitProduct(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  std::optional<Product> product = analyze(op);
  if (!product)
    return nullptr;
  auto say = [&](llvm::StringRef axis, int64_t extent, int64_t limit) {
    legalizer.remark(op, RuleId::MaxAxis)
        << axis << " of '" << op.getResult()->getName() << "', " << extent
        << ", is split by " << limit;
  };
  // Along the last axis outputs of linear layers are a width.
  Limit outputLimit = product->isConv ? Limit::MaxChannels : Limit::MaxAxis;
  if (auto limit = getExceeded(product->outputs, outputLimit, legalizer)) {
    say("output axis", product->outputs, *limit);
    return splitOutputs(*product, b, *limit);
  }
  if (auto limit = getExceeded(product->inputs, Limit::MaxAxis, legalizer)) {
    say("contraction", product->inputs, *limit);
    return splitContraction(*product, b, *limit);
  }
  TensorType from = op.getOperand("x")->getTensorType();
  bool isPlain =
      !product->isConv ||
      (llvm::equal(op.getResult()->getTensorType().getShape().drop_front(2),
                   from.getShape().drop_front(2)));
  for (int64_t axis = product->isConv ? 2 : 0;
       isPlain && axis < product->getRank(); ++axis)
    if (axis != product->channelAxis)
      if (auto limit =
              getExceeded(from.getDim(axis), Limit::MaxAxis, legalizer)) {
        say("extent", from.getDim(axis), *limit);
        return splitWidth(*product, b, axis, *limit);
      }
  return nullptr;
}

static constexpr LegalizationRow kRows[] = {
    {"conv", RuleId::MaxAxis, splitProduct},
    {"linear", RuleId::MaxAxis, splitProduct},
};

llvm::ArrayRef<LegalizationRow> getAxisLegalizations() { return kRows; }

} // namespace espresso
