//===- Text.h - Text for generated files ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_UTILS_TBLGEN_TEXT_H
#define ESPRESSO_UTILS_TBLGEN_TEXT_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace espresso::tblgen {

/// A C++ string literal.
inline std::string quote(llvm::StringRef text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "\"";
}

} // namespace espresso::tblgen

#endif // ESPRESSO_UTILS_TBLGEN_TEXT_H
