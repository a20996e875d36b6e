//===- Numerics.cpp - How the evaluator computes --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Numerics.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"

namespace espresso {

namespace {

struct ModeName {
  llvm::StringLiteral name;
  NumericsMode mode;
};

/// One spelling of one choice, and what it does.
struct Choice {
  llvm::StringLiteral key;
  llvm::StringLiteral value;
  void (*apply)(AneArithmetic &);
};

} // namespace

static constexpr ModeName kModes[] = {
    {"fp32", NumericsMode::Fp32},
    {"fp16", NumericsMode::Fp16},
    {"fp16-acc16", NumericsMode::Fp16Acc16},
    {"fp64", NumericsMode::Fp64},
    {"ane-q16", NumericsMode::AneQ16},
};

static constexpr Choice kChoices[] = {
    {"accumulator", "q16",
     [](AneArithmetic &ane) {
       ane.accumulator = AneArithmetic::Accumulator::Q16;
     }},
    {"accumulator", "fp32",
     [](AneArithmetic &ane) {
       ane.accumulator = AneArithmetic::Accumulator::Fp32;
     }},
    {"accumulator", "radix4",
     [](AneArithmetic &ane) {
       ane.accumulator = AneArithmetic::Accumulator::Radix4;
     }},
    {"small-products", "exponent",
     [](AneArithmetic &ane) {
       ane.smallProducts = AneArithmetic::SmallProducts::ByExponent;
     }},
    {"small-products", "two-units",
     [](AneArithmetic &ane) {
       ane.smallProducts = AneArithmetic::SmallProducts::BelowTwoUnits;
     }},
    {"small-products", "keep",
     [](AneArithmetic &ane) {
       ane.smallProducts = AneArithmetic::SmallProducts::Keep;
     }},
    {"rounding", "away",
     [](AneArithmetic &ane) {
       ane.rounding = AneArithmetic::Rounding::TiesAway;
     }},
    {"rounding", "even",
     [](AneArithmetic &ane) {
       ane.rounding = AneArithmetic::Rounding::TiesToEven;
     }},
    {"tables", "none",
     [](AneArithmetic &ane) { ane.tables = AneArithmetic::Tables::None; }},
    {"tables", "sampled",
     [](AneArithmetic &ane) { ane.tables = AneArithmetic::Tables::Sampled; }},
};

/// Applies "key=value"; false, with a message, if there is no such choice.
static bool applyChoice(llvm::StringRef text, AneArithmetic &ane,
                        std::string &error) {
  auto [key, value] = text.split('=');
  std::string known;
  for (const Choice &choice : kChoices) {
    if (choice.key == key && choice.value == value) {
      choice.apply(ane);
      return true;
    }
    known += (known.empty() ? "" : ", ") + choice.key.str() + "=" +
             choice.value.str();
  }
  error =
      ("'" + text + "' is not a choice of 'ane-q16'; expected one of " + known)
          .str();
  return false;
}

std::optional<Numerics> parseNumerics(llvm::StringRef spelling,
                                      std::string &error) {
  auto [name, choices] = spelling.split(':');
  std::string known;
  for (const ModeName &row : kModes) {
    known += (known.empty() ? "" : ", ") + row.name.str();
    if (row.name != name)
      continue;
    Numerics numerics{row.mode};
    if (choices.empty() && name.size() == spelling.size())
      return numerics;
    if (row.mode != NumericsMode::AneQ16) {
      error = ("'" + name + "' has no choices but '" + choices + "' is given")
                  .str();
      return std::nullopt;
    }
    llvm::SmallVector<llvm::StringRef> parts;
    choices.split(parts, ',');
    for (llvm::StringRef part : parts)
      if (!applyChoice(part, numerics.ane, error))
        return std::nullopt;
    return numerics;
  }
  error =
      ("there is no arithmetic '" + name + "'; expected one of " + known).str();
  return std::nullopt;
}

llvm::StringRef getName(NumericsMode mode) {
  for (const ModeName &row : kModes)
    if (row.mode == mode)
      return row.name;
  return {};
}

} // namespace espresso
