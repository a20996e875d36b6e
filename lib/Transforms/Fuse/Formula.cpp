//===- Formula.cpp - Formulas behind values -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formula.h"

#include <cmath>

namespace espresso {

/// Deeper formulas are not looked into: it keeps matching linear.
static constexpr unsigned kMaxDepth = 6;

bool isNear(double number, double expected) {
  constexpr double kTolerance = 2e-3;
  return std::abs(number - expected) <= kTolerance * std::abs(expected);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The exponent of a whole power from 1 to 3, or 0.
static int getWholePower(const Operation &op) {
  if (op.is("square"))
    return 2;
  std::optional<double> exponent =
      op.is("pow") ? getUniform(op, "y") : std::nullopt;
  if (exponent && (*exponent == 1 || *exponent == 2 || *exponent == 3))
    return static_cast<int>(*exponent);
  return 0;
}

static void collectFactors(Value *value, Factors &factors, unsigned depth) {
  Operation *op = value->getDefiningOp();
  bool isOwn = depth == 0 || value->hasOneUse();
  if (op && isOwn && depth < kMaxDepth) {
    if (op->is("mul") || op->is("real_div")) {
      std::optional<ValueAndNumber> scaled = splitNumber(*op);
      bool isInverse = op->is("real_div");
      // A number divided by a value is something else.
      if (scaled && !(isInverse && op->getConstant("x"))) {
        factors.number *= isInverse ? 1 / scaled->number : scaled->number;
        collectFactors(scaled->value, factors, depth + 1);
        return;
      }
      Value *x = op->getOperand("x"), *y = op->getOperand("y");
      if (!isInverse && x && y && !op->getConstant("x") &&
          !op->getConstant("y")) {
        collectFactors(x, factors, depth + 1);
        collectFactors(y, factors, depth + 1);
        return;
      }
    }
    int power = getWholePower(*op);
    if (Value *x = op->getOperand("x"); power != 0 && x) {
      factors.values.append(power, x);
      return;
    }
  }
  factors.values.push_back(value);
}

Factors getFactors(Value *value) {
  Factors factors;
  collectFactors(value, factors, 0);
  return factors;
}

//===----------------------------------------------------------------------===//
// Polynomials
//===----------------------------------------------------------------------===//

/// The product, if its degree is at most 3.
static std::optional<Polynomial> multiply(const Polynomial &a,
                                          const Polynomial &b) {
  Polynomial product = {};
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i] == 0 || b[j] == 0)
        continue;
      if (i + j >= product.size())
        return std::nullopt;
      product[i + j] += a[i] * b[j];
    }
  return product;
}

static std::optional<Polynomial> find(Value *value, const Value *x,
                                      unsigned depth);

/// An operand of `op`: a number or a polynomial.
static std::optional<Polynomial> findOperand(const Operation &op,
                                             llvm::StringRef input,
                                             const Value *x, unsigned depth) {
  if (std::optional<double> number = getUniform(op, input))
    return Polynomial{*number, 0, 0, 0};
  return find(op.getOperand(input), x, depth);
}

static std::optional<Polynomial> find(Value *value, const Value *x,
                                      unsigned depth) {
  if (value == x)
    return Polynomial{0, 1, 0, 0};
  Operation *op = value ? value->getDefiningOp() : nullptr;
  if (!op || depth == kMaxDepth || op->getNumResults() != 1)
    return std::nullopt;
  if (int power = getWholePower(*op)) {
    std::optional<Polynomial> base = findOperand(*op, "x", x, depth + 1);
    std::optional<Polynomial> result = base;
    for (int i = 1; i < power && result; ++i)
      result = multiply(*result, *base);
    return result;
  }
  bool isSum = op->is("add") || op->is("sub");
  if (!isSum && !op->is("mul") && !op->is("real_div"))
    return std::nullopt;
  std::optional<Polynomial> a = findOperand(*op, "x", x, depth + 1);
  std::optional<Polynomial> b =
      a ? findOperand(*op, "y", x, depth + 1) : std::nullopt;
  if (!b)
    return std::nullopt;
  if (op->is("mul"))
    return multiply(*a, *b);
  if (op->is("real_div")) {
    if (*b != Polynomial{(*b)[0], 0, 0, 0} || (*b)[0] == 0)
      return std::nullopt;
    return multiply(*a, {1 / (*b)[0], 0, 0, 0});
  }
  for (size_t i = 0; i < a->size(); ++i)
    (*a)[i] += op->is("sub") ? -(*b)[i] : (*b)[i];
  return a;
}

std::optional<Polynomial> getPolynomial(Value *value, const Value *x) {
  return find(value, x, 0);
}

bool isPolynomial(Value *value, const Value *x, const Polynomial &expected) {
  std::optional<Polynomial> found = getPolynomial(value, x);
  if (!found)
    return false;
  for (size_t i = 0; i < expected.size(); ++i)
    if (!isNear((*found)[i], expected[i]))
      return false;
  return true;
}

Operation *getOnePlus(Value *value, llvm::StringRef opName) {
  Operation *sum = getProducer(value, "add");
  std::optional<ValueAndNumber> parts = sum ? splitNumber(*sum) : std::nullopt;
  return parts && parts->number == 1 ? getProducer(parts->value, opName)
                                     : nullptr;
}

} // namespace espresso
