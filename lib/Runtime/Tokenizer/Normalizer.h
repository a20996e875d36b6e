//===- Normalizer.h - What happens to text before it is cut -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_NORMALIZER_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_NORMALIZER_H

#include "Runtime/Tokenizer/CharsMap.h"
#include "Runtime/Tokenizer/PieceTrie.h"
#include "Runtime/Tokenizer/Vocabulary.h"
#include "espresso/Text/Regex.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso::runtime {

/// The normalising steps of a vocabulary. Immutable; thread-safe.
class Normalizer {
public:
  /// Errors: InvalidArgument. The vocabulary must outlive the steps.
  [[nodiscard]] static absl::StatusOr<Normalizer>
  create(const Vocabulary &vocabulary);

  bool isEmpty() const { return steps.empty(); }
  /// Bytes that are not UTF-8 stay as they are. Errors: ResourceExhausted if
  /// the text becomes absurdly long, or a pattern takes too many steps.
  [[nodiscard]] absl::StatusOr<std::string> run(std::string_view text) const;

private:
  struct Step {
    const plan::Tokenizer::Normalizer *message;
    std::optional<Regex> regex;
    std::optional<CharsMap> map;
  };
  Normalizer() = default;
  absl::StatusOr<std::string> runStep(const Step &step,
                                      std::string_view text) const;
  absl::Status runMap(const CharsMap &map, std::string_view text,
                      std::string &to) const;

  std::vector<Step> steps;
  /// User-defined pieces, which no map changes.
  PieceTrie userDefined{{}};
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_NORMALIZER_H
