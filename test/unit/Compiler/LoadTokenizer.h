//===- LoadTokenizer.h - A vocabulary from file to runtime ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_COMPILER_LOADTOKENIZER_H
#define ESPRESSO_TEST_UNIT_COMPILER_LOADTOKENIZER_H

#include "../TestSupport.h"

#include "espresso/Export/TokenizerMessage.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Runtime/Tokenizer.h"

namespace espresso::test {

/// Reads a vocabulary, writes tokenizer.pb, reads that.
inline runtime::Tokenizer loadTokenizer(const std::string &path) {
  Messages messages;
  FailureOr<TokenizerData> data = readTokenizerFile(path, messages);
  EXPECT_TRUE(succeeded(data)) << messages.str();
  const std::string bytes =
      serializeTokenizer(succeeded(data) ? *data : TokenizerData());
  auto tokenizer = runtime::Tokenizer::parse(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
      "tokenizer.pb");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_COMPILER_LOADTOKENIZER_H
