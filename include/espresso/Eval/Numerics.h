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

namespace espresso {

/// In which formats values are kept between operations.
enum class NumericsMode : uint8_t {
  /// Every float is binary32, whatever its declared type.
  Fp32,
  /// Every float has its declared type: computed in binary32, then rounded once
  /// to nearest even.
  Fp16,
  /// Every float is binary64, whatever its declared type.
  Fp64,
};

/// The arithmetic of an evaluation. Sums are carried in the format in which an
/// operation computes (see PlainSum in Accumulate.h). A value.
struct Numerics {
  NumericsMode mode = NumericsMode::Fp32;

  /// The type that a tensor declared as `declared` has in this arithmetic;
  /// integers, bools and strings keep theirs.
  [[nodiscard]] DataType getEffectiveType(DataType declared) const {
    if (!isFloat(declared) || mode == NumericsMode::Fp16)
      return declared;
    return mode == NumericsMode::Fp32 ? DataType::Float32 : DataType::Float64;
  }
};

/// The mode spelt "fp32", "fp16" or "fp64", or nothing.
[[nodiscard]] std::optional<NumericsMode>
parseNumericsMode(llvm::StringRef spelling);
[[nodiscard]] llvm::StringRef getName(NumericsMode mode);

} // namespace espresso

#endif // ESPRESSO_EVAL_NUMERICS_H
