//===- ElementwiseSteps.cpp - Random element-wise operations --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramMaker.h"

namespace espresso::test {

static void addUnary(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOnFloats[] = {
      "relu",     "abs",      "exp",      "floor",   "ceil",    "round",
      "identity", "square",   "sqrt",     "sign",    "sigmoid", "tanh",
      "silu",     "softplus", "softsign", "relu6",   "atan",    "cos",
      "sin",      "erf",      "exp2",     "inverse", "rsqrt",   "log"};
  static constexpr llvm::StringLiteral kOnIntegers[] = {"abs", "identity",
                                                        "sign", "square"};
  if (getElementType(x) == DataType::Bool)
    maker.add("logical_not", {{"x", x}});
  else if (isFloatValue(x))
    maker.add(maker.pickFrom(kOnFloats), {{"x", x}});
  else
    maker.add(maker.pickFrom(kOnIntegers), {{"x", x}});
}

static llvm::StringRef pickBinary(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOnNumbers[] = {"add", "sub", "mul",
                                                       "maximum", "minimum"};
  static constexpr llvm::StringLiteral kOnBools[] = {
      "logical_and", "logical_or", "logical_xor"};
  return getElementType(x) == DataType::Bool ? maker.pickFrom(kOnBools)
                                             : maker.pickFrom(kOnNumbers);
}

static void addBinary(ProgramMaker &maker, Value *x) {
  // Of the same shape, or of any, which may broadcast.
  Value *y =
      maker.flip(2) ? maker.pickLike(x) : maker.pickOf(getElementType(x));
  if (maker.flip(2))
    std::swap(x, y);
  maker.add(pickBinary(maker, x), {{"x", x}, {"y", y}});
}

static void addBinaryWithConstant(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kEitherSide[] = {"add", "sub", "mul"};
  static constexpr llvm::StringLiteral kOnFloats[] = {"add", "sub", "mul",
                                                      "real_div", "pow"};
  if (getElementType(x) == DataType::Bool)
    return;
  if (maker.flip(2)) {
    maker.add(maker.pickFrom(kEitherSide),
              {maker.scalarLike("x", x), {"y", x}});
    return;
  }
  // Dividing integers by zero is nobody's business.
  maker.add(isFloatValue(x) ? maker.pickFrom(kOnFloats)
                            : maker.pickFrom(kEitherSide),
            {{"x", x}, maker.scalarLike("y", x)});
}

/// Chains of one operation with constants, which passes merge or must not.
static void addIntegerDivision(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOps[] = {"floor_div", "mod",
                                                 "real_div"};
  if (isFloatValue(x) || getElementType(x) == DataType::Bool)
    return;
  Attribute divisor = Attribute::integer(maker.getContext(), 1 + maker.pick(3),
                                         getElementType(x));
  maker.add(maker.pickFrom(kOps), {{"x", x}, maker.constant("y", divisor)});
}

static void addComparison(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOps[] = {
      "equal", "not_equal", "less", "greater", "less_equal", "greater_equal"};
  maker.add(maker.pickFrom(kOps), {{"x", x}, {"y", maker.pickLike(x)}});
}

static void addSelect(ProgramMaker &maker, Value *x) {
  Value *choice = maker.pickOf(DataType::Bool);
  NamedArgument cond = choice && !maker.flip(4)
                           ? NamedArgument("cond", choice)
                           : maker.boolean("cond", maker.flip(2));
  maker.add("select", {cond, {"a", x}, {"b", maker.pickLike(x)}});
}

static void addCast(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kTypes[] = {
      "fp16", "fp32", "int32", "int16", "uint16", "int8", "uint8", "bool"};
  static constexpr llvm::StringLiteral kCommon[] = {"fp16", "fp32", "int32"};
  Operation *narrow = maker.add(
      "cast", {{"x", x}, maker.text("dtype", maker.pickFrom(kTypes))});
  if (!narrow || maker.flip(4))
    return;
  // There and back, or on to another type.
  maker.add("cast", {{"x", narrow->getResult()},
                     maker.text("dtype", maker.pickFrom(kCommon))});
}

static void addActivation(ProgramMaker &maker, Value *x) {
  static constexpr llvm::StringLiteral kOneParameter[] = {"leaky_relu", "elu",
                                                          "thresholded_relu"};
  static constexpr llvm::StringLiteral kTwoParameters[] = {
      "clamped_relu", "linear_activation", "scaled_tanh", "sigmoid_hard"};
  if (!isFloatValue(x))
    return;
  if (maker.flip(2)) {
    maker.add(
        "clip",
        {{"x", x}, maker.real("alpha", -1.5, x), maker.real("beta", 2, x)});
    return;
  }
  if (maker.flip(2))
    maker.add(maker.pickFrom(kOneParameter),
              {{"x", x}, maker.real("alpha", 0.25, x)});
  else
    maker.add(
        maker.pickFrom(kTwoParameters),
        {{"x", x}, maker.real("alpha", 0.5, x), maker.real("beta", 1, x)});
}

llvm::ArrayRef<Step> getElementwiseSteps() {
  static constexpr Step kSteps[] = {addUnary,
                                    addBinary,
                                    addBinaryWithConstant,
                                    addIntegerDivision,
                                    addComparison,
                                    addSelect,
                                    addCast,
                                    addActivation};
  return kSteps;
}

} // namespace espresso::test
