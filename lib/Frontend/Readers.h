//===- Readers.h - One reader for each file family --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_READERS_H
#define ESPRESSO_LIB_FRONTEND_READERS_H

#include "GgufMetadata.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Weights/WeightSources.h"

#include <memory>

namespace espresso {

FailureOr<Checkpoint> readGguf(std::shared_ptr<const MappedFile> file,
                               const FrontendOptions &options,
                               DiagnosticEngine &diagnostics);
/// A folder with `config.json` and safetensors.
FailureOr<Checkpoint> readHuggingFace(llvm::StringRef directory,
                                      const FrontendOptions &options,
                                      DiagnosticEngine &diagnostics);
/// The vocabulary of such a folder.
FailureOr<TokenizerData> readFolderTokenizer(llvm::StringRef directory,
                                             const FrontendOptions &options,
                                             DiagnosticEngine &diagnostics);
/// A vocabulary of Hugging Face (`tokenizer.json`), without what files beside
/// it say.
FailureOr<TokenizerData> readTokenizerJson(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics);
/// Warns of a chat template that cannot be rendered.
void checkChatTemplate(const TokenizerData &data, llvm::StringRef path,
                       DiagnosticEngine &diagnostics);
/// A vocabulary of SentencePiece (`tokenizer.model`), without ends of text.
FailureOr<TokenizerData>
readSentencePieceTokenizer(llvm::StringRef path, DiagnosticEngine &diagnostics);
/// The vocabulary in a GGUF file's metadata.
FailureOr<TokenizerData> readTokenizer(GgufMetadata &metadata);

/// Whether `bytes` can be a llama2.c file: its magic, or for version 0, which
/// has none, a header of seven possible numbers.
bool isLlama2c(std::span<const uint8_t> bytes);
FailureOr<Checkpoint> readLlama2c(std::shared_ptr<const MappedFile> file,
                                  const FrontendOptions &options,
                                  DiagnosticEngine &diagnostics);

/// Adds `source` under its canonical name. What belongs to rotated queries and
/// keys is brought from the file's order into half-split order here and nowhere
/// else.
void addTensor(Checkpoint &checkpoint, const ExpectedTensor &expected,
               WeightSourceRef source, RotaryOrder order,
               std::string originalName, std::string originalType);

/// Whether `text` is a piece for one byte, "<0x0A>".
bool isBytePiece(llvm::StringRef text);

/// Sorts `ids` and removes repetitions.
void makeIdSet(std::vector<uint32_t> &ids);

/// The file name of `path` without its last extension.
std::string getModelName(llvm::StringRef path);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_READERS_H
