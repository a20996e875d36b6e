//===- Opset.h - Which operations a function may use ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_OPSET_H
#define ESPRESSO_IR_OPSET_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace espresso {

/// The opset of a function. Later iOS opsets contain what earlier ones have;
/// definitions may change from one to the next. Model and Host are the
/// altitudes above the engine's language.
enum class Opset : uint8_t {
  Unknown,
  IOS15,
  IOS16,
  IOS17,
  IOS18,
  Model,
  Host,
};

/// "ios15" … "ios18", "model", "host"; also "CoreML5" … "CoreML8". Unknown for
/// any other spelling.
[[nodiscard]] Opset parseOpset(llvm::StringRef spelling);
/// The spelling in text; empty for Unknown.
[[nodiscard]] llvm::StringRef getName(Opset opset);
/// True for the opsets of Apple's language, ios15 and later.
[[nodiscard]] inline bool isIOS(Opset opset) {
  return opset >= Opset::IOS15 && opset <= Opset::IOS18;
}

} // namespace espresso

#endif // ESPRESSO_IR_OPSET_H
