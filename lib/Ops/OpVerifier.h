//===- OpVerifier.h - One operation against its record ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_OPS_OPVERIFIER_H
#define ESPRESSO_LIB_OPS_OPVERIFIER_H

#include "espresso/Ops/OpDefinition.h"

#include <limits>

namespace espresso {

/// Extents are int32 wherever MIL computes with them.
inline constexpr int64_t kMaxExtent = std::numeric_limits<int32_t>::max();
[[nodiscard]] bool hasHugeExtent(TensorType type);

/// Checks what the table of inputs says: known, present, of their kind, element
/// type and rank, compile-time where they must be, type variables in agreement.
/// Reports everything it finds.
[[nodiscard]] LogicalResult checkInputs(const Operation &op,
                                        const OpDefinition &definition);

/// checkInputs, inference against the declared results, and the rule.
[[nodiscard]] LogicalResult verifyOperation(const Operation &op,
                                            const OpDefinition &definition);

} // namespace espresso

#endif // ESPRESSO_LIB_OPS_OPVERIFIER_H
