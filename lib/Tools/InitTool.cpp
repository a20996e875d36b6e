//===- InitTool.cpp - The beginning and the end of main -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/InitTool.h"

#include "espresso/Base/Version.h"
#include "espresso/Tools/ExitCode.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/ManagedStatic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace espresso {

/// Made beforehand: little is allowed while the process is going down.
static std::string &getCrashMessage() {
  static std::string message;
  return message;
}

static void writeToStderr(llvm::StringRef text) {
  // Nothing can be done if it fails.
  [[maybe_unused]] ssize_t written =
      ::write(STDERR_FILENO, text.data(), text.size());
}

/// Runs in a signal handler, after unfinished files were removed.
static void endAfterCrash(void *) {
  writeToStderr(getCrashMessage());
  ::_exit(static_cast<int>(ExitCode::Bug));
}

static void endAfterFatalError(void *, const char *reason, bool) {
  llvm::sys::RunInterruptHandlers();
  writeToStderr(reason);
  writeToStderr("\n");
  endAfterCrash(nullptr);
}

/// Says what could not be written to stdout by those who did not look, and ends
/// so; what stderr did not take nobody will read. Otherwise the destructors of
/// both streams would call it a bug.
static void checkStandardStreams() {
  llvm::raw_fd_ostream &out = llvm::outs();
  out.flush();
  bool hasFailed = out.has_error();
  if (hasFailed) {
    reportToolError("cannot write '<stdout>': " + out.error().message());
    out.clear_error();
  }
  llvm::errs().clear_error();
  if (hasFailed)
    std::_Exit(static_cast<int>(ExitCode::OutputError));
}

InitTool::InitTool(int argc, char **argv) {
  llvm::StringRef name =
      argc > 0 ? llvm::sys::path::filename(argv[0]) : "espresso";
  getCrashMessage() =
      (name + ": internal error: this is a bug in " + kVersionText +
       "; please report it with the command line and the input\n")
          .str();
  if (llvm::sys::Process::FixupStandardFileDescriptors())
    std::_Exit(static_cast<int>(ExitCode::OutputError));
  llvm::sys::AddSignalHandler(endAfterCrash, nullptr);
  // Afterwards: LLVM counts the second one among crashes.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  llvm::install_fatal_error_handler(endAfterFatalError);
  llvm::install_out_of_memory_new_handler();
  // Streams that exist by now are destroyed after it has run.
  (void)llvm::outs();
  (void)llvm::errs();
  std::atexit(checkStandardStreams);
}

InitTool::~InitTool() { llvm::llvm_shutdown(); }

} // namespace espresso
