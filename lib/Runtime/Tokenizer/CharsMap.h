//===- CharsMap.h - SentencePiece's precompiled normaliser ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_CHARSMAP_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_CHARSMAP_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace espresso::runtime {

/// A map from texts to texts, as SentencePiece models carry it: u32 bytes of a
/// double-array trie, the trie, then texts that end with zero. A unit of the
/// trie has its label in bits 0 to 7 and 31, "has a leaf" in bit 8, its offset
/// in bits 10 to 30, times 256 if bit 9 is set; a leaf has its value in bits 0
/// to 30. Nothing in it is trusted. A view; thread-safe.
class CharsMap {
public:
  /// `bytes` must outlive the map. Errors: InvalidArgument.
  [[nodiscard]] static absl::StatusOr<CharsMap> parse(std::string_view bytes);

  struct Replacement {
    size_t length = 0; ///< of the text that is replaced; 0: none is
    std::string_view text;
  };
  /// For the longest beginning of `text` that the map has.
  [[nodiscard]] Replacement find(std::string_view text) const;

private:
  CharsMap(std::string_view trie, std::string_view texts)
      : trie(trie), texts(texts) {}
  /// Unit `index`, or one that leads nowhere.
  uint32_t getUnit(uint32_t index) const;

  std::string_view trie;
  std::string_view texts;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_CHARSMAP_H
