//===- ModelConfig.cpp - Shape of a language model ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelConfig.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

llvm::StringRef getName(RopeScalingKind kind) {
  switch (kind) {
  case RopeScalingKind::None:
    return "none";
  case RopeScalingKind::Linear:
    return "linear";
  case RopeScalingKind::Dynamic:
    return "dynamic";
  case RopeScalingKind::Yarn:
    return "yarn";
  case RopeScalingKind::LongRope:
    return "longrope";
  case RopeScalingKind::Llama3:
    return "llama3";
  }
  return "";
}

llvm::StringRef getName(Activation activation) {
  switch (activation) {
  case Activation::Silu:
    return "silu";
  case Activation::Gelu:
    return "gelu";
  case Activation::GeluTanh:
    return "gelu_tanh";
  case Activation::Relu:
    return "relu";
  }
  return "";
}

llvm::StringRef getName(NormKind kind) {
  return kind == NormKind::Rms ? "rms" : "layer";
}

llvm::StringRef getName(QueryKeyNorm kind) {
  switch (kind) {
  case QueryKeyNorm::None:
    return "none";
  case QueryKeyNorm::Head:
    return "head";
  case QueryKeyNorm::Full:
    return "full";
  }
  return "";
}

namespace {

struct FeatureEntry {
  ModelFeature feature;
  llvm::StringRef name;
  bool (*isPresent)(const ModelConfig &config);
};

} // namespace

template <typename Predicate>
static bool hasLayer(const ModelConfig &config, Predicate predicate) {
  return llvm::any_of(config.layers, predicate);
}

/// In the order of the enumeration.
static constexpr FeatureEntry kFeatures[] = {
    {ModelFeature::RopeScaling, "rotary scaling",
     [](const ModelConfig &c) {
       return c.ropeScaling.kind != RopeScalingKind::None ||
              !c.ropeScaling.longFactors.empty();
     }},
    {ModelFeature::PartialRotary, "partial rotation",
     [](const ModelConfig &c) {
       return !c.hasPositionTable && c.getRotarySize() != c.headSize;
     }},
    {ModelFeature::LocalRopeTheta, "another rotary base for sliding layers",
     [](const ModelConfig &c) { return c.localRopeTheta.has_value(); }},
    {ModelFeature::LayersWithoutRope, "layers without rotation",
     [](const ModelConfig &c) {
       return hasLayer(c, [](const LayerConfig &l) { return !l.hasRope; });
     }},
    {ModelFeature::PositionTable, "a table of positions",
     [](const ModelConfig &c) { return c.hasPositionTable; }},
    {ModelFeature::LayerNorm, "layer norms",
     [](const ModelConfig &c) { return c.norm == NormKind::Layer; }},
    {ModelFeature::PostNorms, "norms after attention and feed-forward",
     [](const ModelConfig &c) { return c.hasPostNorms; }},
    {ModelFeature::NoPreNorms, "no norms before attention and feed-forward",
     [](const ModelConfig &c) { return !c.hasPreNorms; }},
    {ModelFeature::QueryKeyNorm, "norms of queries and keys",
     [](const ModelConfig &c) { return c.queryKeyNorm != QueryKeyNorm::None; }},
    {ModelFeature::ParallelResidual, "parallel attention and feed-forward",
     [](const ModelConfig &c) { return c.isParallel; }},
    {ModelFeature::QkvBias, "biases of queries, keys and values",
     [](const ModelConfig &c) { return c.hasQkvBias; }},
    {ModelFeature::OutputBias, "a bias of the attention's output",
     [](const ModelConfig &c) { return c.hasOutputBias; }},
    {ModelFeature::AttentionScale, "a scale of attention scores",
     [](const ModelConfig &c) { return c.attentionScale.has_value(); }},
    {ModelFeature::AttentionSoftCap, "a soft cap of attention scores",
     [](const ModelConfig &c) { return c.attentionSoftCap != 0; }},
    {ModelFeature::SlidingWindow, "sliding windows",
     [](const ModelConfig &c) {
       return hasLayer(c, [](const LayerConfig &l) { return l.isSliding; });
     }},
    {ModelFeature::OtherActivation, "an activation other than silu",
     [](const ModelConfig &c) { return c.activation != Activation::Silu; }},
    {ModelFeature::UngatedFfn, "a feed-forward network without gate",
     [](const ModelConfig &c) { return !c.isGated; }},
    {ModelFeature::FfnBias, "biases of the feed-forward network",
     [](const ModelConfig &c) { return c.hasFfnBias; }},
    {ModelFeature::Experts, "experts",
     [](const ModelConfig &c) { return c.numExperts != 0; }},
    {ModelFeature::Multipliers, "multipliers",
     [](const ModelConfig &c) {
       return c.embeddingScale != 1 || c.residualScale != 1 ||
              c.logitScale != 1;
     }},
    {ModelFeature::LogitSoftCap, "a soft cap of logits",
     [](const ModelConfig &c) { return c.logitSoftCap != 0; }},
    {ModelFeature::Convolution, "convolution layers",
     [](const ModelConfig &c) {
       return hasLayer(c, [](const LayerConfig &l) {
         return l.kind == LayerConfig::Kind::Convolution;
       });
     }},
    {ModelFeature::HeadBias, "a bias of the head",
     [](const ModelConfig &c) { return c.hasHeadBias; }},
};

llvm::StringRef getName(ModelFeature feature) {
  return kFeatures[static_cast<size_t>(feature)].name;
}

std::vector<ModelFeature> getFeatures(const ModelConfig &config) {
  std::vector<ModelFeature> features;
  for (const FeatureEntry &entry : kFeatures)
    if (entry.isPresent(config))
      features.push_back(entry.feature);
  return features;
}

} // namespace espresso
