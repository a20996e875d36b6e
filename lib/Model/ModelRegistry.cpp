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

#include <cmath>

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

//===----------------------------------------------------------------------===//
// What the table has no column for
//===----------------------------------------------------------------------===//

static void setLlama3Scaling(ModelConfig &config, double factor) {
  config.ropeScaling.kind = RopeScalingKind::Llama3;
  config.ropeScaling.factor = factor;
  config.ropeScaling.lowFrequencyFactor = 1;
  config.ropeScaling.highFrequencyFactor = 4;
  config.ropeScaling.originalContextLength = 8192;
}
static void refineLlama31(ModelConfig &config) { setLlama3Scaling(config, 8); }
static void refineLlama32(ModelConfig &config) { setLlama3Scaling(config, 32); }

/// Every layer looks back `size` positions, but each `period`-th.
static void setWindow(ModelConfig &config, int64_t size, int64_t period = 0) {
  config.slidingWindow = size;
  config.layers.resize(config.numLayers);
  for (int64_t i = 0; i < config.numLayers; ++i)
    config.layers[i].isSliding = period == 0 || (i + 1) % period != 0;
}
static void refineMistral(ModelConfig &config) { setWindow(config, 4096); }
static void refinePhi3(ModelConfig &config) { setWindow(config, 2047); }

static void refineMixtral(ModelConfig &config) {
  config.numExperts = 8;
  config.numExpertsUsed = 2;
  config.expertHiddenSize = config.hiddenSize;
  config.layers.resize(config.numLayers, {.hasExperts = true});
}

static void refineSmolLm3(ModelConfig &config) {
  constexpr int64_t kRopeInterval = 4;
  config.layers.resize(config.numLayers);
  for (int64_t i = 0; i < config.numLayers; ++i)
    config.layers[i].hasRope = (i + 1) % kRopeInterval != 0;
}

static void refineGpt2(ModelConfig &config) {
  config.norm = NormKind::Layer;
  config.hasPositionTable = true;
  config.isGated = false;
  config.activation = Activation::GeluTanh;
  config.hasQkvBias = config.hasOutputBias = config.hasFfnBias = true;
}

static void refineQwen2(ModelConfig &config) { config.hasQkvBias = true; }
static void refineQwen3(ModelConfig &config) {
  config.queryKeyNorm = QueryKeyNorm::Head;
}

static void refineGemma(ModelConfig &config) {
  config.activation = Activation::GeluTanh;
  config.embeddingScale = std::sqrt(static_cast<double>(config.embeddingSize));
}
static void refineGemma2(ModelConfig &config) {
  refineGemma(config);
  config.hasPostNorms = true;
  config.attentionSoftCap = 50;
  config.logitSoftCap = 30;
  setWindow(config, 4096, /*period=*/2);
}
static void refineGemma3(ModelConfig &config) {
  refineGemma(config);
  config.hasPostNorms = true;
  config.queryKeyNorm = QueryKeyNorm::Head;
  config.localRopeTheta = 10000;
  setWindow(config, 512, /*period=*/6);
}

static void refineOlmo2(ModelConfig &config) {
  config.hasPreNorms = false;
  config.hasPostNorms = true;
  config.queryKeyNorm = QueryKeyNorm::Full;
}

static void refineStableLm2(ModelConfig &config) {
  config.norm = NormKind::Layer;
  config.hasQkvBias = true;
  config.rotarySize = config.headSize / 4;
}

static void refineGranite(ModelConfig &config) {
  config.embeddingScale = 12;
  config.residualScale = 0.22;
  config.attentionScale = 0.015625;
  config.logitScale = 1.0 / 8;
}

/// Attention in six of sixteen layers.
static void refineLfm2(ModelConfig &config) {
  config.queryKeyNorm = QueryKeyNorm::Head;
  config.convolutionSize = 3;
  config.layers.resize(config.numLayers,
                       {.kind = LayerConfig::Kind::Convolution});
  for (int64_t i : {2, 5, 8, 10, 12, 14})
    config.layers[i] = LayerConfig();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

// clang-format off
static constexpr Row kRows[] = {
    //                                  L   H   G     D    d      F       V       P   eps   theta   tied
    {"gemma_2b",         "gemma",      18,  8,  1, 2048, 256, 16384, 256000,   8192, 1e-6, 1e4,    true,  refineGemma},
    {"gemma2_2b",        "gemma2",     26,  8,  4, 2304, 256,  9216, 256000,   8192, 1e-6, 1e4,    true,  refineGemma2},
    {"gemma3_270m",      "gemma3",     18,  4,  1,  640, 256,  2048, 262144,  32768, 1e-6, 1e6,    true,  refineGemma3},
    {"gemma3_1b",        "gemma3",     26,  4,  1, 1152, 256,  6912, 262144,  32768, 1e-6, 1e6,    true,  refineGemma3},
    {"gpt2_124m",        "gpt2",       12, 12, 12,  768,  64,  3072,  50257,   1024, 1e-5, 1e4,    true,  refineGpt2},
    {"gpt2_355m",        "gpt2",       24, 16, 16, 1024,  64,  4096,  50257,   1024, 1e-5, 1e4,    true,  refineGpt2},
    {"granite3_1_2b",    "granite",    40, 32,  8, 2048,  64,  8192,  49155, 131072, 1e-5, 5e6,    true,  refineGranite},
    {"lfm2_350m",        "lfm2",       16, 16,  8, 1024,  64,  4608,  65536, 128000, 1e-5, 1e6,    true,  refineLfm2},
    {"lfm2_1_2b",        "lfm2",       16, 32,  8, 2048,  64,  8192,  65536, 128000, 1e-5, 1e6,    true,  refineLfm2},
    {"stories15m",       "llama",       6,  6,  6,  288,  48,   768,  32000,    256, 1e-5, 1e4,    true,  nullptr},
    {"stories42m",       "llama",       8,  8,  8,  512,  64,  1376,  32000,   1024, 1e-5, 1e4,    true,  nullptr},
    {"stories110m",      "llama",      12, 12, 12,  768,  64,  2048,  32000,   1024, 1e-5, 1e4,    true,  nullptr},
    {"smolLM_135m",      "llama",      30,  9,  3,  576,  64,  1536,  49152,   2048, 1e-5, 1e4,    true,  nullptr},
    {"smolLM2_135m",     "llama",      30,  9,  3,  576,  64,  1536,  49152,   8192, 1e-5, 1e5,    true,  nullptr},
    {"smolLM2_360m",     "llama",      32, 15,  5,  960,  64,  2560,  49152,   8192, 1e-5, 1e5,    true,  nullptr},
    {"tinyLlama_1_1b",   "llama",      22, 32,  4, 2048,  64,  5632,  32000,   2048, 1e-5, 1e4,    false, nullptr},
    {"llama3_2_1b",      "llama",      16, 32,  8, 2048,  64,  8192, 128256, 131072, 1e-5, 5e5,    true,  refineLlama32},
    {"smolLM2_1_7b",     "llama",      24, 32, 32, 2048,  64,  8192,  49152,   8192, 1e-5, 1.3e5,  true,  nullptr},
    {"llama3_2_3b",      "llama",      28, 24,  8, 3072, 128,  8192, 128256, 131072, 1e-5, 5e5,    true,  refineLlama32},
    {"llama2_7b",        "llama",      32, 32, 32, 4096, 128, 11008,  32000,   4096, 1e-5, 1e4,    false, nullptr},
    {"mistral_7b",       "llama",      32, 32,  8, 4096, 128, 14336,  32000,  32768, 1e-5, 1e4,    false, refineMistral},
    {"llama3_1_8b",      "llama",      32, 32,  8, 4096, 128, 14336, 128256, 131072, 1e-5, 5e5,    false, refineLlama31},
    {"mixtral_8x7b",     "llama",      32, 32,  8, 4096, 128, 14336,  32000,  32768, 1e-5, 1e6,    false, refineMixtral},
    {"olmo2_1b",         "olmo2",      16, 16, 16, 2048, 128,  8192, 100352,   4096, 1e-6, 5e5,    false, refineOlmo2},
    {"phi3_mini",        "phi3",       32, 32, 32, 3072,  96,  8192,  32064,   4096, 1e-5, 1e4,    false, refinePhi3},
    {"qwen2_5_0_5b",     "qwen2",      24, 14,  2,  896,  64,  4864, 151936,  32768, 1e-6, 1e6,    true,  refineQwen2},
    {"qwen2_5_1_5b",     "qwen2",      28, 12,  2, 1536, 128,  8960, 151936,  32768, 1e-6, 1e6,    true,  refineQwen2},
    {"qwen3_0_6b",       "qwen3",      28, 16,  8, 1024, 128,  3072, 151936,  40960, 1e-6, 1e6,    true,  refineQwen3},
    {"qwen3_1_7b",       "qwen3",      28, 16,  8, 2048, 128,  6144, 151936,  40960, 1e-6, 1e6,    true,  refineQwen3},
    {"qwen3_4b",         "qwen3",      36, 32,  8, 2560, 128,  9728, 151936,  40960, 1e-6, 1e6,    true,  refineQwen3},
    {"smolLM3_3b",       "smollm3",    36, 16,  4, 2048, 128, 11008, 128256,  65536, 1e-6, 5e6,    true,  refineSmolLm3},
    {"stableLM2_1_6b",   "stablelm",   24, 32, 32, 2048,  64,  5632, 100352,   4096, 1e-5, 1e4,    false, refineStableLm2},
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
