//===- HeadToolOptions.h - Flags of the output head ----------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_HEADTOOLOPTIONS_H
#define ESPRESSO_TOOLS_HEADTOOLOPTIONS_H

#include "espresso/Pass/Pass.h"
#include "espresso/Tools/ExitCode.h"

#include "llvm/Support/CommandLine.h"

#include <optional>
#include <string>

namespace espresso {

/// What a user may say and ask of output heads: --head, --sampler,
/// --list-heads. Registers its options while it lives. See
/// docs/HeadPlacement.md.
class HeadToolOptions {
public:
  explicit HeadToolOptions(llvm::cl::OptionCategory &category);

  /// To be called after the command line is parsed. Returns the exit code if
  /// the tool should end now: a name is not known, which has been reported, or
  /// the list was asked for, which has been written.
  [[nodiscard]] std::optional<ExitCode> begin() const;
  /// Reports what was asked for and the pipeline that ran has no pass for.
  /// Returns the exit code then.
  [[nodiscard]] std::optional<ExitCode>
  checkPipeline(llvm::StringRef pipeline) const;
  void addPassDefaults(llvm::SmallVectorImpl<PassOptionValue> &defaults) const;

private:
  llvm::cl::opt<std::string> head;
  llvm::cl::opt<std::string> sampler;
  llvm::cl::opt<bool> listHeads;
};

/// Where `auto` puts the head of each registered model on each chip, and why,
/// as tables in Markdown.
[[nodiscard]] std::string listHeadPlacements();

} // namespace espresso

#endif // ESPRESSO_TOOLS_HEADTOOLOPTIONS_H
