//===- SyntheticCheckpoint.cpp - Models without files ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelRegistry.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/Support/FormatVariadic.h"

#include <cassert>
#include <cmath>

namespace espresso {

/// FNV-1a, so that each tensor has elements of its own on every platform.
static uint64_t hashName(llvm::StringRef name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : name)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

static WeightSourceRef makeSource(const ExpectedTensor &tensor) {
  constexpr double kGainDeviation = 0.1;
  constexpr double kBiasDeviation = 0.02;
  int64_t count = 1;
  for (int64_t dim : tensor.shape)
    count *= dim;
  uint64_t seed = hashName(tensor.name);
  if (isGain(tensor.name))
    return makeNormalSource(count, seed, /*mean=*/1, kGainDeviation);
  if (tensor.shape.size() == 1)
    return makeNormalSource(count, seed, /*mean=*/0, kBiasDeviation);
  double inputs = static_cast<double>(tensor.shape.back());
  return makeNormalSource(count, seed, /*mean=*/0, 1 / std::sqrt(inputs));
}

/// <unk>, <s>, </s>, then the bytes.
static TokenizerData makeByteTokenizer() {
  using PieceType = TokenizerData::PieceType;
  TokenizerData tokenizer;
  tokenizer.pieces = {{"<unk>", 0, PieceType::Unknown},
                      {"<s>", 0, PieceType::Control},
                      {"</s>", 0, PieceType::Control}};
  for (int byte = 0; byte < 256; ++byte)
    tokenizer.pieces.push_back(
        {llvm::formatv("<0x{0:X-2}>", byte), 0, PieceType::Byte});
  tokenizer.unknownId = 0;
  tokenizer.bosId = 1;
  tokenizer.stopIds = {2};
  tokenizer.addSpacePrefix = false;
  return tokenizer;
}

Checkpoint makeSyntheticCheckpoint(const ModelConfig &config) {
  Checkpoint checkpoint;
  checkpoint.config = config;
  checkpoint.tokenizer = makeByteTokenizer();
  assert(config.vocabularySize >= kMinSyntheticVocabulary &&
         static_cast<int64_t>(checkpoint.tokenizer.pieces.size()) ==
             kMinSyntheticVocabulary);
  checkpoint.config.bosId = checkpoint.tokenizer.bosId;
  checkpoint.config.stopIds = checkpoint.tokenizer.stopIds;
  checkpoint.path = config.name;
  for (const ExpectedTensor &tensor : getExpectedTensors(config))
    checkpoint.tensors[tensor.name] = {tensor.shape, makeSource(tensor),
                                       tensor.name};
  return checkpoint;
}

} // namespace espresso
