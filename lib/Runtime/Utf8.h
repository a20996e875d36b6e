//===- Utf8.h - One character of UTF-8 --------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_UTF8_H
#define ESPRESSO_LIB_RUNTIME_UTF8_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace espresso::runtime {

/// What text begins with.
struct Utf8Prefix {
  enum Kind : uint8_t {
    Character,  ///< a whole character
    Invalid,    ///< bytes that cannot begin one
    Unfinished, ///< the beginning of one, cut off by the end
  };
  Kind kind;
  /// Bytes of it; for Invalid, the longest part that might have begun a
  /// character (Unicode's "maximal subpart"), at least one.
  size_t length;
};

/// Looks at the beginning of `text`, which must not be empty. Strict: no
/// surrogates, no overlong forms, nothing above U+10FFFF.
[[nodiscard]] Utf8Prefix scanUtf8(std::string_view text);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_UTF8_H
