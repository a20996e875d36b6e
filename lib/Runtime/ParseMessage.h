//===- ParseMessage.h - Protobuf messages from files ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_PARSEMESSAGE_H
#define ESPRESSO_LIB_RUNTIME_PARSEMESSAGE_H

#include "google/protobuf/message_lite.h"
#include "google/protobuf/stubs/logging.h"

#include <cstdint>
#include <limits>
#include <span>

namespace espresso::runtime {

/// Fills `message` from `bytes`; false if they are none. Protobuf itself would
/// write what is wrong to stderr; that is for the caller to say.
[[nodiscard]] inline bool parseMessage(std::span<const uint8_t> bytes,
                                       google::protobuf::MessageLite &message) {
  const google::protobuf::LogSilencer silence;
  return bytes.size() <= std::numeric_limits<int>::max() &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_PARSEMESSAGE_H
