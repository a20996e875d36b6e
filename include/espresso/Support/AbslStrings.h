//===- AbslStrings.h - Between two kinds of string views --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_SUPPORT_ABSLSTRINGS_H
#define ESPRESSO_SUPPORT_ABSLSTRINGS_H

#include "absl/strings/string_view.h"
#include "llvm/ADT/StringRef.h"

namespace espresso {

// The packaged Abseil has a string_view of its own, which converts to nothing
// of LLVM's.

[[nodiscard]] inline llvm::StringRef toStringRef(absl::string_view text) {
  return {text.data(), text.size()};
}

[[nodiscard]] inline absl::string_view toAbsl(llvm::StringRef text) {
  return {text.data(), text.size()};
}

} // namespace espresso

#endif // ESPRESSO_SUPPORT_ABSLSTRINGS_H
