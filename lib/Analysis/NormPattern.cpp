//===- NormPattern.cpp - Norms written in primitives ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/NormPattern.h"

#include "espresso/Ops/Registry.h"

namespace espresso {

/// The number that `input` is known to be: one element, in memory.
static std::optional<double> getNumber(const Operation &op,
                                       llvm::StringRef input) {
  Attribute value = getConstantOrDefault(op, input);
  if (!value || !value.getDense() || value.getNumElements() != 1)
    return std::nullopt;
  auto type = value.getType().getAs<TensorType>();
  if (!type || !isFloat(type.getElementType()))
    return std::nullopt;
  return value.getReal();
}

/// The operand of `op` that is no number, and the number; either order.
static Value *splitNumber(const Operation &op, double &number) {
  for (auto [variable, constant] : {std::pair("x", "y"), std::pair("y", "x")})
    if (std::optional<double> known = getNumber(op, constant))
      if (Value *value = op.getOperand(variable)) {
        number = *known;
        return value;
      }
  return nullptr;
}

static Operation *getProducer(Value *value, llvm::StringRef name) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  return op && op->is(name) ? op : nullptr;
}

/// Elements under one sum of the reduction; 0 if that is not known.
static int64_t getReducedCount(const Operation &op) {
  TensorType type = op.getArgumentType("x").getAs<TensorType>();
  Attribute axes = getConstantOrDefault(op, "axes");
  if (!type || !type.hasStaticShape())
    return 0;
  if (!axes || !axes.getDense())
    return op.hasBinding("axes") ? 0 : type.getNumElements().value_or(0);
  int64_t count = 1;
  for (int64_t axis : axes.getIntegers())
    count *= type.getDim(axis < 0 ? axis + type.getRank() : axis);
  return count;
}

static bool matchMeanOnly(Value *value, NormPattern &norm);

/// Below the root: `add(mean, epsilon)` or the mean itself.
static bool matchMean(Value *value, NormPattern &norm) {
  Operation *add = getProducer(value, "add");
  if (!add)
    return matchMeanOnly(value, norm);
  norm.shifted = add;
  double number = 0;
  if (Value *mean = splitNumber(*add, number)) {
    norm.epsilon += number;
    return matchMeanOnly(mean, norm);
  }
  for (auto [mean, epsilon] : {std::pair("x", "y"), std::pair("y", "x")}) {
    NormPattern attempt = norm;
    attempt.variableEpsilon = add->getOperand(epsilon);
    if (attempt.variableEpsilon &&
        matchMeanOnly(add->getOperand(mean), attempt)) {
      norm = attempt;
      return true;
    }
  }
  return false;
}

static bool matchMeanOnly(Value *value, NormPattern &norm) {
  if (Operation *mean = getProducer(value, "reduce_mean")) {
    norm.sum = mean;
    norm.count = getReducedCount(*mean);
    norm.factor = norm.count ? 1.0 / static_cast<double>(norm.count) : 0;
  } else if (Operation *mul = getProducer(value, "mul")) {
    value = splitNumber(*mul, norm.factor);
    norm.mean = mul;
  } else if (Operation *div = getProducer(value, "real_div")) {
    std::optional<double> number = getNumber(*div, "y");
    if (!number || *number == 0)
      return false;
    norm.factor = 1 / *number;
    norm.mean = div;
    value = div->getOperand("x");
  }
  if (!norm.sum) {
    norm.sum = getProducer(value, "reduce_sum");
    if (!norm.sum)
      norm.sum = getProducer(value, "reduce_sum_square");
    if (!norm.sum)
      return false;
    norm.count = getReducedCount(*norm.sum);
    if (!norm.mean)
      norm.factor = 1;
  }
  return norm.count > 0 && norm.factor > 0 && norm.epsilon >= 0;
}

/// The sum is one of squares of `norm.centred`.
static bool matchSquares(NormPattern &norm) {
  Value *summed = norm.sum->getOperand("x");
  if (norm.sum->is("reduce_sum_square"))
    return summed == norm.centred;
  Operation *op = summed ? summed->getDefiningOp() : nullptr;
  if (!op || op->getOperand("x") != norm.centred)
    return false;
  norm.squares = op;
  return op->is("square") ||
         (op->is("mul") && op->getOperand("y") == norm.centred) ||
         (op->is("pow") && getNumber(*op, "y") == 2);
}

/// `factor` is the inverse root of a mean of squares.
static bool matchInverseRoot(Value *factor, NormPattern &norm) {
  Operation *op = factor ? factor->getDefiningOp() : nullptr;
  if (!op)
    return false;
  if (op->is("inverse")) {
    norm.inverse = op;
    // It is added to the root rather than below it.
    if (getNumber(*op, "epsilon").value_or(1) != 0)
      return false;
    op = getProducer(op->getOperand("x"), "sqrt");
    if (!op)
      return false;
  } else if (op->is("rsqrt")) {
    norm.epsilon = getNumber(*op, "epsilon").value_or(0);
  } else if (!op->is("pow") || getNumber(*op, "y") != -0.5) {
    return false;
  }
  norm.root = op;
  return matchMean(op->getOperand("x"), norm) && matchSquares(norm);
}

std::optional<NormPattern> matchNorm(Operation &op) {
  NormPattern norm;
  norm.result = &op;
  if (op.is("real_div")) {
    norm.centred = op.getOperand("x");
    norm.root = getProducer(op.getOperand("y"), "sqrt");
    if (norm.root && norm.centred &&
        matchMean(norm.root->getOperand("x"), norm) && matchSquares(norm))
      return norm;
    return std::nullopt;
  }
  if (!op.is("mul"))
    return std::nullopt;
  for (auto [variable, factor] : {std::pair("x", "y"), std::pair("y", "x")}) {
    norm = NormPattern();
    norm.result = &op;
    norm.centred = op.getOperand(variable);
    if (norm.centred && matchInverseRoot(op.getOperand(factor), norm))
      return norm;
  }
  return std::nullopt;
}

} // namespace espresso
