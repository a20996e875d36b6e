//===- ToolOptions.cpp - What all tools have in common --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/ToolOptions.h"

#include "Revision.h"

#include "espresso/Base/Version.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"

#include <cstdlib>
#include <string>

namespace espresso {

namespace cl = llvm::cl;

ExitCode getExitCodeForWrite(const absl::Status &status) {
  switch (status.code()) {
  case absl::StatusCode::kOk:
    return ExitCode::Success;
  case absl::StatusCode::kAborted:
    return ExitCode::Failed;
  case absl::StatusCode::kAlreadyExists:
  case absl::StatusCode::kInvalidArgument:
    return ExitCode::Usage;
  default:
    return ExitCode::OutputError;
  }
}

/// The name the tool was started by, for its own messages; there until the very
/// end of the process.
static llvm::StringRef toolName = "espresso";

void reportToolError(llvm::StringRef message) {
  llvm::errs() << toolName << ": error: " << message << '\n';
}

/// LLVM's own options are noise to our users, and one of them has the name of
/// one of ours; its "h" takes every word that begins so for itself. Takes away
/// all but those of --help and --version.
static llvm::StringRef removeForeignOptions(llvm::StringRef categoryName) {
  static constexpr llvm::StringLiteral kKept[] = {"help", "help-hidden",
                                                  "version"};
  llvm::SmallVector<cl::Option *, 32> foreign;
  for (auto &entry : cl::getRegisteredOptions())
    if (!llvm::is_contained(kKept, entry.first()))
      foreign.push_back(entry.second);
  for (cl::Option *option : foreign)
    option->removeArgument();
  return categoryName;
}

ToolOptions::ToolOptions()
    // Before any option of ours is made.
    : category(removeForeignOptions("General options")),
      color("color", cl::desc("Colour messages: auto, always, never"),
            cl::values(clEnumValN(ColorMode::Auto, "auto", "on a terminal"),
                       clEnumValN(ColorMode::Always, "always", ""),
                       clEnumValN(ColorMode::Never, "never", "")),
            cl::init(ColorMode::Auto), cl::Hidden, cl::cat(category)),
      maxErrors("max-errors",
                cl::desc("Errors to print before the rest are only counted"),
                cl::value_desc("n"),
                cl::init(DiagnosticEngine::kDefaultMaxErrors), cl::Hidden,
                cl::cat(category)),
      warningsAsErrors("Werror", cl::desc("Treat warnings as errors"),
                       cl::Hidden, cl::cat(category)),
      verbose("v", cl::desc("Say more, remarks included"), cl::cat(category)),
      quiet("q", cl::desc("Say nothing but errors"), cl::cat(category)),
      noProgress("no-progress", cl::desc("Show no progress on a terminal"),
                 cl::Hidden, cl::cat(category)),
      help("h", cl::desc("Alias for --help"), cl::ValueDisallowed, cl::Hidden,
           cl::cat(category)),
      helpAll("help-all", cl::desc("Show all options"), cl::ValueDisallowed,
              cl::cat(category)) {}

//===----------------------------------------------------------------------===//
// Command line
//===----------------------------------------------------------------------===//

static void printVersion(llvm::raw_ostream &os) {
  llvm::StringRef revision = ESPRESSO_REVISION;
  os << kVersionText;
  if (!revision.empty())
    os << " (" << revision << ')';
  os << "\nLLVM " << LLVM_VERSION_STRING << ", " << LLVM_HOST_TRIPLE << '\n';
}

std::optional<ExitCode> ToolOptions::parse(int argc, char **argv,
                                           llvm::StringRef overview,
                                           llvm::StringRef examples) {
  toolName = llvm::sys::path::filename(argv[0]);
  cl::SetVersionPrinter(printVersion);
  // It keeps no copy.
  std::string exampleText = "\nEXAMPLES:\n" + examples.str();
  cl::extrahelp moreHelp(exampleText);
  std::string errors;
  llvm::raw_string_ostream errorStream(errors);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &errorStream)) {
    llvm::errs() << errors;
    return ExitCode::Usage;
  }
  if (help || helpAll) {
    cl::PrintHelpMessage(/*Hidden=*/helpAll, /*Categorized=*/true);
    llvm::outs() << exampleText; // what was parsed is forgotten by now
    return ExitCode::Success;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

bool ToolOptions::wantsColor() const {
  if (color != ColorMode::Auto)
    return color == ColorMode::Always;
  // https://no-color.org and https://bixense.com/clicolors.
  const char *noColor = std::getenv("NO_COLOR");
  if (noColor && *noColor)
    return false;
  const char *force = std::getenv("CLICOLOR_FORCE");
  if (force && *force && llvm::StringRef(force) != "0")
    return true;
  return llvm::sys::Process::StandardErrHasColors();
}

bool ToolOptions::wantsProgress() const {
  return !noProgress && !quiet && llvm::sys::Process::StandardErrIsDisplayed();
}

void ToolOptions::configure(DiagnosticEngine &engine) const {
  engine.setMaxErrors(maxErrors);
  engine.setWarningsAsErrors(warningsAsErrors);
  bool useColor = wantsColor();
  bool showRemarks = verbose, showWarnings = !quiet;
  llvm::SourceMgr &sourceMgr = engine.getSourceMgr();
  engine.setHandler([=, &sourceMgr](const Diagnostic &diagnostic) {
    if (diagnostic.severity == Severity::Remark && !showRemarks)
      return;
    if (diagnostic.severity == Severity::Warning && !showWarnings)
      return;
    printDiagnostic(diagnostic, sourceMgr, llvm::errs(), useColor);
  });
}

} // namespace espresso
