//===- FunctionNumerics.h - Two functions on the same inputs ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PASS_FUNCTIONNUMERICS_H
#define ESPRESSO_LIB_PASS_FUNCTIONNUMERICS_H

#include "espresso/Pass/Instrumentation.h"

#include <string>
#include <vector>

namespace espresso {

/// What comparing two functions has brought.
struct NumericsFinding {
  enum class Kind : uint8_t { Same, Different, Unchecked };
  Kind kind = Kind::Same;
  /// What differs, or why nothing was compared.
  std::string message;
  std::vector<std::string> notes;
  /// Of the operation to blame, if there is one.
  Location location;
};

/// Evaluates both functions, each in its program, on the same random inputs and
/// states, and compares outputs and states by name. Both must be valid.
[[nodiscard]] NumericsFinding
compareFunctions(const Function &before, const Function &after,
                 const NumericTolerance &tolerance,
                 const NumericsCheckOptions &options);

} // namespace espresso

#endif // ESPRESSO_LIB_PASS_FUNCTIONNUMERICS_H
