//===- PreTokenizer.h - Text to words ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_PRETOKENIZER_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_PRETOKENIZER_H

#include "Runtime/Tokenizer/Vocabulary.h"
#include "espresso/Text/Regex.h"

#include <string_view>
#include <vector>

namespace espresso::runtime {

/// The cutting steps of a vocabulary, each applied to the words of the one
/// before. Immutable; thread-safe.
class PreTokenizer {
public:
  /// Errors: InvalidArgument.
  [[nodiscard]] static absl::StatusOr<PreTokenizer>
  create(const plan::Tokenizer &message);

  /// The words of `text`, in order, views into it. Each run of bytes that are
  /// not UTF-8 is a word. Errors: ResourceExhausted if a pattern takes too many
  /// steps or too long.
  [[nodiscard]] absl::StatusOr<std::vector<std::string_view>>
  split(std::string_view text) const;

private:
  struct Step {
    Regex regex;
    plan::Tokenizer::Split::Behavior behavior;
    bool invert;
  };
  PreTokenizer() = default;
  static absl::Status runStep(const Step &step, RegexMatcher &matcher,
                              std::string_view word,
                              std::vector<std::string_view> &result);

  std::vector<Step> steps;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_PRETOKENIZER_H
