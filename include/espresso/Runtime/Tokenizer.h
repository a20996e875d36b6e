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

struct EncodeOptions {
  /// Put before and behind the text what the vocabulary asks for: BOS, mostly.
  bool addSpecial = true;
  /// The spelling of a special token ("<|im_end|>") is that token. Otherwise it
  /// is text like any other, which is what text of unknown origin should be.
  bool parseSpecial = false;
  /// The text goes on where another ended: no blank is put before it.
  bool isContinuation = false;
};

/// The vocabulary of a bundle: SentencePiece's BPE and unigram, and BPE by
/// merges over bytes or characters, with the normalising and cutting steps that
/// the checkpoint has. Immutable; thread-safe. See docs/Tokenizers.md.
///
/// Text is any bytes: those that are not UTF-8 become byte pieces where the
/// vocabulary has them. Nothing is dropped unless the vocabulary says so.
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
  std::optional<int32_t> getEos() const;
  /// True if BOS is put before a text.
  bool addsBos() const;
  /// True if generating `id` ends the text.
  bool isStop(int32_t id) const;
  /// True if the blank that starts a text is an addition of the encoder.
  bool addsSpacePrefix() const;
  /// How the piece is spelt in the vocabulary; empty for ids outside of it.
  std::string_view getSpelling(int32_t id) const;
  /// The checkpoint's chat template (Jinja); empty if it has none.
  const std::string &getChatTemplate() const;

  /// The ids of `text`. Takes O(n log n) unless the vocabulary's own patterns
  /// are slower. Errors: InvalidArgument if something has no piece, no bytes
  /// and no unknown piece; ResourceExhausted if a pattern of the vocabulary
  /// needs unreasonably many steps.
  [[nodiscard]] absl::StatusOr<std::vector<int32_t>>
  encode(std::string_view text, const EncodeOptions &options = {}) const;

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
