//===- Formula.h - Formulas behind values --------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_FUSE_FORMULA_H
#define ESPRESSO_LIB_TRANSFORMS_FUSE_FORMULA_H

#include "../Patterns/Match.h"

#include <array>
#include <optional>

namespace espresso {

/// A product: a number times values. Powers are values that repeat.
struct Factors {
  double number = 1;
  llvm::SmallVector<Value *, 4> values;

  bool isSquareOf(const Value *x) const {
    return number == 1 && values.size() == 2 && values[0] == x &&
           values[1] == x;
  }
};

/// The factors of `value`, through products, squares, whole powers and
/// divisions by numbers that nobody else uses.
[[nodiscard]] Factors getFactors(Value *value);

/// Coefficients of 1, x, x² and x³.
using Polynomial = std::array<double, 4>;

/// `value` as a polynomial of `x`; nothing if it is none of that degree.
[[nodiscard]] std::optional<Polynomial> getPolynomial(Value *value,
                                                      const Value *x);

/// True if `value` is that polynomial of `x`, to about the precision of fp16.
[[nodiscard]] bool isPolynomial(Value *value, const Value *x,
                                const Polynomial &expected);

/// The operation of that name in `1 + operation`, or null.
[[nodiscard]] Operation *getOnePlus(Value *value, llvm::StringRef opName);

/// True if `number` is `expected` to about the precision of fp16.
[[nodiscard]] bool isNear(double number, double expected);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_FUSE_FORMULA_H
