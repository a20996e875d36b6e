//===- ModelRegistry.h - Models known by name -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_MODELREGISTRY_H
#define ESPRESSO_MODEL_MODELREGISTRY_H

#include "espresso/Model/Checkpoint.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <vector>

namespace espresso {

/// Shapes of published models, sorted by architecture and size. What a model's
/// files say always wins over these.
[[nodiscard]] std::vector<ModelConfig> getRegisteredConfigs();

/// The configuration of that name, whatever its case and with hyphens,
/// underscores, dots and blanks left out: "llama3.2-1B" is "llama3_2_1b".
[[nodiscard]] std::optional<ModelConfig>
findRegisteredConfig(llvm::StringRef name);

/// The registered name that is spelt most like `name`; empty if none is alike.
[[nodiscard]] std::string suggestRegisteredConfig(llvm::StringRef name);

/// Prints a table of the registered models, a line each.
void printRegisteredConfigs(llvm::raw_ostream &os);

/// A checkpoint of that shape without a file: normally distributed weights that
/// are made when they are read (makeNormalSource()), and a vocabulary of bytes.
/// Matrices keep the scale of activations (deviation (inputs)^-1/2), gains are
/// near 1, biases near 0. Its text means nothing; its sizes and its work are
/// those of the model. Equal configurations give equal bytes. `config` must
/// pass verifyConfig() and have a vocabulary of at least
/// kMinSyntheticVocabulary.
[[nodiscard]] Checkpoint makeSyntheticCheckpoint(const ModelConfig &config);

/// Three special pieces, and a piece for each byte.
inline constexpr int64_t kMinSyntheticVocabulary = 3 + 256;

} // namespace espresso

#endif // ESPRESSO_MODEL_MODELREGISTRY_H
