//===- Features.h - Descriptions of single ports ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_FEATURES_H
#define ESPRESSO_LIB_PROTO_FEATURES_H

#include "FlexibleShapes.h"

#include "espresso/IR/Value.h"

namespace espresso {

/// Whether a port of `type` may be described as `feature`: element types are
/// equal, and so are extents that both know.
[[nodiscard]] bool fitsType(const pb::Feature &feature, Type type);

/// Describes an input, output or state. `shape` is what is known of its unknown
/// extents, or null. Of `original`, which may be null, everything is kept that
/// still fits. Reports and fails for types that models do not have there.
[[nodiscard]] LogicalResult exportInput(const Value &value,
                                        const FlexibleShape *shape,
                                        const pb::Feature *original,
                                        DiagnosticEngine &diagnostics,
                                        pb::Feature &out);
[[nodiscard]] LogicalResult exportOutput(const Value &value,
                                         const pb::Feature *original,
                                         DiagnosticEngine &diagnostics,
                                         pb::Feature &out);
[[nodiscard]] LogicalResult exportState(const Value &value,
                                        const pb::Feature *original,
                                        DiagnosticEngine &diagnostics,
                                        pb::Feature &out);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_FEATURES_H
