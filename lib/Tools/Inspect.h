//===- Inspect.h - What a checkpoint holds ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_INSPECT_H
#define ESPRESSO_LIB_TOOLS_INSPECT_H

#include "espresso/Model/Checkpoint.h"

#include "llvm/Support/raw_ostream.h"

namespace espresso {

/// A checkpoint, and why its vocabulary could not be read, if so.
struct Inspection {
  Checkpoint checkpoint;
  std::string vocabularyProblem;
};

/// Reads the checkpoint at `path`, with its vocabulary if that can be read.
FailureOr<Inspection> inspect(llvm::StringRef path,
                              llvm::StringRef tokenizerPath,
                              DiagnosticEngine &diagnostics);

/// For people.
void printInspection(const Inspection &inspection, llvm::raw_ostream &os);
/// docs/Tools.md has the members.
void printInspectionAsJson(const Inspection &inspection, llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_INSPECT_H
