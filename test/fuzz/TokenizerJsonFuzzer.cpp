//===- TokenizerJsonFuzzer.cpp - Hugging Face's tokenizer.json ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include "espresso/Export/TokenizerMessage.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Runtime/Tokenizer.h"

using namespace espresso;

/// What is read is written as tokenizer.pb, which can then be used.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::ScratchFile file(".json");
  file.write({data, size});
  DiagnosticEngine diagnostics;
  diagnostics.setHandler([](const Diagnostic &) {});
  FailureOr<TokenizerData> read =
      readTokenizerFile(file.getPath(), diagnostics);
  fuzz::require(succeeded(read) || diagnostics.hasErrors(),
                "a refusal has a reason");
  if (failed(read))
    return 0;
  const std::string bytes = serializeTokenizer(*read);
  auto tokenizer = runtime::Tokenizer::parse(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
      "tokenizer.pb");
  if (!tokenizer.ok())
    return 0;
  auto ids = tokenizer->encode("ab <s> \xC3\xA9\xFF 12\n  x");
  if (!ids.ok())
    return 0;
  for (int32_t id : *ids)
    fuzz::require(id >= 0 && id < tokenizer->getVocabularySize(),
                  "ids are pieces");
  (void)tokenizer->decode(*ids);
  return 0;
}
