//===- ProductSteps.cpp - Random operations that sum ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramMaker.h"

namespace espresso::test {

static void addReduction(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOps[] = {
      "reduce_sum",        "reduce_max",     "reduce_min",
      "reduce_mean",       "reduce_prod",    "reduce_l1_norm",
      "reduce_sum_square", "reduce_l2_norm", "reduce_log_sum_exp"};
  int64_t rank = x->getTensorType().getRank();
  if (rank == 0 || getElementType(x) == DataType::Bool)
    return;
  Dims axes = {int64_t(maker.pick(rank))};
  if (maker.flip(2) && rank > 1)
    axes.push_back((axes[0] + 1) % rank);
  // Logarithms and roots of integers have no agreed rounding.
  llvm::StringRef name =
      isFloatValue(x) ? maker.pickFrom(kOps) : kOps[maker.pick(3)];
  maker.add(name, {{"x", x},
                   maker.ints("axes", axes),
                   maker.boolean("keep_dims", maker.flip(2))});
}

static void addArgReduction(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank == 0 || getElementType(x) == DataType::Bool)
    return;
  maker.add(maker.flip(2) ? "reduce_argmax" : "reduce_argmin",
            {{"x", x},
             maker.integer("axis", maker.pick(rank)),
             maker.boolean("keep_dims", maker.flip(2))});
}

static void addAlongAxis(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank == 0 || getElementType(x) == DataType::Bool)
    return;
  NamedArgument axis = maker.integer("axis", maker.pick(rank));
  if (isFloatValue(x) && maker.flip(2))
    maker.add("softmax", {{"x", x}, axis});
  else
    maker.add("cumsum", {{"x", x},
                         axis,
                         maker.boolean("exclusive", maker.flip(2)),
                         maker.boolean("reverse", maker.flip(2))});
}

static void addTopk(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank == 0 || getElementType(x) == DataType::Bool)
    return;
  maker.add("topk", {{"x", x},
                     maker.integer("k", 1 + maker.pick(2)),
                     maker.integer("axis", maker.pick(rank)),
                     maker.boolean("ascending", maker.flip(2))});
}

static void addMatmul(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank < 2 || !isFloatValue(x))
    return;
  int64_t inner = getShape(x).back();
  if (inner == kDynamic)
    return;
  bool transposed = maker.flip(2);
  Dims shape = {inner, int64_t(1 + maker.pick(3))};
  if (transposed)
    std::swap(shape[0], shape[1]);
  maker.add("matmul", {{"x", x},
                       {"y", maker.weights(getElementType(x), shape)},
                       maker.boolean("transpose_x", false),
                       maker.boolean("transpose_y", transposed)});
}

static void addLinear(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank < 1 || rank > 3 || !isFloatValue(x) ||
      getShape(x).back() == kDynamic)
    return;
  auto out = static_cast<int64_t>(1 + maker.pick(4));
  DataType type = getElementType(x);
  llvm::SmallVector<NamedArgument, 3> args = {
      {"x", x}, {"weight", maker.weights(type, {out, getShape(x).back()})}};
  if (maker.flip(2))
    args.emplace_back("bias", maker.weights(type, {out}));
  maker.add("linear", args);
}

static void addConv(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank != 3 && rank != 4)
    return;
  if (!isFloatValue(x) || !x->getTensorType().hasStaticShape())
    return;
  auto out = static_cast<int64_t>(1 + maker.pick(3));
  Dims kernel = {out, getShape(x)[1]};
  kernel.resize(rank, 1);
  maker.add("conv", {{"x", x},
                     {"weight", maker.weights(getElementType(x), kernel)},
                     maker.text("pad_type", "valid")});
}

static void addLayerNorm(ProgramMaker &maker, Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (rank == 0 || !isFloatValue(x))
    return;
  maker.add(
      "layer_norm",
      {{"x", x}, maker.ints("axes", {-1}), maker.real("epsilon", 0.125, x)});
}

llvm::ArrayRef<Step> getProductSteps() {
  static constexpr Step kSteps[] = {addReduction, addArgReduction, addAlongAxis,
                                    addTopk,      addMatmul,       addLinear,
                                    addConv,      addLayerNorm};
  return kSteps;
}

} // namespace espresso::test
