//===- Llama2cTokenizerFuzzer.cpp - llama2.c vocabularies -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/Frontend/Frontend.h"

using namespace espresso;

/// The first two bytes are the number of pieces the model has, the rest is the
/// file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint16_t numPieces = 0;
  if (size < sizeof(numPieces))
    return 0;
  std::memcpy(&numPieces, data, sizeof(numPieces));
  static fuzz::ScratchFile scratch(".tok");
  scratch.write({data + sizeof(numPieces), size - sizeof(numPieces)});
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  auto tokenizer =
      readLlama2cTokenizer(scratch.getPath(), numPieces, diagnostics);
  if (failed(tokenizer))
    fuzz::requireReason(diagnostics);
  else
    fuzz::require(tokenizer->pieces.size() == numPieces,
                  "there are as many pieces as the model has");
  return 0;
}
