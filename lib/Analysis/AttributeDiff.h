//===- AttributeDiff.h - In what two constants differ -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ANALYSIS_ATTRIBUTEDIFF_H
#define ESPRESSO_LIB_ANALYSIS_ATTRIBUTEDIFF_H

#include "espresso/Analysis/ProgramDiff.h"

namespace espresso {

/// Whether two values are equal; those that stay in files by their bytes unless
/// they are at the same place. Null values equal each other.
[[nodiscard]] bool areEqual(const Attribute &a, const Attribute &b,
                            DiagnosticEngine &diagnostics);

/// A value as text that fits on a line; null as nothing.
[[nodiscard]] std::string describe(const Attribute &value);

/// In what two unequal values called `what` differ: of two tensors alike in
/// shape, where.
[[nodiscard]] DifferenceDetail describeDifference(std::string what,
                                                  const Attribute &before,
                                                  const Attribute &after);

} // namespace espresso

#endif // ESPRESSO_LIB_ANALYSIS_ATTRIBUTEDIFF_H
