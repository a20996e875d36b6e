//===- CompiledDescription.cpp - The coremldata.bin of models -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledDescription.h"

#include "Wire.h"

#include "llvm/Support/Endian.h"

namespace espresso {

using llvm::support::endian::read32le;
using llvm::support::endian::read64le;

// Layout, little endian:
//   0x00  u32 502, the field of ML programs in a model
//   0x04  u32 5
//   0x08  20 zeros
//   0x1C  u64 7, "generic"
//   0x2B  u8 specification version
//   0x2C  31 zeros
//   0x4B  u64 length of the description, then the description
//   then for each function: u32 502, 12 zeros
static constexpr uint32_t kKind = 502;
static constexpr uint32_t kFormat = 5;
static constexpr llvm::StringLiteral kTarget = "generic";
static constexpr size_t kTargetOffset = 0x1C;
static constexpr size_t kVersionOffset = 0x2B;
static constexpr size_t kLengthOffset = 0x4B;
static constexpr size_t kDescriptionOffset = 0x53;
static constexpr size_t kTrailerSize = 16;

std::string parseCompiledDescription(llvm::ArrayRef<uint8_t> bytes,
                                     pb::Model &model) {
  if (bytes.size() < kDescriptionOffset)
    return "cut short";
  if (read32le(bytes.data()) != kKind)
    return "not of an ML program";
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()),
                       bytes.size());
  if (read64le(bytes.data() + kTargetOffset) != kTarget.size() ||
      !text.substr(kTargetOffset + sizeof(uint64_t)).starts_with(kTarget))
    return "of a layout that is not known";
  uint64_t length = read64le(bytes.data() + kLengthOffset);
  if (length > bytes.size() - kDescriptionOffset)
    return "cut short";
  DiagnosticEngine silent;
  silent.setHandler([](const Diagnostic &) {});
  if (failed(parseMessage(*model.mutable_description(),
                          bytes.slice(kDescriptionOffset, length), "", silent)))
    return "with a description that is malformed";
  // Compilers add an empty one where there was none.
  if (model.description().metadata().ByteSizeLong() == 0)
    model.mutable_description()->clear_metadata();
  model.set_specification_version(bytes[kVersionOffset]);
  return "";
}

template <typename Integer>
static void append(std::string &bytes, Integer value) {
  for (size_t i = 0; i < sizeof(Integer); ++i)
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
}

static void appendString(std::string &bytes, llvm::StringRef text) {
  append(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

FailureOr<std::string> makeCompiledDescription(const pb::Model &model,
                                               DiagnosticEngine &diagnostics) {
  pb::ModelDescription description = model.description();
  // Present in every file seen, if only empty.
  description.mutable_metadata();
  FailureOr<std::string> message =
      serializeMessage(description, "description", diagnostics);
  if (failed(message))
    return failure();
  std::string bytes;
  append(bytes, kKind);
  append(bytes, kFormat);
  bytes.resize(kTargetOffset);
  appendString(bytes, kTarget);
  append(bytes, static_cast<uint8_t>(model.specification_version()));
  bytes.resize(kLengthOffset);
  appendString(bytes, *message);
  for (int i = 0; i < model.ml_program().functions_size(); ++i) {
    size_t end = bytes.size() + kTrailerSize;
    append(bytes, kKind);
    bytes.resize(end);
  }
  return bytes;
}

std::string makeCompiledAnalytics() {
  std::string bytes;
  appendString(bytes, "NeuralNetworkModelDetails");
  append(bytes, uint64_t(2));
  appendString(bytes, "containsCustomLayer");
  appendString(bytes, "0");
  appendString(bytes, "modelDimension");
  appendString(bytes, "0");
  return bytes;
}

} // namespace espresso
