//===- ModelKinds.h - Models that are no programs ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_MODELKINDS_H
#define ESPRESSO_LIB_PROTO_MODELKINDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace espresso {

/// If the `Model` message in `bytes` holds a model that is no ML program, what
/// it is ("tree ensemble classifier"). Nothing if there is none, or if the
/// bytes are malformed before one comes.
[[nodiscard]] std::optional<llvm::StringRef>
findOtherModelKind(llvm::ArrayRef<uint8_t> bytes);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_MODELKINDS_H
