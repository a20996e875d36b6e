//===- TensorValues.h - Elements of immediate tensors -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_TENSORVALUES_H
#define ESPRESSO_LIB_PROTO_TENSORVALUES_H

#include "espresso/IR/Attribute.h"
#include "espresso/Support/Diagnostics.h"

#include "Mil.pb.h"

namespace espresso {

/// Reads the elements of a tensor of `type`. A `?` gets the extent that the
/// number of elements leaves for it. Null after a report at `location`.
[[nodiscard]] Attribute importTensorValue(TensorType type,
                                          const pb::TensorValue &value,
                                          Location location,
                                          DiagnosticEngine &diagnostics);

/// Writes the elements of a dense tensor, each type in the field in which
/// coremltools writes it and Core ML reads it: fp32 in floats, fp64 in doubles,
/// int16, uint16 and int32 in ints, int64 and uint64 in long_ints, bool in
/// bools, strings in strings, the rest in bytes.
void exportTensorValue(const Attribute &value, pb::TensorValue &out);

/// The elements of a dense tensor as weight files hold them: little endian,
/// sub-byte elements sharing bytes. Not for strings.
[[nodiscard]] std::vector<uint8_t> packElements(const Attribute &value);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_TENSORVALUES_H
