//===- PassOptions.h - Flags of the pass manager ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_PASSOPTIONS_H
#define ESPRESSO_TOOLS_PASSOPTIONS_H

#include "espresso/Pass/PassManager.h"
#include "espresso/Tools/ExitCode.h"

#include "llvm/Support/CommandLine.h"

#include <optional>

namespace espresso {

/// How --check-numerics is asked for.
enum class CheckNumericsMode : uint8_t { Off, On, Quiet };

/// What any tool that runs passes lets its user watch: printing, checks, times,
/// counts, bisection, reproducers. All hidden from --help and in --help-all.
/// Registers its options while it lives. See docs/PassManager.md.
class PassOptions {
public:
  /// `checkChanges` is the default of --check-changes.
  PassOptions(llvm::cl::OptionCategory &category, bool checkChanges);

  /// To be called after the command line is parsed. Reports what makes no sense
  /// and returns the exit code.
  [[nodiscard]] std::optional<ExitCode> check() const;

  /// Adds what was asked for to `manager`, which writes to stderr.
  void instrument(PassManager &manager) const;

private:
  llvm::cl::opt<std::string> printBefore;
  llvm::cl::opt<std::string> printAfter;
  llvm::cl::opt<bool> printAfterChange;
  llvm::cl::opt<bool> printAfterFailure;
  llvm::cl::opt<std::string> treeDirectory;
  llvm::cl::opt<bool> verifyEach;
  llvm::cl::opt<bool> checkChanges;
  llvm::cl::opt<bool> verifyRoundtrip;
  llvm::cl::opt<CheckNumericsMode> checkNumerics;
  llvm::cl::opt<uint64_t> checkNumericsSeed;
  llvm::cl::opt<uint64_t> checkNumericsCost;
  llvm::cl::opt<ReportFormat> timing;
  llvm::cl::opt<ReportFormat> statistics;
  llvm::cl::opt<unsigned> bisectLimit;
  llvm::cl::list<std::string> disabled;
  llvm::cl::opt<std::string> reproducer;
};

/// The exit code that tells how a pipeline ended.
[[nodiscard]] ExitCode getExitCode(PipelineStatus status);

} // namespace espresso

#endif // ESPRESSO_TOOLS_PASSOPTIONS_H
