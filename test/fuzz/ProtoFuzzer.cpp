//===- ProtoFuzzer.cpp - Core ML models in and out ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/AsmText/TextCheck.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Proto/Model.h"
#include "espresso/Proto/ProgramImport.h"

using namespace espresso;

static llvm::ArrayRef<uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// What was written can be read, and is written as the same bytes.
static void requireModelRoundTrip(const std::string &bytes) {
  Context context;
  FailureOr<ModelDocument> again = readModel(context, bytesOf(bytes), "again");
  fuzz::require(succeeded(again), "what is written can be read");
  FailureOr<std::string> written = writeModel(*again);
  fuzz::require(succeeded(written), "what was written once can be again");
  fuzz::require(*written == bytes, "it is written as the same bytes");
}

static void useProgram(const Program &program) {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  const unsigned errors = diagnostics.getNumErrors();
  const bool isValid = succeeded(verify(program));
  const bool hasText = succeeded(checkText(program, TextForm::Ours));
  fuzz::require((isValid && hasText) || diagnostics.getNumErrors() > errors,
                "a refusal has a reason");
  std::string text = printToString(program);
  if (isValid && hasText)
    fuzz::requireRoundTrip(text);
}

/// Inputs are tried as a model and as a program alone.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Context context;
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  fuzz::renderNowhere(diagnostics);
  FailureOr<ModelDocument> model = readModel(context, {data, size}, "model");
  if (failed(model)) {
    fuzz::requireReason(diagnostics);
    Context own;
    fuzz::renderNowhere(own.getDiagnostics());
    if (auto program = importProgram(own, {data, size}, "program"))
      useProgram(*program);
    else
      fuzz::requireReason(own.getDiagnostics());
    return 0;
  }
  useProgram(model->getProgram());
  FailureOr<std::string> bytes = writeModel(*model);
  if (succeeded(bytes))
    requireModelRoundTrip(*bytes);
  else
    fuzz::requireReason(diagnostics);
  return 0;
}
