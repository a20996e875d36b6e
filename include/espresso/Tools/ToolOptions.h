//===- ToolOptions.h - What all tools have in common ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_TOOLOPTIONS_H
#define ESPRESSO_TOOLS_TOOLOPTIONS_H

#include "espresso/Support/Diagnostics.h"
#include "espresso/Tools/ExitCode.h"

#include "llvm/Support/CommandLine.h"

#include <optional>

namespace espresso {

enum class ColorMode : uint8_t { Auto, Always, Never };

/// Options every compiler tool takes. Make one in main's function; it registers
/// its options while it lives.
class ToolOptions {
public:
  ToolOptions();

  llvm::cl::OptionCategory &getCategory() { return category; }

  /// Parses the command line. `examples` is shown at the end of --help. Returns
  /// the exit code if the tool should end now: after --help or --version, or
  /// after a usage error, which has been reported. Options of LLVM's own are
  /// not shown or accepted as ours.
  [[nodiscard]] std::optional<ExitCode> parse(int argc, char **argv,
                                              llvm::StringRef overview,
                                              llvm::StringRef examples);

  /// Makes `engine` print to stderr as the options say.
  void configure(DiagnosticEngine &engine) const;

  bool isVerbose() const { return verbose; }
  bool isQuiet() const { return quiet; }
  /// Whether stderr is a terminal that progress may be shown on.
  bool wantsProgress() const;

private:
  bool wantsColor() const;

  llvm::cl::OptionCategory category;
  llvm::cl::opt<ColorMode> color;
  llvm::cl::opt<unsigned> maxErrors;
  llvm::cl::opt<bool> warningsAsErrors;
  llvm::cl::opt<bool> verbose;
  llvm::cl::opt<bool> quiet;
  llvm::cl::opt<bool> noProgress;
  llvm::cl::opt<bool> help;
  llvm::cl::opt<bool> helpAll;
};

/// Prints "<tool>: error: <message>" to stderr.
void reportToolError(llvm::StringRef message);

} // namespace espresso

#endif // ESPRESSO_TOOLS_TOOLOPTIONS_H
