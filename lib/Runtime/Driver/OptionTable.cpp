//===- OptionTable.cpp - A command line as a table ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OptionTable.h"

#include "espresso/Base/StatusMacros.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace espresso::runtime {

/// Column at which help texts begin.
static constexpr size_t kHelpColumn = 26;

const Option *OptionTable::find(std::string_view name) const {
  for (const OptionGroup &group : groups)
    for (const Option &option : group.options)
      if (option.name == name ||
          (!option.alias.empty() && option.alias == name))
        return &option;
  return nullptr;
}

/// Insertions, deletions and changes that lead from one word to another.
static size_t getDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, change});
    }
  }
  return row[b.size()];
}

absl::Status OptionTable::reportUnknown(std::string_view name) const {
  std::string message =
      absl::StrCat("unknown option '", std::string(name), "'");
  std::string_view nearest;
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  for (const OptionGroup &group : groups)
    for (const Option &option : group.options)
      for (std::string_view candidate : {option.name, option.alias}) {
        // A short option is near to everything.
        if (candidate.size() <= 2)
          continue;
        const size_t distance = getDistance(name, candidate);
        if (distance < best) {
          best = distance;
          nearest = candidate;
        }
      }
  if (!nearest.empty())
    absl::StrAppend(&message, "; did you mean '", std::string(nearest), "'?");
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<std::vector<std::string>>
OptionTable::parse(std::span<const std::string_view> arguments) const {
  std::vector<std::string> rest;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") {
      rest.insert(rest.end(), arguments.begin() + i + 1, arguments.end());
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      rest.emplace_back(argument);
      continue;
    }
    const bool isLong = argument[1] == '-';
    const size_t end =
        isLong ? std::min(argument.find('='), argument.size()) : size_t{2};
    std::string_view name = argument.substr(0, end);
    const Option *option = find(name);
    if (!option)
      return reportUnknown(isLong ? name : argument);
    std::string_view value = argument.substr(end);
    const bool attached = !value.empty();
    if (attached && isLong)
      value.remove_prefix(1); // '='
    if (option->value.empty() && attached)
      return absl::InvalidArgumentError(
          absl::StrCat("option '", std::string(name), "' takes no value"));
    if (!option->value.empty() && !attached) {
      if (i + 1 == arguments.size())
        return absl::InvalidArgumentError(
            absl::StrCat("option '", std::string(name), "' needs a value"));
      value = arguments[++i];
    }
    absl::Status stored = option->store(value);
    if (!stored.ok())
      return absl::InvalidArgumentError(absl::StrCat(
          "option '", std::string(name), "': ", std::string(stored.message())));
  }
  return rest;
}

std::string OptionTable::getHelp(bool all) const {
  std::string text;
  for (const OptionGroup &group : groups) {
    std::string lines;
    for (const Option &option : group.options) {
      if (option.hidden && !all)
        continue;
      std::string line = "  ";
      if (!option.alias.empty())
        absl::StrAppend(&line, std::string(option.alias), ", ");
      absl::StrAppend(&line, std::string(option.name));
      if (!option.value.empty())
        absl::StrAppend(&line, " ", std::string(option.value));
      line.resize(std::max(kHelpColumn, line.size() + 1), ' ');
      absl::StrAppend(&lines, line, std::string(option.help), "\n");
    }
    if (!lines.empty())
      absl::StrAppend(&text, "\n", std::string(group.title), ":\n", lines);
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::function<absl::Status(std::string_view)> storeText(std::string &to) {
  return [&to](std::string_view value) {
    to = value;
    return absl::OkStatus();
  };
}

std::function<absl::Status(std::string_view)> storeFlag(bool &to) {
  return [&to](std::string_view) {
    to = true;
    return absl::OkStatus();
  };
}

std::function<absl::Status(std::string_view)>
storeInteger(int64_t &to, int64_t low, int64_t high) {
  return [&to, low, high](std::string_view value) {
    int64_t number;
    if (!absl::SimpleAtoi(std::string(value), &number) || number < low ||
        number > high)
      return absl::InvalidArgumentError(
          absl::StrCat("expected an integer from ", low, " to ", high,
                       ", found '", std::string(value), "'"));
    to = number;
    return absl::OkStatus();
  };
}

std::function<absl::Status(std::string_view)> storeNumber(double &to) {
  return [&to](std::string_view value) {
    double number;
    if (!absl::SimpleAtod(std::string(value), &number) ||
        !std::isfinite(number))
      return absl::InvalidArgumentError(
          absl::StrCat("expected a number, found '", std::string(value), "'"));
    to = number;
    return absl::OkStatus();
  };
}

} // namespace espresso::runtime
