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

/// How positions beyond those a model was first trained on are rotated. The
/// formulas that follow change the frequencies f_i = theta^(-2i/r), r being
/// the rotary size.
enum class RopeScalingKind : uint8_t {
  None,
  /// f_i / factor.
  Linear,
  /// theta grows with the length of the text beyond the original one.
  Dynamic,
  /// A ramp between f_i and f_i / factor by the turns within the original
  /// context, from betaSlow to betaFast turns.
  Yarn,
  /// f_i / longFactors[i] beyond the original context, else
  /// f_i / shortFactors[i].
  LongRope,
  /// The same ramp by wave length, between the original context divided by
  /// lowFrequencyFactor and by highFrequencyFactor.
  Llama3,
};

/// Names of enumerators, as checkpoints spell them: "yarn", "llama3".
[[nodiscard]] llvm::StringRef getName(RopeScalingKind kind);

/// The rest of a RopeScalingKind. What a kind does not name is not used by it.
struct RopeScaling {
  RopeScalingKind kind = RopeScalingKind::None;
  double factor = 1;
  /// Positions before scaling; 0 is the context length of the model.
  int64_t originalContextLength = 0;
  double lowFrequencyFactor = 1;
  double highFrequencyFactor = 4;
  double betaFast = 32;
  double betaSlow = 1;
  /// Multiplies cosines and sines. Absent: what the kind implies, which is
  /// 0.1·ln(factor) + 1 for Yarn, sqrt(1 + ln(s)/ln(original)) for LongRope
  /// with s the context length over the original one, and 1 else.
  std::optional<double> attentionFactor;
  /// Divisors of the frequencies, one for each pair: r/2 of them, or none.
  /// LongRope has both; with any other kind only longFactors may be there,
  /// which then apply whatever the length is.
  std::vector<double> shortFactors;
  std::vector<double> longFactors;
};

/// The function between the two products of a feed-forward network.
enum class Activation : uint8_t {
  Silu,
  /// x·Φ(x).
  Gelu,
  /// Its approximation by tanh.
  GeluTanh,
  Relu,
};
[[nodiscard]] llvm::StringRef getName(Activation activation);

enum class NormKind : uint8_t {
  /// x / rms(x) · gain.
  Rms,
  /// (x − mean(x)) / σ(x) · gamma + beta.
  Layer,
};
[[nodiscard]] llvm::StringRef getName(NormKind kind);

/// Norms of queries and keys before they are rotated.
enum class QueryKeyNorm : uint8_t {
  None,
  /// Each head by itself, one gain [d] for all of them.
  Head,
  /// All heads together, gains [H·d] and [G·d].
  Full,
};
[[nodiscard]] llvm::StringRef getName(QueryKeyNorm kind);

/// In what a layer differs from others of its model.
struct LayerConfig {
  enum class Kind : uint8_t {
    Attention,
    /// A gated causal convolution over the last positions (LFM2).
    Convolution,
  };
  Kind kind = Kind::Attention;
  /// Attends to the last ModelConfig::slidingWindow positions, itself
  /// included, and rotates by ModelConfig::localRopeTheta if there is one.
  bool isSliding = false;
  /// Queries and keys are rotated.
  bool hasRope = true;
  /// The feed-forward network is a choice of experts.
  bool hasExperts = false;

  bool operator==(const LayerConfig &) const = default;
};

/// What a checkpoint says about the network, all of it read from the file. The
/// letters are those of docs/Composites.md. A plain value. Defaults are those
/// of Llama: a frontend sets what differs.
struct ModelConfig {
  /// For people: the name in the file, or the file's stem.
  std::string name;
  /// The family whose builder applies: "llama".
  std::string architecture;
  /// As the file states it ("mit"), or empty.
  std::string license;

  // Sizes.
  int64_t numLayers = 0;
  int64_t embeddingSize = 0;  // D
  int64_t hiddenSize = 0;     // F
  int64_t numHeads = 0;       // H, query heads
  int64_t numKVHeads = 0;     // G, key/value heads; divides H
  int64_t headSize = 0;       // d, even
  int64_t vocabularySize = 0; // V
  int64_t contextLength = 0;  // P, positions the model was made for

  // Positions. Rows of queries and keys are in half-split order whatever the
  // file has.
  double ropeTheta = 10000;
  /// Elements of a head that are rotated, from the first on; even. 0 is all.
  int64_t rotarySize = 0;
  RopeScaling ropeScaling;
  /// Theta of sliding layers, which ropeScaling does not apply to (Gemma 3).
  /// Absent: they are like all others.
  std::optional<double> localRopeTheta;
  /// A table "positions" [P, D] is added to the embedding, and nothing is
  /// rotated (GPT-2).
  bool hasPositionTable = false;

  // Norms. Gains are what is multiplied with: where files store the gain less
  // one (Gemma), the frontend adds it.
  NormKind norm = NormKind::Rms;
  double normEpsilon = 1e-5;
  /// Norms before attention and feed-forward network (not in OLMo 2).
  bool hasPreNorms = true;
  /// Norms of their results before these are added to the residual stream.
  bool hasPostNorms = false;
  QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;
  /// Attention and feed-forward network read the same input, and both results
  /// are added to it. Then there is one norm, that of attention, unless
  /// hasFfnNorm.
  bool isParallel = false;
  bool hasFfnNorm = true;

  // Attention.
  bool hasQkvBias = false;
  bool hasOutputBias = false;
  /// What scores are multiplied with; absent: 1/sqrt(d).
  std::optional<double> attentionScale;
  /// Scores become cap·tanh(score/cap); 0 is no cap.
  double attentionSoftCap = 0;
  /// Positions that sliding layers see, themselves included; 0 if there are
  /// none.
  int64_t slidingWindow = 0;

  // Feed-forward network.
  Activation activation = Activation::Silu;
  /// w2(activation(w1 x) · w3 x); otherwise w2 activation(w1 x).
  bool isGated = true;
  bool hasFfnBias = false;

  // Experts; all 0 if there are none.
  int64_t numExperts = 0;
  int64_t numExpertsUsed = 0;
  int64_t expertHiddenSize = 0;
  /// Hidden size of the expert that always takes part; 0 is none.
  int64_t sharedExpertHiddenSize = 0;
  /// Its result is multiplied with the sigmoid of "shared_gate" times the input
  /// (Qwen 2 MoE).
  bool hasSharedExpertGate = false;
  /// The weights of the experts used sum to 1.
  bool normalizesExperts = true;

  // Multipliers.
  double embeddingScale = 1;
  /// Of what attention and feed-forward network add to the residual stream.
  double residualScale = 1;
  double logitScale = 1;
  /// Logits become cap·tanh(logit/cap), after logitScale; 0 is no cap.
  double logitSoftCap = 0;

  /// Positions a convolution layer sees, itself included; 0 if there are none.
  int64_t convolutionSize = 0;

  /// One for each layer, or none: then all are `LayerConfig()`.
  std::vector<LayerConfig> layers;

  /// The output head is the embedding table; there is no "lm_head".
  bool tiedHead = false;
  bool hasHeadBias = false;
  /// The token that begins a text.
  std::optional<uint32_t> bosId;
  /// Generating one of these ends the text. Sorted, without repetitions.
  std::vector<uint32_t> stopIds;

  int64_t getQuerySize() const { return numHeads * headSize; }      // H·d
  int64_t getKeyValueSize() const { return numKVHeads * headSize; } // G·d
  /// Elements of a head that are rotated.
  int64_t getRotarySize() const {
    if (hasPositionTable)
      return 0;
    return rotarySize == 0 ? headSize : rotarySize;
  }
  LayerConfig getLayer(int64_t index) const {
    return layers.empty() ? LayerConfig() : layers[index];
  }
};

/// Ways in which a model goes beyond the layers of Llama 2.
enum class ModelFeature : uint8_t {
  RopeScaling,
  PartialRotary,
  LocalRopeTheta,
  LayersWithoutRope,
  PositionTable,
  LayerNorm,
  PostNorms,
  NoPreNorms,
  QueryKeyNorm,
  ParallelResidual,
  QkvBias,
  OutputBias,
  AttentionScale,
  AttentionSoftCap,
  SlidingWindow,
  OtherActivation,
  UngatedFfn,
  FfnBias,
  Experts,
  Multipliers,
  LogitSoftCap,
  Convolution,
  HeadBias,
};
/// Words for messages: "rotary scaling".
[[nodiscard]] llvm::StringRef getName(ModelFeature feature);

/// The features of `config`, in the order of the enumeration. Who builds a
/// model compares them with what it can do, so that nothing is ignored in
/// silence.
[[nodiscard]] std::vector<ModelFeature> getFeatures(const ModelConfig &config);

// Bounds on what a file may claim. They are far above every model known and
// keep products of two of these within 64 bits.
inline constexpr int64_t kMaxLayers = 4096;
inline constexpr int64_t kMaxExtent = int64_t{1} << 28;
/// Of all layers together.
inline constexpr int64_t kMaxExperts = 1 << 17;

/// Checks that the numbers are possible and fit each other. Reports every
/// offence to `diagnostics` under `subject` (a file, as messages name it).
LogicalResult verifyConfig(const ModelConfig &config, llvm::StringRef subject,
                           DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_MODEL_MODELCONFIG_H
