//===- OptionTable.h - A command line as a table ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_OPTIONTABLE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_OPTIONTABLE_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::runtime {

/// One option. `name` has its dashes; `alias` is a second name or empty.
struct Option {
  std::string_view name;
  std::string_view alias;
  std::string_view value; ///< what stands for the value in help; empty: a flag
  std::string_view help;
  bool hidden = false; ///< shown by --help-all only
  /// Takes the value, empty for a flag; errors say what was expected.
  std::function<absl::Status(std::string_view)> store;
  /// Whether the value may be left out, and is then empty; `--name V` is not
  /// understood then, only `--name=V`.
  bool isValueOptional = false;
};

struct OptionGroup {
  std::string_view title;
  std::vector<Option> options;
};

/// Parses `--name=V`, `--name V`, `-n V` and `-nV`; `--` ends the options.
class OptionTable {
public:
  explicit OptionTable(std::vector<OptionGroup> groups)
      : groups(std::move(groups)) {}

  /// The arguments that are no options. Errors: InvalidArgument, with the
  /// nearest name for one that is unknown.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>>
  parse(std::span<const std::string_view> arguments) const;

  /// The options, by group, in lines of at most 80 columns.
  [[nodiscard]] std::string getHelp(bool all) const;

private:
  const Option *find(std::string_view name) const;
  absl::Status reportUnknown(std::string_view name) const;

  std::vector<OptionGroup> groups;
};

// What an option may store, with checks.
[[nodiscard]] std::function<absl::Status(std::string_view)>
storeText(std::string &to);
[[nodiscard]] std::function<absl::Status(std::string_view)> storeFlag(bool &to);
/// An integer in [low, high].
[[nodiscard]] std::function<absl::Status(std::string_view)>
storeInteger(int64_t &to, int64_t low, int64_t high);
[[nodiscard]] std::function<absl::Status(std::string_view)>
storeNumber(double &to);
/// One of a few words.
[[nodiscard]] std::function<absl::Status(std::string_view)>
storeWord(std::string &to, std::vector<std::string_view> words);
/// Integers in [low, high], separated by commas: values, or ranges `1-4`,
/// `0-1024+256` (sums) and `128-512*2` (products). The first time replaces what
/// is in `to`, a repeated option adds to it.
[[nodiscard]] std::function<absl::Status(std::string_view)>
storeIntegers(std::vector<int64_t> &to, int64_t low, int64_t high);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_OPTIONTABLE_H
