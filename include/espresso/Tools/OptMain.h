//===- OptMain.h - The driver of espresso-opt -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_OPTMAIN_H
#define ESPRESSO_TOOLS_OPTMAIN_H

#include "espresso/IR/Program.h"
#include "espresso/Pass/Instrumentation.h"
#include "espresso/Tools/ExitCode.h"
#include "espresso/Tools/TargetOptions.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/CommandLine.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace espresso {

/// A program read besides the main one, or why there is none, which has been
/// reported.
struct ReadResult {
  ExitCode code = ExitCode::Success;
  std::shared_ptr<const Program> program;
};
/// Reads and verifies a program of any format as the options say.
using ProgramReader = std::function<ReadResult(const std::string &path)>;

/// Something espresso-opt does between verifying a program and printing it.
class OptStage {
public:
  virtual ~OptStage();

  /// Called first of all: makes the command-line options of the stage, which
  /// live as long as it does.
  virtual void addOptions(llvm::cl::OptionCategory &category) {}
  /// Called once, after the command line is parsed and before any input is
  /// read. Returns the exit code if the tool should end now: an option made no
  /// sense, which has been reported, or asked only for information.
  virtual std::optional<ExitCode> begin(Context &context) {
    return std::nullopt;
  }
  /// Called after begin(): a file to read in place of the one that the command
  /// line names.
  virtual std::optional<std::string> getInput() { return std::nullopt; }
  /// Called for each program. Anything but Success has been reported, and
  /// nothing is written.
  virtual ExitCode run(Program &program) = 0;
  /// Called after run(): may write what is to be printed in place of the
  /// program, and return true.
  virtual bool printResult(llvm::raw_ostream &os) { return false; }

  /// Called last, when everything is written: the exit code of the tool.
  virtual ExitCode getFinalExitCode() const { return ExitCode::Success; }

  /// Called before begin(): what run() may use to read other programs.
  void setReader(ProgramReader newReader) { reader = std::move(newReader); }
  /// Called before begin() if --json was given: all reports as JSON.
  void preferJson() { wantsJson = true; }
  /// Called before begin(): what --chip and --path say; outlives the stage.
  void setTarget(const TargetOptions &newTarget) { target = &newTarget; }

protected:
  ReadResult readProgram(const std::string &path) const { return reader(path); }
  const TargetOptions &getTargetOptions() const { return *target; }
  bool prefersJson() const { return wantsJson; }
  /// The format of a report that was asked for as `asked`.
  ReportFormat chooseFormat(ReportFormat asked) const {
    return wantsJson && asked != ReportFormat::None ? ReportFormat::Json
                                                    : asked;
  }

private:
  ProgramReader reader;
  const TargetOptions *target = nullptr;
  bool wantsJson = false;
};

/// espresso-opt: a program in, a program out. Returns the exit code.
[[nodiscard]] int espressoOptMain(int argc, char **argv,
                                  llvm::ArrayRef<OptStage *> stages = {});

} // namespace espresso

#endif // ESPRESSO_TOOLS_OPTMAIN_H
