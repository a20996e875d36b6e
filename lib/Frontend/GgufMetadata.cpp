//===- GgufMetadata.cpp - Typed access to GGUF metadata -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GgufMetadata.h"

#include <algorithm>
#include <limits>

namespace espresso {

InFlightDiagnostic GgufMetadata::emitError(const GgufValue *value) {
  failedOnce = true;
  if (!value)
    return diagnostics.emitError(file.getPath());
  return diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                               llvm::Twine(value->position));
}

void GgufMetadata::emitWarning(const llvm::Twine &message) {
  Diagnostic warning;
  warning.severity = Severity::Warning;
  warning.subject = file.getPath();
  warning.message = message.str();
  diagnostics.report(std::move(warning));
}

void GgufMetadata::emitMissing(llvm::StringRef key) {
  emitError(nullptr) << "expected the metadata key '" << key << "', found none";
}

void GgufMetadata::emitWrongType(llvm::StringRef key, const GgufValue &value,
                                 llvm::StringRef expected) {
  InFlightDiagnostic diagnostic = emitError(&value);
  diagnostic << "expected '" << key << "' to be " << expected << ", found "
             << getName(value.type);
  if (value.type == GgufType::Array)
    diagnostic << " of " << getName(value.elementType);
}

std::optional<int64_t> GgufMetadata::findInteger(llvm::StringRef key) {
  const GgufValue *value = file.findValue(key);
  if (!value)
    return std::nullopt;
  std::optional<uint64_t> number = getUnsigned(value->type, value->bytes);
  if (!number) {
    emitWrongType(key, *value, "an integer from 0 on");
    return std::nullopt;
  }
  // Every use bounds its numbers far below this.
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(*number, kMost));
}

std::optional<double> GgufMetadata::findReal(llvm::StringRef key) {
  const GgufValue *value = file.findValue(key);
  if (!value)
    return std::nullopt;
  if (value->type == GgufType::Float32) {
    float number;
    std::memcpy(&number, value->bytes.data(), sizeof(number));
    return number;
  }
  if (value->type == GgufType::Float64) {
    double number;
    std::memcpy(&number, value->bytes.data(), sizeof(number));
    return number;
  }
  emitWrongType(key, *value, "a float");
  return std::nullopt;
}

std::optional<bool> GgufMetadata::findBool(llvm::StringRef key) {
  const GgufValue *value = file.findValue(key);
  if (!value)
    return std::nullopt;
  if (value->type == GgufType::Bool)
    return value->bytes[0] != 0;
  emitWrongType(key, *value, "a bool");
  return std::nullopt;
}

std::optional<llvm::StringRef> GgufMetadata::findString(llvm::StringRef key) {
  const GgufValue *value = file.findValue(key);
  if (!value)
    return std::nullopt;
  if (value->type == GgufType::String)
    return value->bytes;
  emitWrongType(key, *value, "a string");
  return std::nullopt;
}

std::optional<uint32_t> GgufMetadata::findTokenId(llvm::StringRef key) {
  constexpr int64_t kNone = std::numeric_limits<uint32_t>::max();
  std::optional<int64_t> number = findInteger(key);
  if (!number || *number == kNone)
    return std::nullopt;
  if (*number < kNone)
    return static_cast<uint32_t>(*number);
  emitError(file.findValue(key))
      << "expected '" << key << "' to be a token id of 32 bits, found "
      << *number;
  return std::nullopt;
}

const GgufValue *GgufMetadata::findArray(llvm::StringRef key,
                                         GgufType elementType) {
  const GgufValue *value = file.findValue(key);
  if (!value)
    return nullptr;
  if (value->type == GgufType::Array && value->elementType == elementType)
    return value;
  emitWrongType(key, *value, ("an array of " + getName(elementType)).str());
  return nullptr;
}

int64_t GgufMetadata::getInteger(llvm::StringRef key) {
  if (!file.findValue(key))
    emitMissing(key);
  return findInteger(key).value_or(0);
}

double GgufMetadata::getReal(llvm::StringRef key) {
  if (!file.findValue(key))
    emitMissing(key);
  return findReal(key).value_or(0);
}

llvm::StringRef GgufMetadata::getString(llvm::StringRef key) {
  if (!file.findValue(key))
    emitMissing(key);
  return findString(key).value_or("");
}

const GgufValue *GgufMetadata::getArray(llvm::StringRef key,
                                        GgufType elementType) {
  if (!file.findValue(key))
    emitMissing(key);
  return findArray(key, elementType);
}

} // namespace espresso
