//===- BlankCuts.h - Words between blanks -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_BLANKCUTS_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_BLANKCUTS_H

#include "Runtime/Tokenizer/Vocabulary.h"

#include <array>

namespace espresso::runtime {

/// Where a text may be cut before a blank (U+2581), since no piece lies across
/// the place: what is joined on either side is then the same as without the
/// cut, and texts fall into words, which repeat. Immutable; thread-safe.
class BlankCuts {
public:
  explicit BlankCuts(const Vocabulary &vocabulary)
      : blank(vocabulary.getBlank()) {
    joined.fill(false);
    for (int32_t id = 0; id < vocabulary.getSize() && !blank.empty(); ++id) {
      const std::string_view text = vocabulary.getText(id);
      for (size_t at = text.find(blank, 1); at != std::string_view::npos;
           at = text.find(blank, at + 1))
        joined[static_cast<uint8_t>(text[at - 1])] = true;
    }
  }

  /// The first place behind the start, or the end.
  size_t find(std::string_view text) const {
    if (blank.empty())
      return text.size();
    for (size_t at = text.find(blank, 1); at != std::string_view::npos;
         at = text.find(blank, at + blank.size()))
      if (!joined[static_cast<uint8_t>(text[at - 1])])
        return at;
    return text.size();
  }

private:
  const std::string &blank;
  /// By byte: whether a piece has it right before a blank.
  std::array<bool, 256> joined;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_BLANKCUTS_H
