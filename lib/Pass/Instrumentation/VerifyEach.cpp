//===- VerifyEach.cpp - The verifier after changes ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --verify-each, on by default: what a changing pass leaves must be valid. What
// the verifier finds is shown, then which pass it was.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/Ops/Verifier.h"

namespace espresso {
namespace {

class VerifyEach : public PassInstrumentation {
public:
  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    if (result != PassResult::Changed)
      return PipelineStatus::Success;
    // The user has been told of opaque operations when the program was read.
    VerifyOptions options{.strict = false, .warnOpaque = false};
    LogicalResult valid = execution.function
                              ? verify(*execution.function, options)
                              : verify(execution.program, options);
    if (succeeded(valid))
      return PipelineStatus::Success;
    Location location =
        execution.function ? execution.function->getLocation() : Location();
    execution.program.getContext().getDiagnostics().emitError(location)
        << execution.getSubject() << " is not valid after pass '"
        << execution.getArgument() << "'";
    return PipelineStatus::Bug;
  }
};

} // namespace

InstrumentationPtr createVerifyEach() { return std::make_unique<VerifyEach>(); }

} // namespace espresso
