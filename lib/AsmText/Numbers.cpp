//===- Numbers.cpp - Numbers as MIL text spells them ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Numbers.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>

namespace espresso {

static constexpr unsigned kMantissaBits = 52;
static constexpr int kBias = 1023;

std::optional<ParsedInteger> parseInteger(llvm::StringRef text) {
  ParsedInteger result;
  result.negative = text.consume_front("-");
  if (text.empty())
    return std::nullopt;
  for (char c : text) {
    if (!llvm::isDigit(c) ||
        __builtin_mul_overflow(result.magnitude, uint64_t{10},
                               &result.magnitude) ||
        __builtin_add_overflow(result.magnitude, static_cast<uint64_t>(c - '0'),
                               &result.magnitude))
      return std::nullopt;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Reading floats
//===----------------------------------------------------------------------===//

static std::optional<double> parseRealSlowly(llvm::StringRef text) {
  llvm::APFloat value(llvm::APFloat::IEEEdouble());
  llvm::Expected<llvm::APFloat::opStatus> status =
      value.convertFromString(text, llvm::APFloat::rmNearestTiesToEven);
  if (!status) {
    llvm::consumeError(status.takeError());
    return std::nullopt;
  }
  return value.convertToDouble();
}

/// `H(.H*)?p[+-]D+` after the `0x`, if the mantissa fits 53 bits and the result
/// is a normal number, so that no rounding takes place.
static std::optional<double> parseHexExactly(llvm::StringRef text) {
  uint64_t mantissa = 0;
  int exponent = 0;
  bool afterPoint = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'p' && text[i] != 'P'; ++i) {
    if (text[i] == '.') {
      if (std::exchange(afterPoint, true))
        return std::nullopt;
      continue;
    }
    unsigned digit = llvm::hexDigitValue(text[i]);
    if (digit > 15 || mantissa >> (kMantissaBits - 3))
      return std::nullopt;
    mantissa = mantissa << 4 | digit;
    exponent -= afterPoint ? 4 : 0;
  }
  if (i == text.size())
    return std::nullopt;
  int written = 0;
  const char *first = text.data() + i + 1;
  if (first != text.end() && *first == '+')
    ++first;
  auto [end, error] = std::from_chars(first, text.end(), written);
  if (error != std::errc() || end != text.end() || std::abs(written) > kBias)
    return std::nullopt;
  exponent += written;
  if (mantissa == 0)
    return 0.0;
  int top = exponent + 63 - std::countl_zero(mantissa);
  if (top <= -kBias || top > kBias)
    return std::nullopt;
  return std::ldexp(static_cast<double>(mantissa), exponent);
}

/// A decimal of few digits and a small exponent: one exactly rounded
/// multiplication or division of two exact doubles.
static std::optional<double> parseShortDecimal(llvm::StringRef text) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3, 1e4,  1e5,
                                       1e6,  1e7,  1e8,  1e9, 1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15};
  constexpr unsigned kMaxDigits = 15;
  uint64_t digits = 0;
  unsigned count = 0;
  unsigned decimals = 0;
  bool afterPoint = false;
  for (char c : text) {
    if (c == '.' && !std::exchange(afterPoint, true))
      continue;
    if (!llvm::isDigit(c) || ++count > kMaxDigits)
      return std::nullopt;
    digits = digits * 10 + (c - '0');
    decimals += afterPoint;
  }
  if (count == 0)
    return std::nullopt;
  return static_cast<double>(digits) / kPowers[decimals];
}

std::optional<double> parseReal(llvm::StringRef text) {
  llvm::StringRef magnitude = text;
  bool negative = magnitude.consume_front("-");
  std::optional<double> value;
  if (magnitude.starts_with("0x") || magnitude.starts_with("0X"))
    value = parseHexExactly(magnitude.drop_front(2));
  else
    value = parseShortDecimal(magnitude);
  if (value)
    return negative ? -*value : *value;
  return parseRealSlowly(text);
}

//===----------------------------------------------------------------------===//
// Writing floats
//===----------------------------------------------------------------------===//

/// Writes infinities and NaN; false if `value` is finite.
static bool printNonFinite(double value, llvm::raw_ostream &os) {
  if (std::isfinite(value))
    return false;
  if (std::isnan(value))
    os << "nan";
  else
    os << (value < 0 ? "-inf" : "inf");
  return true;
}

void printHexReal(double value, llvm::raw_ostream &os) {
  if (printNonFinite(value, os))
    return;
  uint64_t bits = std::bit_cast<uint64_t>(value);
  uint64_t mantissa = bits & ((uint64_t{1} << kMantissaBits) - 1);
  int exponent = static_cast<int>(bits >> kMantissaBits & 0x7ff);
  if (bits >> 63)
    os << '-';
  if (exponent == 0 && mantissa == 0) {
    os << "0x0p+0";
    return;
  }
  if (exponent == 0) {
    // A subnormal double: bring its leading one to the implicit place.
    int shift = std::countl_zero(mantissa) - (63 - int(kMantissaBits));
    mantissa = mantissa << shift & ((uint64_t{1} << kMantissaBits) - 1);
    exponent = 1 - shift;
  }
  os << "0x1";
  if (mantissa)
    os << '.';
  for (; mantissa; mantissa = mantissa << 4 & ((uint64_t{1} << 52) - 1))
    os << llvm::hexdigit(static_cast<unsigned>(mantissa >> 48),
                         /*LowerCase=*/true);
  exponent -= kBias;
  os << 'p' << (exponent < 0 ? '-' : '+') << std::abs(exponent);
}

void printDecimalReal(double value, llvm::raw_ostream &os) {
  if (printNonFinite(value, os))
    return;
  constexpr int kDigits = 17;
  char buffer[32];
  std::to_chars_result result =
      std::to_chars(std::begin(buffer), std::end(buffer), value,
                    std::chars_format::general, kDigits);
  os << llvm::StringRef(buffer, result.ptr - buffer);
}

} // namespace espresso
