//===- PreTokenizers.h - How families of models cut text --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_PRETOKENIZERS_H
#define ESPRESSO_LIB_FRONTEND_PRETOKENIZERS_H

#include "espresso/Model/TokenizerData.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace espresso {

/// How byte-level BPE of one family of models cuts text into words.
struct PreTokenizer {
  llvm::ArrayRef<llvm::StringLiteral> names;
  /// Patterns, each applied to the words of the one before; what matches is a
  /// word, and so is what lies between.
  llvm::ArrayRef<llvm::StringLiteral> patterns;
  /// A word that is a piece is not looked into.
  bool ignoreMerges = false;
  /// Such vocabularies begin a prompt with BOS unless the file says otherwise.
  bool addBos = false;
};

/// The name GGUF files give it in `tokenizer.ggml.pre`, or null.
const PreTokenizer *findPreTokenizer(llvm::StringRef name);

/// All names, sorted, for messages.
std::string listPreTokenizers();

/// The steps for TokenizerData::splits.
std::vector<TokenizerData::Split>
makeSplits(llvm::ArrayRef<llvm::StringLiteral> patterns);

/// GPT-2's pattern, which `ByteLevel` of tokenizer.json means.
llvm::StringRef getGpt2Pattern();

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_PRETOKENIZERS_H
