//===- MilTextFuzzer.cpp - MIL text in, the same text out -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/AsmText/TextCheck.h"
#include "espresso/Ops/Verifier.h"

using namespace espresso;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Context context;
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  fuzz::renderNowhere(diagnostics);
  std::unique_ptr<Program> program =
      parseProgramText(context, {reinterpret_cast<const char *>(data), size});
  if (!program) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  if (failed(verify(*program)) || failed(checkText(*program, TextForm::Ours))) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  fuzz::requireRoundTrip(printToString(*program));
  return 0;
}
