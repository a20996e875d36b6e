//===- AddedTokens.h - Tokens found in text as they are ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_ADDEDTOKENS_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_ADDEDTOKENS_H

#include "Runtime/Tokenizer/PieceTrie.h"
#include "Runtime/Tokenizer/Vocabulary.h"

#include <string_view>
#include <vector>

namespace espresso::runtime {

/// A part of a text: a token, or text that is still to be cut.
struct TextPart {
  std::string_view text;
  int32_t id = -1; ///< -1: text
};

/// Finds added tokens in text: the leftmost, and of those the longest.
/// Immutable; thread-safe.
class AddedTokens {
public:
  /// Those that are looked for before or after normalising.
  AddedTokens(const Vocabulary &vocabulary, bool normalized);

  /// Appends the parts of `text`, in order. `special` says whether control and
  /// unknown pieces are found, too; user-defined ones always are.
  void split(std::string_view text, bool special,
             std::vector<TextPart> &parts) const;

private:
  struct Flags {
    bool stripLeft = false, stripRight = false, singleWord = false;
  };
  Flags getFlags(int32_t id) const;

  absl::flat_hash_map<int32_t, Flags> flags; // of those that have any
  PieceTrie ordinary{{}};
  PieceTrie all{{}};
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_ADDEDTOKENS_H
