//===- Tokenizer.h - Text to token ids and back -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_TOKENIZER_H
#define ESPRESSO_RUNTIME_TOKENIZER_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::runtime {

/// The vocabulary of a bundle. Immutable; thread-safe.
///
/// Encoding is that of SentencePiece's BPE: user-defined pieces first, longest
/// match; the rest falls into characters, and the neighbours whose joint piece
/// has the best score (the leftmost of equals) are joined until none is left.
/// Characters that are no piece become byte pieces, as do bytes that are not
/// UTF-8. Control pieces are never produced from text.
class Tokenizer {
public:
  /// Reads the bytes of a tokenizer.pb. `name` is its path, for messages.
  /// Errors: InvalidArgument.
  [[nodiscard]] static absl::StatusOr<Tokenizer>
  parse(std::span<const uint8_t> bytes, const std::string &name);
  Tokenizer(Tokenizer &&) noexcept;
  Tokenizer &operator=(Tokenizer &&) noexcept;
  ~Tokenizer();

  int64_t getVocabularySize() const;
  std::optional<int32_t> getBos() const;
  /// True if generating `id` ends the text.
  bool isStop(int32_t id) const;
  /// True if the blank that starts a text is an addition of the encoder.
  bool addsSpacePrefix() const;

  /// The ids of `text`, any bytes, with BOS before it if the vocabulary asks
  /// for one. Takes O(n log n). Errors: InvalidArgument if a character has no
  /// piece, no bytes and no unknown piece.
  [[nodiscard]] absl::StatusOr<std::vector<int32_t>>
  encode(std::string_view text) const;

  /// The bytes one token stands for; none for control pieces and for ids
  /// outside the vocabulary.
  [[nodiscard]] std::string decode(int32_t id) const;
  /// The bytes of a whole text, without the blank the encoder put before it.
  [[nodiscard]] std::string decode(std::span<const int32_t> ids) const;

private:
  struct Tables;
  explicit Tokenizer(std::unique_ptr<const Tables> tables);
  std::unique_ptr<const Tables> tables;
};

/// Turns tokens, one after another, into pieces of valid UTF-8: bytes of an
/// unfinished character are held back, those that belong to none become U+FFFD.
/// Thread-compatible. The tokenizer must outlive it.
class TextStream {
public:
  /// At the start of a text the blank the encoder added is dropped; after a
  /// prompt it is not.
  TextStream(const Tokenizer &tokenizer, bool atStart)
      : tokenizer(tokenizer), atStart(atStart && tokenizer.addsSpacePrefix()) {}

  /// What can be shown once `id` is known.
  [[nodiscard]] std::string push(int32_t id);
  /// The same for bytes of text.
  [[nodiscard]] std::string pushBytes(std::string_view bytes);
  /// What was held back, at the end: U+FFFD or nothing.
  [[nodiscard]] std::string finish();

private:
  const Tokenizer &tokenizer;
  bool atStart;
  std::string held;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_TOKENIZER_H
