//===- Frontend.h - Checkpoint files to models ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_FRONTEND_FRONTEND_H
#define ESPRESSO_FRONTEND_FRONTEND_H

#include "espresso/Model/Checkpoint.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace espresso {

struct FrontendOptions {
  /// The vocabulary of a checkpoint that brings none; empty: look beside the
  /// model. For llama2.c these are `<stem>.tokenizer.bin`, `tok<V>.bin` and
  /// `tokenizer.bin`, for folders `tokenizer.model`, in this order. GGUF has a
  /// vocabulary of its own and refuses it.
  std::string tokenizerPath;
  /// Without it Checkpoint::tokenizer stays empty, and a vocabulary that is
  /// absent or of an unknown kind is no error.
  bool needsTokenizer = true;
};

/// Reads the checkpoint at `path`: GGUF version 2 or 3, llama2.c version 0 to
/// 2, told apart by content, or a folder of Hugging Face, of which any file of
/// the model may be named. Files are mapped and stay so for as long as a weight
/// of the checkpoint lives. Nothing in it is trusted: whatever is impossible,
/// absent or not supported is reported to `diagnostics` with the file and the
/// byte. A checkpoint that is returned has a configuration that passes
/// verifyConfig(), a vocabulary of its size, and every tensor of
/// getExpectedTensors() in its shape. See docs/Formats.md.
FailureOr<Checkpoint> readCheckpoint(llvm::StringRef path,
                                     const FrontendOptions &options,
                                     DiagnosticEngine &diagnostics);

/// Reads only the vocabulary of a GGUF file, which need not hold a model.
FailureOr<TokenizerData> readGgufTokenizer(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics);

/// Reads a vocabulary alone: GGUF, `tokenizer.json`, SentencePiece's `*.model`,
/// `vocab.json` with `merges.txt` beside it, or llama2.c's `*.bin`, told apart
/// by name. For the middle three `tokenizer_config.json`,
/// `special_tokens_map.json` and `chat_template.jinja` beside it are read, too.
FailureOr<TokenizerData> readTokenizerFile(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics);

/// Reads a llama2.c vocabulary (`tok*.bin`), which must have `size` pieces; a
/// negative size: as many as there are.
FailureOr<TokenizerData> readLlama2cTokenizer(llvm::StringRef path,
                                              int64_t size,
                                              DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_FRONTEND_FRONTEND_H
