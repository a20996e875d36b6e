//===- TargetOptions.cpp - Flags of chips and rules -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/TargetOptions.h"

#include "espresso/Tools/ToolOptions.h"

namespace espresso {

namespace cl = llvm::cl;

TargetOptions::TargetOptions(cl::OptionCategory &category)
    : chip("chip",
           cl::desc("Chip or generation to compile for: 'M1', 'a17-pro', 'H15' "
                    "(default any)"),
           cl::value_desc("name"), cl::init("any"), cl::cat(category)),
      path("path",
           cl::desc("Way to the engine whose rules hold: public, direct, both "
                    "(default)"),
           cl::value_desc("way"), cl::init("both"), cl::Hidden,
           cl::cat(category)),
      listTargets("list-targets",
                  cl::desc("List chips and what is known of "
                           "them"),
                  cl::Hidden, cl::cat(category)),
      listRules("list-rules", cl::desc("List the rules of the engine"),
                cl::Hidden, cl::cat(category)),
      explain("explain", cl::desc("Say what a rule says, and why"), cl::Hidden,
              cl::value_desc("rule"), cl::cat(category)) {}

/// The rule of that name, with or without "ane-"; null after reporting.
static const ane::Rule *findNamedRule(llvm::StringRef name) {
  for (const std::string &spelling : {name.str(), ("ane-" + name).str()})
    if (const ane::Rule *rule = ane::findRule(spelling))
      return rule;
  std::string message = ("unknown rule '" + name + "'").str();
  std::optional<llvm::StringRef> near = ane::suggestRule(name);
  if (!near)
    near = ane::suggestRule(("ane-" + name).str());
  if (near)
    message += ("; did you mean '" + *near + "'?").str();
  else
    message += "; --list-rules has those there are";
  reportToolError(message);
  return nullptr;
}

std::optional<ExitCode> TargetOptions::begin(bool preferJson) {
  std::string error;
  std::optional<ane::Target> found = ane::findTarget(chip, error);
  if (!found) {
    reportToolError(error);
    return ExitCode::Usage;
  }
  std::optional<ane::PathSet> paths = ane::findPaths(path);
  if (!paths) {
    reportToolError("--path expects 'public', 'direct' or 'both', found '" +
                    path + "'");
    return ExitCode::Usage;
  }
  target = *found;
  target.paths = *paths;

  auto choose = [&](const ReportOption &option) {
    return preferJson && option.getFormat() != ReportFormat::None
               ? ReportFormat::Json
               : option.getFormat();
  };
  if (ReportFormat format = choose(listTargets); format != ReportFormat::None)
    return writeReport(espresso::listTargets(format));
  if (ReportFormat format = choose(listRules); format != ReportFormat::None)
    return writeReport(espresso::listRules(format));
  if (explain.getNumOccurrences() == 0)
    return std::nullopt;
  const ane::Rule *rule = findNamedRule(explain);
  if (!rule)
    return ExitCode::Usage;
  return writeReport(explainRule(
      *rule, target, preferJson ? ReportFormat::Json : ReportFormat::Text));
}

llvm::SmallVector<PassOptionValue> TargetOptions::getPassDefaults() const {
  llvm::SmallVector<PassOptionValue> values;
  if (chip.getNumOccurrences() > 0)
    values.push_back({"chip", target.getName().str()});
  if (path.getNumOccurrences() > 0)
    values.push_back({"path", path.getValue()});
  return values;
}

} // namespace espresso
