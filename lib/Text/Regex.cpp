//===- Regex.cpp - Regular expressions over Unicode -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Regex.h"

#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

namespace espresso {

/// Patterns of vocabularies have a few hundred characters.
static constexpr size_t kMaxPattern = size_t{64} << 10;
/// Steps of one search, and what its backtracking may hold.
static constexpr uint32_t kMaxSteps = 10'000'000;
static constexpr uint32_t kMaxHeapKiB = 512 << 10;
static constexpr size_t kStackStart = size_t{32} << 10;
static constexpr size_t kStackMost = size_t{8} << 20;

struct Regex::Code {
  std::string pattern;
  pcre2_code *code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

Regex::Regex(std::unique_ptr<const Code> code) : code(std::move(code)) {}
Regex::Regex(Regex &&) noexcept = default;
Regex &Regex::operator=(Regex &&) noexcept = default;
Regex::~Regex() = default;

const std::string &Regex::getPattern() const { return code->pattern; }

static std::string getMessage(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof(buffer));
  return reinterpret_cast<const char *>(buffer);
}

static absl::Status makePatternError(std::string_view pattern, size_t at,
                                     std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("pattern '", std::string(pattern.substr(0, 200)), "', byte ",
                   at, ": ", std::string(what)));
}

/// Refuses what would silently mean something else than its author meant.
static absl::Status checkSets(std::string_view pattern) {
  bool inSet = false;
  size_t start = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (!inSet && c == '[') {
      inSet = true;
      start = i;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^')
        ++i;
      if (i + 1 < pattern.size() && pattern[i + 1] == ']')
        ++i;
    } else if (inSet && c == ']') {
      inSet = false;
    } else if (inSet && pattern.substr(i, 2) == "&&") {
      return makePatternError(pattern, i,
                              "set operations (&&) are not supported");
    } else if (inSet && pattern.substr(i, 2) == "[:") {
      const size_t end = pattern.find(":]", i);
      if (end != std::string_view::npos)
        i = end + 1;
    } else if (inSet && c == '[') {
      // Patterns also list brackets, '[' among others, without quoting them;
      // only where a second ']' follows can a set in a set be meant.
      const size_t end = pattern.find(']', i);
      if (end != std::string_view::npos && end + 1 < pattern.size() &&
          pattern[end - 1] != '\\' && pattern[end + 1] == ']' && i != start)
        return makePatternError(pattern, i,
                                "sets in sets are not supported; quote '[' if "
                                "it is meant as a character");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.size() > kMaxPattern)
    return absl::InvalidArgumentError(absl::StrCat(
        "a pattern of ", pattern.size(), " bytes; the limit is ", kMaxPattern));
  if (const size_t valid = countValidUtf8(pattern); valid != pattern.size())
    return absl::InvalidArgumentError(
        absl::StrCat("byte ", valid, " of the pattern is not UTF-8"));
  if (absl::Status status = checkSets(pattern); !status.ok())
    return status;
  auto code = std::make_unique<Code>();
  code->pattern = std::string(pattern);
  std::unique_ptr<pcre2_compile_context, void (*)(pcre2_compile_context *)>
      context(pcre2_compile_context_create(nullptr),
              pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  // \C would match a part of a character.
  constexpr uint32_t kOptions =
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
  int error = 0;
  PCRE2_SIZE offset = 0;
  code->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()),
                    pattern.size(), kOptions, &error, &offset, context.get());
  if (!code->code)
    return makePatternError(pattern, offset, getMessage(error));
  // Where there is no JIT the interpreter gives the same matches.
  static_cast<void>(pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE));
  return Regex(std::move(code));
}

std::string quoteRegex(std::string_view text) {
  static constexpr std::string_view kSyntax = "\\^$.[]|()?*+{}-#&~/ ";
  std::string quoted;
  for (char c : text) {
    if (kSyntax.find(c) != std::string_view::npos)
      quoted += '\\';
    quoted += c;
  }
  return quoted;
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

struct RegexMatcher::State {
  pcre2_match_data *data = nullptr;
  pcre2_match_context *context = nullptr;
  pcre2_jit_stack *stack = nullptr;
  ~State() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
};

RegexMatcher::RegexMatcher(const Regex &regex)
    : regex(regex), state(std::make_unique<State>()) {
  // The place of the match is all that is asked for.
  state->data = pcre2_match_data_create(1, nullptr);
  state->context = pcre2_match_context_create(nullptr);
  state->stack = pcre2_jit_stack_create(kStackStart, kStackMost, nullptr);
  pcre2_set_match_limit(state->context, kMaxSteps);
  pcre2_set_heap_limit(state->context, kMaxHeapKiB);
  pcre2_jit_stack_assign(state->context, nullptr, state->stack);
}
RegexMatcher::RegexMatcher(RegexMatcher &&) noexcept = default;
RegexMatcher::~RegexMatcher() = default;

absl::StatusOr<std::optional<RegexMatcher::Match>>
RegexMatcher::find(std::string_view text, size_t from) {
  if (from > text.size())
    return std::optional<Match>();
  auto match = [&](uint32_t options) {
    return pcre2_match(regex.code->code,
                       reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                       from, PCRE2_NO_UTF_CHECK | options, state->data,
                       state->context);
  };
  int count = match(0);
  // Compiled patterns have a stack, the interpreter has the heap.
  if (count == PCRE2_ERROR_JIT_STACKLIMIT)
    count = match(PCRE2_NO_JIT);
  if (count == PCRE2_ERROR_NOMATCH)
    return std::optional<Match>();
  if (count < 0)
    return absl::ResourceExhaustedError(
        absl::StrCat("pattern '", regex.getPattern().substr(0, 200),
                     "' is too much for this text: ", getMessage(count)));
  const PCRE2_SIZE *place = pcre2_get_ovector_pointer(state->data);
  // \K can put the start behind the end.
  return std::optional<Match>(
      Match{std::min(place[0], place[1]), std::max(place[0], place[1])});
}

} // namespace espresso
