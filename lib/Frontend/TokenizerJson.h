//===- TokenizerJson.h - Hugging Face's tokenizer.json ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_TOKENIZERJSON_H
#define ESPRESSO_LIB_FRONTEND_TOKENIZERJSON_H

#include "JsonFile.h"
#include "espresso/Model/TokenizerData.h"

#include <optional>
#include <string>

namespace espresso {

/// Reads what `tokenizer.json` says into a vocabulary. The first error is
/// reported with where in the file it is ("model.merges[3]"), and ends the
/// reading.
class TokenizerJsonReader {
public:
  TokenizerJsonReader(const JsonFile &file, DiagnosticEngine &diagnostics)
      : file(file), diagnostics(diagnostics) {}

  FailureOr<TokenizerData> read();

private:
  using Object = llvm::json::Object;
  using Array = llvm::json::Array;
  using Value = llvm::json::Value;

  // The model and its pieces.
  LogicalResult readModel();
  LogicalResult readBpe(const Object &model);
  LogicalResult readUnigram(const Object &model);
  LogicalResult readMerges(const Object &model);
  LogicalResult readAddedTokens();
  LogicalResult readAddedToken(const Object &token, size_t index);
  LogicalResult placePiece(uint64_t id, std::string text,
                           llvm::StringRef where);
  void markBytes();
  void markUnknown(uint32_t id);

  // The steps before and after it.
  LogicalResult readNormalizer(const Value &value, llvm::StringRef where);
  LogicalResult readPreTokenizer(const Value &value, llvm::StringRef where);
  LogicalResult readMetaspace(const Object &step, llvm::StringRef where);
  LogicalResult readSplit(const Object &step, llvm::StringRef where);
  LogicalResult readPostProcessor(const Value &value, llvm::StringRef where);
  LogicalResult readTemplate(const Object &step, llvm::StringRef where);
  LogicalResult readDecoder(const Value &value, llvm::StringRef where);
  /// A pattern: {"String": text}, quoted, or {"Regex": text}.
  FailureOr<std::pair<std::string, bool>> readPattern(const Object &step,
                                                      llvm::StringRef where);
  /// Calls `read` for the step, or for each of a Sequence's `list`.
  LogicalResult readSteps(
      const Value &value, llvm::StringRef list, llvm::StringRef where,
      llvm::function_ref<LogicalResult(llvm::StringRef type, const Object &step,
                                       llvm::StringRef where)>
          read);
  /// Normalisers that spell blanks become TokenizerData::blank.
  void recogniseBlanks();

  InFlightDiagnostic emitError(llvm::StringRef where);
  LogicalResult refuse(llvm::StringRef where, llvm::StringRef what,
                       llvm::StringRef type, llvm::StringRef known);

  const JsonFile &file;
  DiagnosticEngine &diagnostics;
  TokenizerData data;
  uint64_t maxPieces = 0;
  /// Pieces are spelt in GPT-2's alphabet.
  bool isByteLevel = false;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_TOKENIZERJSON_H
