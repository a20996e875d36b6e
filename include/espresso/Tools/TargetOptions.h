//===- TargetOptions.h - Flags of chips and rules ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_TARGETOPTIONS_H
#define ESPRESSO_TOOLS_TARGETOPTIONS_H

#include "espresso/Pass/Pass.h"
#include "espresso/Target/ANE/Target.h"
#include "espresso/Tools/ExitCode.h"
#include "espresso/Tools/ReportOption.h"

#include "llvm/Support/CommandLine.h"

#include <optional>
#include <string>

namespace espresso {

/// What any tool lets its user say and ask of the engine: --chip, --path,
/// --list-targets, --list-rules, --explain. Registers its options while it
/// lives. See docs/Target.md.
class TargetOptions {
public:
  explicit TargetOptions(llvm::cl::OptionCategory &category);

  /// To be called after the command line is parsed. Returns the exit code if
  /// the tool should end now: a name is not known, which has been reported, or
  /// only information was asked for, which has been written. `preferJson`:
  /// lists are wanted as JSON.
  [[nodiscard]] std::optional<ExitCode> begin(bool preferJson = false);

  /// What --chip and --path say; any chip and both paths by default.
  const ane::Target &getTarget() const { return target; }
  /// The same for passes that have such options and are not given them.
  [[nodiscard]] llvm::SmallVector<PassOptionValue> getPassDefaults() const;

private:
  llvm::cl::opt<std::string> chip;
  llvm::cl::opt<std::string> path;
  ReportOption listTargets;
  ReportOption listRules;
  llvm::cl::opt<std::string> explain;
  ane::Target target;
};

/// Chips and generations, for people or for tools.
[[nodiscard]] std::string listTargets(ReportFormat format);
/// Rules, limits and disputed claims.
[[nodiscard]] std::string listRules(ReportFormat format);
/// One rule, with what its limits are for the target.
[[nodiscard]] std::string explainRule(const ane::Rule &rule,
                                      const ane::Target &target,
                                      ReportFormat format);

} // namespace espresso

#endif // ESPRESSO_TOOLS_TARGETOPTIONS_H
