//===- GgufFuzzer.cpp - GGUF files ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/Frontend/Frontend.h"

using namespace espresso;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::ScratchFile scratch(".gguf");
  scratch.write({data, size});
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  auto checkpoint = readCheckpoint(scratch.getPath(), {}, diagnostics);
  if (failed(checkpoint)) {
    fuzz::requireReason(diagnostics);
    // A vocabulary can be had without the tensors.
    DiagnosticEngine own;
    fuzz::renderNowhere(own);
    if (failed(readGgufTokenizer(scratch.getPath(), own)))
      fuzz::requireReason(own);
    return 0;
  }
  for (const auto &[name, tensor] : checkpoint->tensors)
    fuzz::readAll(*tensor.source, diagnostics);
  return 0;
}
