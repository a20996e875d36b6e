//===- CheckNumerics.cpp - Passes keep what is computed -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --check-numerics: what a pass has changed is evaluated as it was and as it
// is, on the same seeded inputs and states. Outputs and states must agree as
// the record of the pass promises: bit by bit, or within so many units. What
// cannot be compared is said in a remark.
//
//===----------------------------------------------------------------------===//

#include "FunctionNumerics.h"
#include "Instrumentations.h"
#include "ProgramCopy.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

namespace espresso {
namespace {

class CheckNumerics : public PassInstrumentation {
public:
  explicit CheckNumerics(const NumericsCheckOptions &options)
      : options(options) {}

  void beforePass(const PassExecution &execution) override;
  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override;

private:
  bool checkFunction(const PassExecution &execution, const Function &before);
  void remark(const PassExecution &execution, const Function &before,
              llvm::StringRef reason);
  void reportFailure(const PassExecution &execution, const Function &before,
                     const NumericsFinding &finding);

  NumericsCheckOptions options;
  /// The program before the current pass, or the function and what it calls.
  std::unique_ptr<Program> snapshot;
  /// Remarks that have been made.
  llvm::StringSet<> remarks;
};

} // namespace

/// Appends copies of the functions that `function` calls, at any depth, to
/// `into`, which has `function`.
static void copyCallees(const Function &function, Program &into) {
  const Program &from = function.getProgram();
  const_cast<Function &>(function).walk([&](Operation &op) {
    if (!op.is("espresso.call"))
      return;
    Attribute name = op.getConstant("callee");
    const Function *callee =
        name ? from.findFunction(name.getString()) : nullptr;
    if (!callee || into.findFunction(callee->getName()))
      return;
    copyFunction(*callee, into);
    copyCallees(*callee, into);
  });
}

void CheckNumerics::beforePass(const PassExecution &execution) {
  if (!execution.function) {
    snapshot = cloneProgram(execution.program);
    return;
  }
  snapshot = makeEmptyLike(execution.program);
  copyFunction(*execution.function, *snapshot);
  copyCallees(*execution.function, *snapshot);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

void CheckNumerics::remark(const PassExecution &execution,
                           const Function &before, llvm::StringRef reason) {
  if (!options.remarks ||
      !remarks.insert((before.getName() + reason).str()).second)
    return;
  execution.program.getContext()
          .getDiagnostics()
          .emitRemark(before.getLocation())
          .setRule("check-numerics")
      << "what function '" << before.getName()
      << "' computes is not checked after pass '" << execution.getArgument()
      << "': " << reason;
}

void CheckNumerics::reportFailure(const PassExecution &execution,
                                  const Function &before,
                                  const NumericsFinding &finding) {
  DiagnosticEngine &diagnostics =
      execution.program.getContext().getDiagnostics();
  Location location =
      finding.location.isUnknown() ? before.getLocation() : finding.location;
  InFlightDiagnostic diagnostic = diagnostics.emitError(location);
  diagnostic << "pass '" << execution.getArgument()
             << "' changes what function '" << before.getName()
             << "' computes: " << finding.message;
  for (const std::string &note : finding.notes)
    diagnostic.addNote(Location(), note);
}

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

/// False if the pass has broken its promise.
bool CheckNumerics::checkFunction(const PassExecution &execution,
                                  const Function &before) {
  const Function *after = execution.program.findFunction(before.getName());
  if (!after) {
    remark(execution, before, "it is gone");
    return true;
  }
  NumericsFinding finding =
      compareFunctions(before, *after, execution.pass.getTolerance(), options);
  switch (finding.kind) {
  case NumericsFinding::Kind::Same:
    return true;
  case NumericsFinding::Kind::Unchecked:
    remark(execution, before, finding.message);
    return true;
  case NumericsFinding::Kind::Different:
    reportFailure(execution, before, finding);
    return false;
  }
  return true;
}

PipelineStatus CheckNumerics::afterPass(const PassExecution &execution,
                                        PassResult result) {
  std::unique_ptr<Program> before = std::move(snapshot);
  if (result != PassResult::Changed || !before)
    return PipelineStatus::Success;
  bool isValid;
  {
    // --verify-each has said so, or is not wanted.
    DiagnosticCapture capture(execution.program.getContext().getDiagnostics());
    isValid = succeeded(verify(execution.program, {.warnOpaque = false}));
  }
  if (!isValid) {
    remark(execution, *before->getFunctions().front(),
           "the program is not valid");
    return PipelineStatus::Success;
  }
  bool isSame = true;
  for (const std::unique_ptr<Function> &function : before->getFunctions())
    // Of a function pass, the others are what the first one calls.
    if (!execution.function || function == before->getFunctions().front())
      isSame &= checkFunction(execution, *function);
  return isSame ? PipelineStatus::Success : PipelineStatus::Bug;
}

InstrumentationPtr createCheckNumerics(const NumericsCheckOptions &options) {
  return std::make_unique<CheckNumerics>(options);
}

} // namespace espresso
