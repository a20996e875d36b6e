//===- BpePieces.h - What readers of BPE vocabularies share -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_BPEPIECES_H
#define ESPRESSO_LIB_FRONTEND_BPEPIECES_H

#include "espresso/Model/TokenizerData.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace espresso {

/// The bytes that `text` spells in GPT-2's alphabet, which has a printable
/// character for each byte (U+0120 for the blank, for example); nothing if a
/// character is not of the alphabet.
std::optional<std::string> decodeByteAlphabet(llvm::StringRef text);

/// Ids of pieces by their spelling in a file. Views into the pieces: do not
/// change them while it is in use.
class PieceIndex {
public:
  explicit PieceIndex(llvm::ArrayRef<TokenizerData::Piece> pieces);
  std::optional<uint32_t> find(llvm::StringRef text) const;

private:
  llvm::DenseMap<llvm::StringRef, uint32_t> ids;
};

/// Appends the merge of `left` and `right` to `data.merges`. Returns what is
/// wrong if a part, or what they make, is no piece.
std::optional<std::string> addMerge(llvm::StringRef left, llvm::StringRef right,
                                    const PieceIndex &index,
                                    TokenizerData &data);

/// Splits a merge written as two words.
std::pair<llvm::StringRef, llvm::StringRef> splitMerge(llvm::StringRef text);

/// Ids must be below this in a vocabulary of `count` named pieces: there may be
/// gaps, but one large number must not allocate much.
uint64_t getMaxPieces(uint64_t count);

/// Turns spellings into bytes, for pieces that text becomes. One that is not of
/// the alphabet can never come from text: it becomes Unused.
void decodePieces(std::vector<TokenizerData::Piece> &pieces);

/// True for control pieces that by their name end a turn or a text, whatever
/// else a file says: "<|im_end|>", "<|eot_id|>", ....
bool endsTurn(llvm::StringRef text);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_BPEPIECES_H
