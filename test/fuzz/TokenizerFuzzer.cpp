//===- TokenizerFuzzer.cpp - tokenizer.pb of a bundle ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include "espresso/Runtime/Tokenizer.h"

using namespace espresso;
using namespace espresso::runtime;

/// Two parts: the vocabulary, then a text to cut into pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto [vocabulary, bytes] = fuzz::splitInput({data, size});
  auto tokenizer = Tokenizer::parse(vocabulary, "tokenizer.pb");
  if (!tokenizer.ok()) {
    fuzz::require(!tokenizer.status().message().empty(),
                  "a refusal has a reason");
    return 0;
  }
  auto ids = tokenizer->encode(
      {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (!ids.ok())
    return 0;
  for (int32_t id : *ids)
    fuzz::require(id >= 0 && id < tokenizer->getVocabularySize(),
                  "ids are pieces");
  (void)tokenizer->decode(*ids);
  TextStream stream(*tokenizer, /*atStart=*/true);
  for (int32_t id : {-1, 0, 1, 2, INT32_MAX})
    (void)stream.push(id);
  (void)stream.pushBytes(
      {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  (void)stream.finish();
  return 0;
}
