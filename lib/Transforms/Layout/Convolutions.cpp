//===- Convolutions.cpp - Convolutions along one axis ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What slides along one axis, [N, C, L], slides along the last of [N, C, 1, L].
//
//===----------------------------------------------------------------------===//

#include "../Patterns/Match.h"
#include "Layout.h"
#include "Weights.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static Arrangement getImage() { return {getIdentity(3), {1, 1, 0, 1}}; }

/// A parameter with `values` in front; null if it is absent.
static Value *prepend(const Operation &op, OpBuilder &b, llvm::StringRef input,
                      llvm::ArrayRef<int64_t> values) {
  auto known = getKnownIntegers(op, input);
  if (!known)
    return nullptr;
  Axes all(values.begin(), values.end());
  all.append(known->begin(), known->end());
  return b.ints(all, input);
}

static bool isKnownOrAbsent(const Operation &op, llvm::StringRef input) {
  return !op.hasBinding(input) || getKnownIntegers(op, input);
}

static bool isAlongOneAxis(const Operation &op) {
  Value *x = op.getOperand("x");
  return x && getExtents(*x) && x->getTensorType().getRank() == 3 &&
         getExtents(*op.getResult());
}

static bool convertConvolution(Operation &op, Layout &layout) {
  if (!isAlongOneAxis(op) || !isKnownOrAbsent(op, "strides") ||
      !isKnownOrAbsent(op, "pad") || !isKnownOrAbsent(op, "dilations"))
    return false;
  OpBuilder b(op, op.getResult()->getName());
  Value *weight = insertKernelAxis(op, b, "weight");
  if (!weight)
    return false;
  Value *x = op.getOperand("x");
  Value *image = layout.bring(b, *x, *getExtents(*x), getImage(), "x");
  // What is absent stays so.
  llvm::SmallVector<NamedArgument, 5> args{{"x", image}, {"weight", weight}};
  for (auto [name, values] :
       {std::pair<llvm::StringRef, Axes>("strides", {1}),
        std::pair<llvm::StringRef, Axes>("dilations", {1}),
        std::pair<llvm::StringRef, Axes>("pad", {0, 0})})
    args.emplace_back(name, prepend(op, b, name, values));
  layout.define(*op.getResult(), rebuildOp(op, b, args)->getResult(),
                getIdentity(3));
  return true;
}

static void demandImage(Operation &op, Layout &layout) {
  if (isAlongOneAxis(op))
    layout.want(*op.getOperand("x"), getImage());
}

static constexpr LayoutRow kRows[] = {
    {"conv", convertConvolution, demandImage},
};

llvm::ArrayRef<LayoutRow> getConvolutionLayouts() { return kRows; }

} // namespace espresso
