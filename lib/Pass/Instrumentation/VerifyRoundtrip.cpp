//===- VerifyRoundtrip.cpp - Text that reads back -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --verify-roundtrip: before the pipeline, after each pass that changed
// something, and at the end, the program is printed, parsed and printed again.
// Both texts must be equal, and so must both fingerprints.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/IR/Fingerprint.h"

namespace espresso {
namespace {

class VerifyRoundtrip : public PassInstrumentation {
public:
  PipelineStatus beforePipeline(const Pipeline &pipeline,
                                Program &program) override {
    return check(program, "before the pipeline");
  }
  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    if (result != PassResult::Changed)
      return PipelineStatus::Success;
    return check(execution.program,
                 ("after pass '" + execution.getArgument() + "'").str());
  }
  PipelineStatus afterPipeline(const Pipeline &pipeline,
                               Program &program) override {
    return check(program, "after the pipeline");
  }

private:
  static PipelineStatus check(const Program &program, llvm::StringRef when);
};

} // namespace

/// The first lines that differ.
static std::pair<llvm::StringRef, llvm::StringRef>
findDifference(llvm::StringRef first, llvm::StringRef second) {
  while (true) {
    auto [firstLine, firstRest] = first.split('\n');
    auto [secondLine, secondRest] = second.split('\n');
    if (firstLine != secondLine || (firstRest.empty() && secondRest.empty()))
      return {firstLine.trim(), secondLine.trim()};
    first = firstRest;
    second = secondRest;
  }
}

PipelineStatus VerifyRoundtrip::check(const Program &program,
                                      llvm::StringRef when) {
  Context &context = program.getContext();
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  std::string text = printToString(program);
  std::unique_ptr<Program> parsed =
      parseProgramText(context, text, "<printed program>");
  if (!parsed) {
    diagnostics.emitError(Location())
        << "printed program cannot be read back " << when;
    return PipelineStatus::Bug;
  }
  std::string again = printToString(*parsed);
  if (text != again) {
    auto [first, second] = findDifference(text, again);
    diagnostics.emitError(Location())
            .addNote(Location(), "printed first: " + first)
            .addNote(Location(), "printed again: " + second)
        << "program prints differently when it has been read back " << when;
    return PipelineStatus::Bug;
  }
  if (getFingerprint(program) == getFingerprint(*parsed))
    return PipelineStatus::Success;
  diagnostics.emitError(Location())
      << "program reads back as another one with the same text " << when;
  return PipelineStatus::Bug;
}

InstrumentationPtr createVerifyRoundtrip() {
  return std::make_unique<VerifyRoundtrip>();
}

} // namespace espresso
