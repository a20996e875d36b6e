//===- Numerics.h - How the evaluator computes ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_NUMERICS_H
#define ESPRESSO_EVAL_NUMERICS_H

#include "espresso/Base/DataType.h"

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace espresso {

/// In which formats values are kept between operations, and how they are
/// computed.
enum class NumericsMode : uint8_t {
  /// Every float is binary32, whatever its declared type.
  Fp32,
  /// Every float has its declared type: computed in binary32, then rounded once
  /// to nearest even.
  Fp16,
  /// As Fp16, with sums of fp16 operations carried in fp16.
  Fp16Acc16,
  /// Every float is binary64, whatever its declared type.
  Fp64,
  /// As Fp16, with fp16 operations computed as the engine is measured to.
  AneQ16,
};

/// What public measurements of the engine do not agree on, as choices for
/// NumericsMode::AneQ16. The defaults are what was measured on M4 and M6; see
/// docs/Evaluator.md for the evidence of each. A value.
struct AneArithmetic {
  /// How sums of products are carried.
  enum class Accumulator : uint8_t {
    /// Products on a grid of 2^-16, summed exactly; infinite for ever once a
    /// sum reaches 32,768.
    Q16,
    /// Exact products summed in binary32.
    Fp32,
    /// Exact products summed four at a time, rounded to binary16, and these
    /// summed in binary32.
    Radix4,
  };
  /// Which products of the Q16 accumulator vanish.
  enum class SmallProducts : uint8_t {
    /// Those whose operands have exponents that sum to less than -16.
    ByExponent,
    /// Those that are less than two units of the grid.
    BelowTwoUnits,
    /// None but those that round to zero.
    Keep,
  };
  /// How results are rounded to binary16.
  enum class Rounding : uint8_t { TiesAway, TiesToEven };
  /// How sigmoid and tanh are computed.
  enum class Tables : uint8_t {
    /// In binary32.
    None,
    /// Linear between knots sampled from the function.
    Sampled,
  };

  Accumulator accumulator = Accumulator::Q16;
  SmallProducts smallProducts = SmallProducts::ByExponent;
  Rounding rounding = Rounding::TiesAway;
  Tables tables = Tables::None;
};

/// The arithmetic of an evaluation. A value.
struct Numerics {
  NumericsMode mode = NumericsMode::Fp32;
  /// Counts for NumericsMode::AneQ16 only.
  AneArithmetic ane = {};

  /// The type that a tensor declared as `declared` has in this arithmetic;
  /// integers, bools and strings keep theirs.
  [[nodiscard]] DataType getEffectiveType(DataType declared) const {
    if (!isFloat(declared))
      return declared;
    switch (mode) {
    case NumericsMode::Fp32:
      return DataType::Float32;
    case NumericsMode::Fp64:
      return DataType::Float64;
    case NumericsMode::Fp16:
    case NumericsMode::Fp16Acc16:
    case NumericsMode::AneQ16:
      return declared;
    }
    return declared;
  }

  /// Whether operations on fp16 compute otherwise than those on fp32.
  [[nodiscard]] bool hasHalfArithmetic() const {
    return mode == NumericsMode::Fp16Acc16 || mode == NumericsMode::AneQ16;
  }
};

/// The arithmetic spelt "fp32", "fp16", "fp16-acc16", "fp64" or "ane-q16"; the
/// last may go on with choices: "ane-q16:small-products=keep,tables=sampled".
/// Nothing if it is spelt otherwise, and then `error` says what was expected.
[[nodiscard]] std::optional<Numerics> parseNumerics(llvm::StringRef spelling,
                                                    std::string &error);
[[nodiscard]] llvm::StringRef getName(NumericsMode mode);

} // namespace espresso

#endif // ESPRESSO_EVAL_NUMERICS_H
