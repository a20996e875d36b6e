//===- Registry.h - Every operation that is known ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_OPS_REGISTRY_H
#define ESPRESSO_OPS_REGISTRY_H

#include "espresso/Ops/OpDefinition.h"

#include <optional>

namespace espresso {

/// Every row, sorted by name, then by opset.
llvm::ArrayRef<OpDefinition> getAllOpDefinitions();

/// The definition of `name` that applies in `opset`, or null. MIL operations
/// exist in Model and Host functions too, with their newest definition.
/// Composites are found in every opset, since passes leave them in programs for
/// a while; the verifier says where they do not belong. In an Unknown opset the
/// newest definition applies.
const OpDefinition *lookupOp(llvm::StringRef name, Opset opset);

/// The definition that applies to `op` where it stands; null if it is unknown,
/// that is, opaque.
const OpDefinition *lookupOp(const Operation &op);

/// The earliest opset that has `name` at all, or nothing.
std::optional<Opset> getFirstOpset(llvm::StringRef name);

/// A name like `name` that exists in some opset; for "did you mean".
std::optional<llvm::StringRef> suggestOp(llvm::StringRef name);

/// True if `op` may be removed when its results are unused, and shared with an
/// equal one. Opaque operations may not.
bool isPure(const Operation &op);

/// The value of `input` at compile time, the default of the record if it is
/// absent; null if it is neither known nor defaulted.
Attribute getConstantOrDefault(const Operation &op, llvm::StringRef input);

} // namespace espresso

#endif // ESPRESSO_OPS_REGISTRY_H
