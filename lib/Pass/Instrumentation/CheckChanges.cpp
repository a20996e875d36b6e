//===- CheckChanges.cpp - Passes held to their word -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --check-changes: a pass that says `Unchanged` must leave the fingerprint as
// it was, and one that says `Changed` must not. The first would hide work from
// --verify-each and the dumps; the second keeps loops to a fixed point going.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/IR/Fingerprint.h"

namespace espresso {
namespace {

class CheckChanges : public PassInstrumentation {
public:
  void beforePass(const PassExecution &execution) override {
    fingerprintBefore = compute(execution);
  }

  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    bool changed = compute(execution) != fingerprintBefore;
    if (changed == (result == PassResult::Changed))
      return PipelineStatus::Success;
    DiagnosticEngine &diagnostics =
        execution.program.getContext().getDiagnostics();
    Location location =
        execution.function ? execution.function->getLocation() : Location();
    InFlightDiagnostic diag = diagnostics.emitError(location);
    diag << "pass '" << execution.getArgument();
    if (changed)
      diag << "' changed " << execution.getSubject() << " without saying so";
    else
      diag << "' says that it changed " << execution.getSubject()
           << " and did not";
    return PipelineStatus::Bug;
  }

private:
  static uint64_t compute(const PassExecution &execution) {
    return execution.function ? getFingerprint(*execution.function)
                              : getFingerprint(execution.program);
  }

  uint64_t fingerprintBefore = 0;
};

} // namespace

InstrumentationPtr createCheckChanges() {
  return std::make_unique<CheckChanges>();
}

} // namespace espresso
