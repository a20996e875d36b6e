//===- TokenModel.h - Words to pieces ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_TOKENMODEL_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_TOKENMODEL_H

#include "Runtime/Tokenizer/Vocabulary.h"

#include "absl/status/statusor.h"

#include <memory>
#include <string_view>
#include <vector>

namespace espresso::runtime {

/// Cuts words into pieces. Immutable; thread-safe.
class TokenModel {
public:
  virtual ~TokenModel() = default;

  /// Appends the ids of `word`, any bytes but none. Errors: InvalidArgument if
  /// something in it has no piece, no bytes and no unknown piece.
  virtual absl::Status encode(std::string_view word,
                              std::vector<int32_t> &ids) const = 0;

  /// Where a text may be cut in two, since no piece lies across: at the first
  /// such place behind its start, or its end.
  virtual size_t findCut(std::string_view text) const { return text.size(); }
};

/// Neighbours are joined by rank (BYTE_BPE, CHARACTER_BPE). Errors:
/// InvalidArgument for merges that make no piece. The vocabulary must outlive
/// it, as for the others.
[[nodiscard]] absl::StatusOr<std::unique_ptr<const TokenModel>>
makeMergeModel(const Vocabulary &vocabulary);

/// Neighbours are joined by score (SENTENCEPIECE_BPE).
[[nodiscard]] std::unique_ptr<const TokenModel>
makeSentencePieceModel(const Vocabulary &vocabulary);

/// The best sum of scores (UNIGRAM).
[[nodiscard]] std::unique_ptr<const TokenModel>
makeUnigramModel(const Vocabulary &vocabulary);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_TOKENMODEL_H
