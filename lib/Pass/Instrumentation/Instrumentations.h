//===- Instrumentations.h - Each hook by itself -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PASS_INSTRUMENTATIONS_H
#define ESPRESSO_LIB_PASS_INSTRUMENTATIONS_H

#include "espresso/Pass/Instrumentation.h"

namespace espresso {

using InstrumentationPtr = std::unique_ptr<PassInstrumentation>;

/// Prints the program before and after passes. Options: print*.
InstrumentationPtr createPrinting(const InstrumentationOptions &options,
                                  llvm::raw_ostream &os);
/// Writes `0001_function_main_cse.mil`, … into `directory`.
InstrumentationPtr createTreeDump(llvm::StringRef directory);
/// Runs the verifier after changes.
InstrumentationPtr createVerifyEach();
/// Compares what passes say of changes with fingerprints.
InstrumentationPtr createCheckChanges();
/// Prints, parses and prints again.
InstrumentationPtr createVerifyRoundtrip();
/// Evaluates before and after changes.
InstrumentationPtr createCheckNumerics(const NumericsCheckOptions &options);
/// Measures wall time by pass.
InstrumentationPtr createTiming(ReportFormat format, llvm::raw_ostream &os);
/// Reports what passes counted.
InstrumentationPtr createStatistics(ReportFormat format, llvm::raw_ostream &os);
/// Skips all executions after the first `limit`.
InstrumentationPtr createBisectLimit(unsigned limit, llvm::raw_ostream &os);
/// Skips some executions.
InstrumentationPtr createDisablePass(std::vector<DisabledPass> disabled);
/// Writes the program before a failing pass to `path`, or, if that is empty and
/// the failure is a bug, to a file for temporary things.
InstrumentationPtr createReproducer(llvm::StringRef path,
                                    llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_LIB_PASS_INSTRUMENTATIONS_H
