//===- Wire.h - Messages from and to bytes ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_WIRE_H
#define ESPRESSO_LIB_PROTO_WIRE_H

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/ArrayRef.h"

#include "google/protobuf/message_lite.h"

#include <string>

namespace espresso {

/// Reads all of `bytes` into `message`. Reports what is no such message, is
/// nested too deep, or is larger than any message may be; `subject` says whose
/// bytes they are.
[[nodiscard]] LogicalResult parseMessage(google::protobuf::MessageLite &message,
                                         llvm::ArrayRef<uint8_t> bytes,
                                         llvm::StringRef subject,
                                         DiagnosticEngine &diagnostics);

/// The bytes of `message`: equal messages give equal bytes, maps are sorted by
/// key. Reports a message that is larger than any may be.
[[nodiscard]] FailureOr<std::string>
serializeMessage(const google::protobuf::MessageLite &message,
                 llvm::StringRef subject, DiagnosticEngine &diagnostics);

/// Copies the fields of `from` that its schema does not know.
template <typename Message>
void copyUnknownFields(const Message &from, Message &to) {
  if (!from.unknown_fields().empty())
    *to.mutable_unknown_fields() = from.unknown_fields();
}

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_WIRE_H
