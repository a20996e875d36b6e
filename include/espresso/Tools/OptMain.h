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
#include "espresso/Tools/ExitCode.h"

#include "llvm/ADT/ArrayRef.h"

#include <optional>

namespace espresso {

/// Something espresso-opt does between verifying a program and printing it. A
/// stage registers its command-line options while it is constructed.
class OptStage {
public:
  virtual ~OptStage();

  /// Called once, after the command line is parsed and before any input is
  /// read. Returns the exit code if the tool should end now: an option made no
  /// sense, which has been reported, or asked only for information.
  virtual std::optional<ExitCode> begin(Context &context) {
    return std::nullopt;
  }
  /// Called for each program. Anything but Success has been reported, and
  /// nothing is written.
  virtual ExitCode run(Program &program) = 0;
};

/// espresso-opt: MIL text in, MIL text out. Returns the exit code.
[[nodiscard]] int espressoOptMain(int argc, char **argv,
                                  llvm::ArrayRef<OptStage *> stages = {});

} // namespace espresso

#endif // ESPRESSO_TOOLS_OPTMAIN_H
