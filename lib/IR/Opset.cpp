//===- Opset.cpp - Which operations a function may use --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Opset.h"

#include "llvm/ADT/StringSwitch.h"

namespace espresso {

Opset parseOpset(llvm::StringRef spelling) {
  return llvm::StringSwitch<Opset>(spelling)
      .Cases("ios15", "CoreML5", Opset::IOS15)
      .Cases("ios16", "CoreML6", Opset::IOS16)
      .Cases("ios17", "CoreML7", Opset::IOS17)
      .Cases("ios18", "CoreML8", Opset::IOS18)
      .Case("model", Opset::Model)
      .Case("host", Opset::Host)
      .Default(Opset::Unknown);
}

llvm::StringRef getName(Opset opset) {
  switch (opset) {
  case Opset::Unknown:
    return "";
  case Opset::IOS15:
    return "ios15";
  case Opset::IOS16:
    return "ios16";
  case Opset::IOS17:
    return "ios17";
  case Opset::IOS18:
    return "ios18";
  case Opset::Model:
    return "model";
  case Opset::Host:
    return "host";
  }
  return "";
}

} // namespace espresso
