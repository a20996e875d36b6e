//===- Wire.cpp - Messages from and to bytes ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Wire.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include <limits>

namespace espresso {

/// Messages inside of messages. What we write stays well below it: see
/// kMaxNesting of ValueExport.h.
static constexpr int kMaxDepth = 256;
/// The limit of the format itself.
static constexpr uint64_t kMaxBytes = std::numeric_limits<int>::max();

LogicalResult parseMessage(google::protobuf::MessageLite &message,
                           llvm::ArrayRef<uint8_t> bytes,
                           llvm::StringRef subject,
                           DiagnosticEngine &diagnostics) {
  if (bytes.size() > kMaxBytes)
    return diagnostics.emitError(subject)
           << "expected a message of less than 2 GiB, found " << bytes.size()
           << " bytes";
  google::protobuf::io::CodedInputStream stream(bytes.data(),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxDepth);
  stream.SetTotalBytesLimit(static_cast<int>(kMaxBytes));
  if (message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage())
    return success();
  return diagnostics.emitError(subject)
         << "malformed message: cut short, nested deeper than " << kMaxDepth
         << " messages, or not protobuf at all";
}

FailureOr<std::string>
serializeMessage(const google::protobuf::MessageLite &message,
                 llvm::StringRef subject, DiagnosticEngine &diagnostics) {
  uint64_t size = message.ByteSizeLong();
  if (size > kMaxBytes)
    return diagnostics.emitError(subject) << "the message would take " << size
                                          << " bytes; the format ends at 2 GiB";
  std::string bytes;
  bytes.reserve(size);
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&coded);
  }
  return bytes;
}

} // namespace espresso
