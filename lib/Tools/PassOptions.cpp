//===- PassOptions.cpp - Flags of the pass manager ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/PassOptions.h"

#include "espresso/Tools/ToolOptions.h"

#include "llvm/Support/Compiler.h"
#include "llvm/Support/CrashRecoveryContext.h"

namespace espresso {

namespace cl = llvm::cl;

static cl::ValuesClass getReportFormats() {
  // `--timing` without a value is text.
  return cl::values(clEnumValN(ReportFormat::Text, "text", "for people"),
                    clEnumValN(ReportFormat::Json, "json", "for tools"),
                    clEnumValN(ReportFormat::Text, "", ""));
}

PassOptions::PassOptions(cl::OptionCategory &category, bool checkByDefault)
    : printBefore("print-ir-before",
                  cl::desc("Print the program before these passes, or 'all'"),
                  cl::value_desc("pass,..."), cl::Hidden, cl::cat(category)),
      printAfter("print-ir-after",
                 cl::desc("Print the program after these passes, or 'all'"),
                 cl::value_desc("pass,..."), cl::Hidden, cl::cat(category)),
      printAfterChange(
          "print-ir-after-change",
          cl::desc("Print the program after passes that change it"), cl::Hidden,
          cl::cat(category)),
      printAfterFailure("print-ir-after-failure",
                        cl::desc("Print the program after a pass has failed"),
                        cl::Hidden, cl::cat(category)),
      treeDirectory(
          "print-ir-tree-dir",
          cl::desc("Write the program after each change to a file there"),
          cl::value_desc("directory"), cl::Hidden, cl::cat(category)),
      verifyEach(
          "verify-each",
          cl::desc("Verify after passes that change something (default)"),
          cl::init(true), cl::Hidden, cl::cat(category)),
      checkChanges("check-changes",
                   cl::desc("Hold passes to what they say of changes"),
                   cl::init(checkByDefault), cl::Hidden, cl::cat(category)),
      verifyRoundtrip(
          "verify-roundtrip",
          cl::desc("Print, parse and print again, around and between passes"),
          // The suite can be run with it on every line.
          cl::ZeroOrMore, cl::Hidden, cl::cat(category)),
      checkNumerics(
          "check-numerics",
          cl::desc("Evaluate before and after passes that change something"),
          cl::values(
              clEnumValN(CheckNumericsMode::On, "on",
                         "remark on what is left out"),
              clEnumValN(CheckNumericsMode::Quiet, "quiet", "without remarks"),
              clEnumValN(CheckNumericsMode::Off, "off", "(default)"),
              clEnumValN(CheckNumericsMode::On, "", "")),
          cl::ValueOptional, cl::init(CheckNumericsMode::Off),
          // The suite is run with it on every line.
          cl::ZeroOrMore, cl::Hidden, cl::cat(category)),
      checkNumericsSeed(
          "check-numerics-seed", cl::desc("Of the inputs of --check-numerics"),
          cl::value_desc("n"), cl::init(NumericsCheckOptions().seed),
          cl::Hidden, cl::cat(category)),
      checkNumericsCost(
          "check-numerics-max-cost",
          cl::desc("Leave out functions that compute more than n elements, or "
                   "with more than n operations of arithmetic"),
          cl::value_desc("n"), cl::init(NumericsCheckOptions().maxCost),
          cl::Hidden, cl::cat(category)),
      timing("timing", cl::desc("Report the time each pass took"),
             getReportFormats(), cl::ValueOptional,
             cl::init(ReportFormat::None), cl::Hidden, cl::cat(category)),
      statistics("statistics", cl::desc("Report what passes counted"),
                 getReportFormats(), cl::ValueOptional,
                 cl::init(ReportFormat::None), cl::Hidden, cl::cat(category)),
      bisectLimit("bisect-limit",
                  cl::desc("Number executions of passes, skip those after n"),
                  cl::value_desc("n"), cl::Hidden, cl::cat(category)),
      disabled("disable-pass",
               cl::desc("Leave out a pass, or its k-th execution only"),
               cl::value_desc("pass[:k]"), cl::Hidden, cl::CommaSeparated,
               cl::cat(category)),
      reproducer("reproducer",
                 cl::desc("Where to write the program before a failing pass"),
                 cl::value_desc("file"), cl::Hidden, cl::cat(category)) {}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// A pass nobody knows is a typing mistake that would go unnoticed.
static bool isKnownPass(llvm::StringRef argument, llvm::StringRef flag) {
  PassRegistry &registry = PassRegistry::get();
  if (registry.findPass(argument))
    return true;
  std::string message =
      ("unknown pass '" + argument + "' in '--" + flag + "'").str();
  if (std::optional<llvm::StringRef> near = registry.suggest(argument))
    message += ("; did you mean '" + *near + "'?").str();
  reportToolError(message);
  return false;
}

static bool isKnownFilter(const cl::opt<std::string> &flag) {
  for (const std::string &argument : PassFilter::parse(flag).arguments)
    if (!isKnownPass(argument, flag.ArgStr))
      return false;
  return true;
}

std::optional<ExitCode> PassOptions::check() const {
  if (!isKnownFilter(printBefore) || !isKnownFilter(printAfter))
    return ExitCode::Usage;
  for (const std::string &text : disabled) {
    std::optional<DisabledPass> pass = DisabledPass::parse(text);
    if (!pass) {
      reportToolError("'--disable-pass' expects 'pass' or 'pass:k' with k from "
                      "1, found '" +
                      text + "'");
      return ExitCode::Usage;
    }
    if (!isKnownPass(pass->argument, disabled.ArgStr))
      return ExitCode::Usage;
  }
  return std::nullopt;
}

void PassOptions::instrument(PassManager &manager) const {
  InstrumentationOptions options;
  options.printBefore = PassFilter::parse(printBefore);
  options.printAfter = PassFilter::parse(printAfter);
  options.printAfterChange = printAfterChange;
  options.printAfterFailure = printAfterFailure;
  options.treeDirectory = treeDirectory;
  options.verifyEach = verifyEach;
  options.checkChanges = checkChanges;
  options.verifyRoundtrip = verifyRoundtrip;
  options.checkNumerics.isEnabled = checkNumerics != CheckNumericsMode::Off;
  options.checkNumerics.remarks = checkNumerics == CheckNumericsMode::On;
  options.checkNumerics.seed = checkNumericsSeed;
  options.checkNumerics.maxCost = checkNumericsCost;
  options.timing = timing;
  options.statistics = statistics;
  if (bisectLimit.getNumOccurrences() != 0)
    options.bisectLimit = bisectLimit;
  for (const std::string &text : disabled)
    options.disabled.push_back(*DisabledPass::parse(text));
  options.reproducerFile = reproducer;
  addInstrumentations(manager, options, llvm::errs());
#if !LLVM_ADDRESS_SANITIZER_BUILD
  // A crash leaves a reproducer, too. The sanitizer has more to say of one.
  llvm::CrashRecoveryContext::Enable();
#endif
}

ExitCode getExitCode(PipelineStatus status) {
  switch (status) {
  case PipelineStatus::Success:
    return ExitCode::Success;
  case PipelineStatus::Failed:
    return ExitCode::Failed;
  case PipelineStatus::Bug:
    return ExitCode::Bug;
  case PipelineStatus::IoError:
    return ExitCode::OutputError;
  }
  return ExitCode::Bug;
}

} // namespace espresso
