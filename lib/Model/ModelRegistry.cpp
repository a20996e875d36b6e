//===- ModelRegistry.cpp - Models known by name ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The numbers are those of the configurations that the models' authors publish.
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelRegistry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace espresso {

namespace {

/// The numbers of one model. What is not here is set by `refine`.
struct Row {
  llvm::StringLiteral name;
  llvm::StringLiteral architecture;
  int64_t numLayers;
  int64_t numHeads;
  int64_t numKVHeads;
  int64_t embeddingSize;
  int64_t headSize;
  int64_t hiddenSize;
  int64_t vocabularySize;
  int64_t contextLength;
  double normEpsilon;
  double ropeTheta;
  bool tiedHead;
  /// May be null.
  void (*refine)(ModelConfig &config);
};

} // namespace

// clang-format off
static constexpr Row kRows[] = {
    //                            L   H   G     D    d      F       V      P
    {"stories15m",     "llama",   6,  6,  6,  288,  48,   768,  32000,    256, 1e-5, 1e4,   true, nullptr},
    {"stories42m",     "llama",   8,  8,  8,  512,  64,  1376,  32000,   1024, 1e-5, 1e4,   true, nullptr},
    {"stories110m",    "llama",  12, 12, 12,  768,  64,  2048,  32000,   1024, 1e-5, 1e4,   true, nullptr},
    {"smolLM_135m",    "llama",  30,  9,  3,  576,  64,  1536,  49152,   2048, 1e-5, 1e4,   true, nullptr},
    {"smolLM2_135m",   "llama",  30,  9,  3,  576,  64,  1536,  49152,   8192, 1e-5, 1e5,   true, nullptr},
    {"smolLM2_360m",   "llama",  32, 15,  5,  960,  64,  2560,  49152,   8192, 1e-5, 1e5,   true, nullptr},
    {"tinyLlama_1_1b", "llama",  22, 32,  4, 2048,  64,  5632,  32000,   2048, 1e-5, 1e4,  false, nullptr},
    {"llama3_2_1b",    "llama",  16, 32,  8, 2048,  64,  8192, 128256, 131072, 1e-5, 5e5,   true, nullptr},
    {"smolLM2_1_7b",   "llama",  24, 32, 32, 2048,  64,  8192,  49152,   8192, 1e-5, 1.3e5, true, nullptr},
    {"llama3_2_3b",    "llama",  28, 24,  8, 3072, 128,  8192, 128256, 131072, 1e-5, 5e5,   true, nullptr},
    {"llama2_7b",      "llama",  32, 32, 32, 4096, 128, 11008,  32000,   4096, 1e-5, 1e4,  false, nullptr},
};
// clang-format on

static ModelConfig makeConfig(const Row &row) {
  ModelConfig config;
  config.name = row.name.str();
  config.architecture = row.architecture.str();
  config.numLayers = row.numLayers;
  config.numHeads = row.numHeads;
  config.numKVHeads = row.numKVHeads;
  config.embeddingSize = row.embeddingSize;
  config.headSize = row.headSize;
  config.hiddenSize = row.hiddenSize;
  config.vocabularySize = row.vocabularySize;
  config.contextLength = row.contextLength;
  config.normEpsilon = row.normEpsilon;
  config.ropeTheta = row.ropeTheta;
  config.tiedHead = row.tiedHead;
  if (row.refine)
    row.refine(config);
  return config;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// `name` without what people write differently.
static std::string normaliseName(llvm::StringRef name) {
  std::string text;
  for (char c : name)
    if (llvm::isAlnum(c))
      text += llvm::toLower(c);
  return text;
}

std::vector<ModelConfig> getRegisteredConfigs() {
  std::vector<ModelConfig> configs;
  for (const Row &row : kRows)
    configs.push_back(makeConfig(row));
  return configs;
}

std::optional<ModelConfig> findRegisteredConfig(llvm::StringRef name) {
  std::string wanted = normaliseName(name);
  for (const Row &row : kRows)
    if (normaliseName(row.name) == wanted)
      return makeConfig(row);
  return std::nullopt;
}

std::string suggestRegisteredConfig(llvm::StringRef name) {
  std::string wanted = normaliseName(name);
  std::string best;
  // More than a third of the letters wrong is another name.
  unsigned bestDistance = static_cast<unsigned>(wanted.size()) / 3 + 1;
  for (const Row &row : kRows) {
    unsigned distance = llvm::StringRef(wanted).edit_distance(
        normaliseName(row.name), /*AllowReplacements=*/true, bestDistance);
    if (distance >= bestDistance)
      continue;
    bestDistance = distance;
    best = row.name.str();
  }
  return best;
}

void printRegisteredConfigs(llvm::raw_ostream &os) {
  constexpr const char *kLine =
      "{0,-16} {1,-8} {2,6} {3,6} {4,5} {5,4} {6,6} {7,7} {8,7}\n";
  os << llvm::formatv(kLine, "name", "family", "layers", "heads", "D", "d", "F",
                      "V", "P");
  for (const Row &row : kRows)
    os << llvm::formatv(kLine, row.name, row.architecture, row.numLayers,
                        llvm::formatv("{0}/{1}", row.numHeads, row.numKVHeads),
                        row.embeddingSize, row.headSize, row.hiddenSize,
                        row.vocabularySize, row.contextLength);
}

} // namespace espresso
