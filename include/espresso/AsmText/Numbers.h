//===- Numbers.h - Numbers as MIL text spells them --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions that do not depend on the locale, exact in both directions.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ASMTEXT_NUMBERS_H
#define ESPRESSO_ASMTEXT_NUMBERS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <optional>

namespace espresso {

/// The sign and magnitude of `-?[0-9]+`.
struct ParsedInteger {
  bool negative = false;
  uint64_t magnitude = 0;
};

/// Reads all of `text`; nothing if the magnitude needs more than 64 bits.
[[nodiscard]] std::optional<ParsedInteger> parseInteger(llvm::StringRef text);

/// The double nearest to all of `text`: an integer, a hexadecimal or a decimal
/// float as docs/Language.md gives them. Infinity if it is out of range;
/// nothing if it is malformed.
[[nodiscard]] std::optional<double> parseReal(llvm::StringRef text);

/// The shortest C99 hexadecimal form with a normalised mantissa:
/// `-0x1.8p+1`, `0x1p-24`, `0x0p+0`; `inf`, `-inf`, `nan`.
void printHexReal(double value, llvm::raw_ostream &os);

/// As printf's `%.17g` in the C locale; `inf`, `-inf`, `nan`.
void printDecimalReal(double value, llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_ASMTEXT_NUMBERS_H
