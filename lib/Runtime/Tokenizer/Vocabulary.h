//===- Vocabulary.h - Pieces and what they are ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_VOCABULARY_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_VOCABULARY_H

#include "espresso/Plan/tokenizer.pb.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace espresso::runtime {

/// A longer piece is none: bounds the work that one place of a text can cause.
inline constexpr size_t kMaxPieceBytes = 4096;

/// A checked vocabulary. Immutable; thread-safe.
class Vocabulary {
public:
  /// Errors: InvalidArgument, beginning with `name`.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<const Vocabulary>>
  parse(std::span<const uint8_t> bytes, const std::string &name);

  const plan::Tokenizer &getMessage() const { return message; }
  plan::Tokenizer::Model getModel() const { return message.model(); }
  int32_t getSize() const { return message.pieces_size(); }
  std::string_view getText(int32_t id) const {
    return message.pieces(id).text();
  }
  plan::Tokenizer::PieceType getType(int32_t id) const {
    return message.pieces(id).type();
  }

  /// The piece that text may become, by its spelling, or -1. Control, unknown
  /// and byte pieces are not among them.
  int32_t find(std::string_view text) const {
    const auto found = idOf.find(text);
    return found == idOf.end() ? -1 : found->second;
  }
  /// Bytes of the longest piece that find() gives.
  size_t getLongest() const { return longest; }

  /// The ids of the byte pieces: for BYTE_BPE pieces of one byte, otherwise
  /// those spelt <0xNN>. -1 where there is none.
  const std::array<int32_t, 256> &getByteIds() const { return byteIds; }
  bool hasAllBytes() const { return hasBytes; }
  /// The byte of a BYTE piece.
  uint8_t getByte(int32_t id) const;
  bool isStop(int32_t id) const { return stop.contains(id); }

  /// What stands for a blank in pieces; empty: the blank itself.
  const std::string &getBlank() const { return blank; }

  /// Appends the ids of text that is no piece: its bytes, or the unknown piece,
  /// or nothing and an error. `text` is not empty.
  absl::Status appendUnknown(std::string_view text,
                             std::vector<int32_t> &ids) const;

private:
  Vocabulary() = default;
  absl::Status check();
  absl::Status addPiece(int32_t id);
  absl::Status checkIds() const;

  plan::Tokenizer message;
  absl::flat_hash_map<std::string_view, int32_t> idOf; // views into `message`
  std::array<int32_t, 256> byteIds;
  bool hasBytes = false;
  size_t longest = 0;
  absl::flat_hash_set<int32_t> stop;
  std::string blank;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_VOCABULARY_H
