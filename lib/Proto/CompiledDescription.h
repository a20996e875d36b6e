//===- CompiledDescription.h - The coremldata.bin of models -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_COMPILEDDESCRIPTION_H
#define ESPRESSO_LIB_PROTO_COMPILEDDESCRIPTION_H

#include "espresso/Support/Diagnostics.h"

#include "Model.pb.h"

#include "llvm/ADT/ArrayRef.h"

namespace espresso {

/// Reads the version and the description of a compiled model into `model`.
/// Returns what is wrong with the bytes, or nothing.
[[nodiscard]] std::string
parseCompiledDescription(llvm::ArrayRef<uint8_t> bytes, pb::Model &model);

/// The same bytes for `model`; its program tells the number of functions.
[[nodiscard]] FailureOr<std::string>
makeCompiledDescription(const pb::Model &model, DiagnosticEngine &diagnostics);

/// The least that is known to be accepted as `analytics/coremldata.bin`.
[[nodiscard]] std::string makeCompiledAnalytics();

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_COMPILEDDESCRIPTION_H
