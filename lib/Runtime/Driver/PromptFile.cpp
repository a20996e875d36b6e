//===- PromptFile.cpp - Prompts, one a line -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PromptFile.h"

#include "espresso/Base/StatusMacros.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include <limits>

namespace espresso::runtime {

namespace {

using Json = nlohmann::json;

/// Takes everything and remembers where the text is no JSON.
class ErrorFinder : public nlohmann::json_sax<Json> {
public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t &) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t at, const std::string &,
                   const nlohmann::detail::exception &) override {
    column = at;
    return false;
  }
  size_t column = 0;
};

/// An integer of an object, if it has it.
absl::StatusOr<std::optional<int64_t>>
getInteger(const Json &object, const char *key, int64_t low, int64_t high) {
  auto found = object.find(key);
  if (found == object.end())
    return std::optional<int64_t>();
  const bool fits =
      found->is_number_integer() &&
      (!found->is_number_unsigned() ||
       found->get<uint64_t>() <=
           static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  if (!fits || found->get<int64_t>() < low || found->get<int64_t>() > high)
    return absl::InvalidArgumentError(
        absl::StrCat("\"", key, "\" is ", found->dump(-1, ' ', true),
                     ", expected an integer from ", low, " to ", high));
  return std::optional<int64_t>(found->get<int64_t>());
}

/// Reads one object; messages lack the place.
absl::StatusOr<PromptLine> parseObject(const Json &object) {
  PromptLine line;
  if (!object.is_object())
    return absl::InvalidArgumentError(absl::StrCat(
        "expected an object with \"prompt\", found ", object.type_name()));
  for (const auto &[key, value] : object.items())
    if (key != "prompt" && key != "max_tokens" && key != "seed")
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown key \"", key,
          "\"; an object has \"prompt\", \"max_tokens\" and \"seed\""));
  auto prompt = object.find("prompt");
  if (prompt == object.end() || !prompt->is_string())
    return absl::InvalidArgumentError(
        "expected \"prompt\" with the text as a string");
  line.prompt = prompt->get<std::string>();
  ESPRESSO_ASSIGN_OR_RETURN(line.maxTokens,
                            getInteger(object, "max_tokens", -1,
                                       std::numeric_limits<int32_t>::max()));
  ESPRESSO_ASSIGN_OR_RETURN(
      line.seed,
      getInteger(object, "seed", 0, std::numeric_limits<int64_t>::max()));
  return line;
}

absl::StatusOr<PromptLine> parseLine(const std::string &text,
                                     const std::string &place) {
  ErrorFinder finder;
  if (!Json::sax_parse(text, &finder))
    return absl::InvalidArgumentError(absl::StrCat(
        place, ":", std::max<size_t>(finder.column, 1), ": malformed JSON"));
  absl::StatusOr<PromptLine> line =
      parseObject(Json::parse(text, nullptr, /*allow_exceptions=*/false));
  if (line.ok())
    return line;
  return absl::InvalidArgumentError(
      absl::StrCat(place, ": ", std::string(line.status().message())));
}

} // namespace

absl::StatusOr<std::vector<PromptLine>> parsePrompts(const std::string &text,
                                                     const std::string &name) {
  std::vector<PromptLine> prompts;
  std::optional<bool> hasObjects;
  if (absl::EndsWith(name, ".jsonl"))
    hasObjects = true;
  int64_t number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    start = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (line.empty())
      continue;
    if (!hasObjects)
      hasObjects = line.front() == '{';
    PromptLine prompt{.prompt = line};
    if (*hasObjects) {
      ESPRESSO_ASSIGN_OR_RETURN(
          prompt, parseLine(line, absl::StrCat(name, ":", number)));
    }
    prompt.line = number;
    prompts.push_back(std::move(prompt));
  }
  if (prompts.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": the file has no prompts"));
  return prompts;
}

} // namespace espresso::runtime
