//===- ModelConfig.h - Shape of a language model ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_MODELCONFIG_H
#define ESPRESSO_MODEL_MODELCONFIG_H

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// What a checkpoint says about the network, all of it read from the file. The
/// letters are those of docs/Composites.md. A plain value.
struct ModelConfig {
  /// For people: the name in the file, or the file's stem.
  std::string name;
  /// The family whose builder applies: "llama".
  std::string architecture;
  /// As the file states it ("mit"), or empty.
  std::string license;
  int64_t numLayers = 0;
  int64_t embeddingSize = 0;  // D
  int64_t hiddenSize = 0;     // F
  int64_t numHeads = 0;       // H, query heads
  int64_t numKVHeads = 0;     // G, key/value heads; divides H
  int64_t headSize = 0;       // d, even
  int64_t vocabularySize = 0; // V
  int64_t contextLength = 0;  // P, positions the model was made for
  double normEpsilon = 1e-5;
  double ropeTheta = 10000;
  /// The output head is the embedding table; there is no "lm_head".
  bool tiedHead = false;
  /// The token that begins a text.
  std::optional<uint32_t> bosId;
  /// Generating one of these ends the text. Sorted, without repetitions.
  std::vector<uint32_t> stopIds;

  int64_t getQuerySize() const { return numHeads * headSize; }      // H·d
  int64_t getKeyValueSize() const { return numKVHeads * headSize; } // G·d
};

// Bounds on what a file may claim. They are far above every model known and
// keep products of two of these within 64 bits.
inline constexpr int64_t kMaxLayers = 4096;
inline constexpr int64_t kMaxExtent = int64_t{1} << 28;

/// Checks that the numbers are possible and fit each other. Reports every
/// offence to `diagnostics` under `subject` (a file, as messages name it).
LogicalResult verifyConfig(const ModelConfig &config, llvm::StringRef subject,
                           DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_MODEL_MODELCONFIG_H
