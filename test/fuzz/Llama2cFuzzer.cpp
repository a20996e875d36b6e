//===- Llama2cFuzzer.cpp - llama2.c models and vocabularies ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/Frontend/Frontend.h"

using namespace espresso;

/// Two parts: the model, then its vocabulary.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::ScratchFile modelFile(".bin"), vocabularyFile(".tok");
  const auto [model, vocabulary] = fuzz::splitInput({data, size});
  modelFile.write(model);
  vocabularyFile.write(vocabulary);
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  auto checkpoint =
      readCheckpoint(modelFile.getPath(),
                     {.tokenizerPath = vocabularyFile.getPath()}, diagnostics);
  if (failed(checkpoint)) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  for (const auto &[name, tensor] : checkpoint->tensors)
    fuzz::readAll(*tensor.source, diagnostics);
  return 0;
}
