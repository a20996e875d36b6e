//===- Regex.h - Regular expressions over Unicode ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEXT_REGEX_H
#define ESPRESSO_TEXT_REGEX_H

#include "absl/status/statusor.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace espresso {

/// A pattern as vocabularies have them: look-around, \p{...}, and Unicode in
/// \s, \d, \w. ^ and $ match at line feeds. Immutable; thread-safe.
///
/// It is PCRE2's syntax. Of what other engines add, set operations and sets in
/// sets ([a&&[b]]) are refused, since they would mean something else.
class Regex {
public:
  /// Errors: InvalidArgument with the place in the pattern.
  [[nodiscard]] static absl::StatusOr<Regex> compile(std::string_view pattern);
  Regex(Regex &&) noexcept;
  Regex &operator=(Regex &&) noexcept;
  ~Regex();

  const std::string &getPattern() const;

private:
  friend class RegexMatcher;
  struct Code;
  explicit Regex(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code;
};

/// `text` with everything quoted that a pattern would take for syntax.
[[nodiscard]] std::string quoteRegex(std::string_view text);

/// Finds matches. Thread-compatible: one for each thread. The pattern must
/// outlive it.
class RegexMatcher {
public:
  explicit RegexMatcher(const Regex &regex);
  RegexMatcher(RegexMatcher &&) noexcept;
  ~RegexMatcher();

  struct Match {
    size_t begin;
    size_t end;
  };
  /// The first match at or after `from`; none is no error. `text` must be valid
  /// UTF-8, and `from` the start of a character or the end. Errors:
  /// ResourceExhausted if the pattern needs more steps on this text than a
  /// reasonable one would (ten million for a match).
  [[nodiscard]] absl::StatusOr<std::optional<Match>> find(std::string_view text,
                                                          size_t from);

private:
  struct State;
  const Regex &regex;
  std::unique_ptr<State> state;
};

} // namespace espresso

#endif // ESPRESSO_TEXT_REGEX_H
