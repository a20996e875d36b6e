//===- Numerics.cpp - How the evaluator computes --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Numerics.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ErrorHandling.h"

namespace espresso {

std::optional<NumericsMode> parseNumericsMode(llvm::StringRef spelling) {
  return llvm::StringSwitch<std::optional<NumericsMode>>(spelling)
      .Case("fp32", NumericsMode::Fp32)
      .Case("fp16", NumericsMode::Fp16)
      .Case("fp64", NumericsMode::Fp64)
      .Default(std::nullopt);
}

llvm::StringRef getName(NumericsMode mode) {
  switch (mode) {
  case NumericsMode::Fp32:
    return "fp32";
  case NumericsMode::Fp16:
    return "fp16";
  case NumericsMode::Fp64:
    return "fp64";
  }
  llvm_unreachable("every mode has a name");
}

} // namespace espresso
