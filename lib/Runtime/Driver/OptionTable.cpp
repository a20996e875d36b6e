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
#include <utility>

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
    if (!option->value.empty() && !attached && !option->isValueOptional) {
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
      if (option.isValueOptional)
        absl::StrAppend(&line, "[=", std::string(option.value), "]");
      else if (!option.value.empty())
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

std::function<absl::Status(std::string_view)>
storeWord(std::string &to, std::vector<std::string_view> words) {
  return [&to, words = std::move(words)](std::string_view value) {
    std::string list;
    for (std::string_view word : words) {
      if (word == value) {
        to = value;
        return absl::OkStatus();
      }
      absl::StrAppend(&list, list.empty() ? "" : ", ", std::string(word));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "expected one of ", list, ", found '", std::string(value), "'"));
  };
}

/// More values than that are a slip of the pen.
static constexpr size_t kMostValues = 256;

/// `text` is a value, or first-last with a step (`+`) or a factor (`*`).
static absl::Status addRange(std::string_view text, int64_t low, int64_t high,
                             std::vector<int64_t> &values) {
  auto parse = [&](std::string_view part, int64_t &number) {
    return absl::SimpleAtoi(std::string(part), &number) && number >= low &&
           number <= high;
  };
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat("expected integers from ", low, " to ", high,
                   ", or ranges such as 1-4, 0-1024+256 or 128-512*2, found '",
                   std::string(text), "'"));
  const size_t dash = text.find('-', 1);
  int64_t first, last, step = 1;
  if (!parse(text.substr(0, dash), first))
    return wrong;
  if (dash == std::string_view::npos) {
    values.push_back(first);
    return absl::OkStatus();
  }
  const std::string_view rest = text.substr(dash + 1);
  const size_t sign = rest.find_first_of("+*");
  const bool multiplies = sign != std::string_view::npos && rest[sign] == '*';
  if (!parse(rest.substr(0, sign), last) || last < first)
    return wrong;
  // A step that leads nowhere would not end.
  if (sign != std::string_view::npos &&
      (!absl::SimpleAtoi(std::string(rest.substr(sign + 1)), &step) ||
       step < (multiplies ? 2 : 1) || step > high ||
       (multiplies && first == 0)))
    return wrong;
  for (int64_t value = first; value <= last && values.size() <= kMostValues;
       value = multiplies ? value * step : value + step)
    values.push_back(value);
  return absl::OkStatus();
}

std::function<absl::Status(std::string_view)>
storeIntegers(std::vector<int64_t> &to, int64_t low, int64_t high) {
  return [&to, low, high, isFirst = true](std::string_view text) mutable {
    if (std::exchange(isFirst, false))
      to.clear();
    for (bool isLast = false; !isLast;) {
      const size_t comma = text.find(',');
      isLast = comma == std::string_view::npos;
      ESPRESSO_RETURN_IF_ERROR(addRange(text.substr(0, comma), low, high, to));
      if (to.size() > kMostValues)
        return absl::InvalidArgumentError(
            absl::StrCat("more than ", kMostValues, " values"));
      if (!isLast)
        text.remove_prefix(comma + 1);
    }
    return absl::OkStatus();
  };
}

} // namespace espresso::runtime
