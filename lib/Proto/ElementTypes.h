//===- ElementTypes.h - Numbers of element types ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_ELEMENTTYPES_H
#define ESPRESSO_LIB_PROTO_ELEMENTTYPES_H

#include "espresso/Base/DataType.h"

#include "Mil.pb.h"

#include <optional>

namespace espresso {

[[nodiscard]] pb::ElementType toProto(DataType type);
/// Nothing for numbers that are not in use.
[[nodiscard]] std::optional<DataType> fromProto(pb::ElementType type);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_ELEMENTTYPES_H
