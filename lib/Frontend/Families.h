//===- Families.h - What families of models are called in files -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// One record for each family that is read, each in a file of its own in
// Families/. A record says what differs from Llama; what is common is in
// ConfigReader.cpp and TensorReader.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_FAMILIES_H
#define ESPRESSO_LIB_FRONTEND_FAMILIES_H

#include "ModelSource.h"
#include "espresso/Model/ModelConfig.h"

namespace espresso {

/// Which part of a file's tensor a canonical one is.
enum class TensorPart : uint8_t {
  Whole,
  // Rows of a fused projection: H·d, G·d and G·d of them.
  Query,
  Key,
  Value,
  // Rows of a fused gate (first) and up (second) projection.
  FirstHalf,
  SecondHalf,
  /// A matrix of a stack, by the number of the expert.
  Expert,
};

/// Where a canonical tensor can come from.
struct TensorRule {
  /// "embedding", or what follows "layers.<i>." with experts' numbers left
  /// out: "wq", "experts.w1".
  llvm::StringLiteral canonical;
  /// The file's name, "*" standing for the layer and "#" for the expert.
  llvm::StringLiteral name;
  TensorPart part = TensorPart::Whole;
  /// Stored as [in, out].
  bool isTransposed = false;
};

struct Family {
  /// ModelConfig::architecture, and what GGUF and `model_type` call it. Space
  /// separates names.
  llvm::StringLiteral architecture;
  llvm::StringLiteral ggufNames;
  llvm::StringLiteral huggingFaceNames;
  /// GGUF files have the rows of queries and keys in interleaved order.
  bool isInterleavedInGguf = false;
  /// What Hugging Face checkpoints of Gemma leave out of their gains.
  float huggingFaceGainOffset = 0;
  /// For the tensors they name, in place of the common rules.
  llvm::ArrayRef<TensorRule> ggufRules;
  llvm::ArrayRef<TensorRule> huggingFaceRules;
  /// Sets what differs from the defaults; may be null. Sizes, rotary
  /// settings, and what the presence of tensors says (biases, norms of queries
  /// and keys, tied head) are known already.
  void (*configure)(ModelSource &source, ModelConfig &config) = nullptr;
};

extern const Family kLlamaFamily, kQwen2Family, kQwen3Family, kQwen2MoeFamily,
    kQwen3MoeFamily, kGemmaFamily, kGemma2Family, kGemma3Family, kPhi3Family,
    kGpt2Family, kOlmo2Family, kStableLmFamily, kGraniteFamily, kLfm2Family,
    kSmolLm3Family;

/// Null if no family has that name in that format.
const Family *findFamily(SourceFormat format, llvm::StringRef name);
/// The names of `format`, sorted, for messages.
std::string listFamilies(SourceFormat format);

// Helpers of configure().

/// All layers slide if `period` is 1, else all but each `period`-th.
void setSlidingPattern(ModelConfig &config, int64_t window, int64_t period);
/// Sets the configuration of the experts from the keys that most families
/// share; every layer has them if there are any.
void readExperts(ModelSource &source, ModelConfig &config);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_FAMILIES_H
