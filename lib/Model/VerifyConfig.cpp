//===- VerifyConfig.cpp - Whether a model can exist
//------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelConfig.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace espresso {

namespace {

struct Extent {
  llvm::StringRef what;
  int64_t value;
  int64_t limit;
};

} // namespace

static LogicalResult verifyExtents(const ModelConfig &config,
                                   llvm::StringRef subject,
                                   DiagnosticEngine &diagnostics) {
  const Extent extents[] = {
      {"layers", config.numLayers, kMaxLayers},
      {"embedding size", config.embeddingSize, kMaxExtent},
      {"hidden size", config.hiddenSize, kMaxExtent},
      {"query heads", config.numHeads, kMaxExtent},
      {"key/value heads", config.numKVHeads, kMaxExtent},
      {"head size", config.headSize, kMaxExtent},
      {"vocabulary size", config.vocabularySize, kMaxExtent},
      {"context length", config.contextLength, kMaxExtent},
  };
  LogicalResult result = success();
  for (const Extent &extent : extents) {
    if (extent.value >= 1 && extent.value <= extent.limit)
      continue;
    result = diagnostics.emitError(subject)
             << "expected '" << extent.what << "' between 1 and "
             << extent.limit << ", found " << extent.value;
  }
  return result;
}

/// Sizes that may be 0, for "there is none".
static LogicalResult verifyOptionalExtents(const ModelConfig &config,
                                           llvm::StringRef subject,
                                           DiagnosticEngine &diagnostics) {
  const Extent extents[] = {
      {"rotary size", config.rotarySize, config.headSize},
      {"sliding window", config.slidingWindow, kMaxExtent},
      {"experts", config.numExperts, kMaxExperts / config.numLayers},
      {"experts used", config.numExpertsUsed, config.numExperts},
      {"expert hidden size", config.expertHiddenSize, kMaxExtent},
      {"shared expert hidden size", config.sharedExpertHiddenSize, kMaxExtent},
      {"convolution size", config.convolutionSize, kMaxExtent},
      {"original context length", config.ropeScaling.originalContextLength,
       kMaxExtent},
  };
  LogicalResult result = success();
  for (const Extent &extent : extents) {
    if (extent.value >= 0 && extent.value <= extent.limit)
      continue;
    result = diagnostics.emitError(subject)
             << "expected '" << extent.what << "' between 0 and "
             << extent.limit << ", found " << extent.value;
  }
  return result;
}

static LogicalResult verifyHeads(const ModelConfig &config,
                                 llvm::StringRef subject,
                                 DiagnosticEngine &diagnostics) {
  if (config.numHeads % config.numKVHeads != 0)
    return diagnostics.emitError(subject)
           << "expected a number of key/value heads that divides the "
           << config.numHeads << " query heads, found " << config.numKVHeads;
  if (config.getRotarySize() % 2 != 0)
    return diagnostics.emitError(subject)
           << "expected an even head size for rotary positions, found "
           << config.getRotarySize();
  if (config.getQuerySize() > kMaxExtent)
    return diagnostics.emitError(subject)
           << "expected heads times head size of at most " << kMaxExtent
           << ", found " << config.getQuerySize();
  return success();
}

namespace {

struct Number {
  llvm::StringRef what;
  double value;
  /// Where 0 means something.
  bool mayBeZero = false;
};

} // namespace

static LogicalResult verifyNumbers(const ModelConfig &config,
                                   llvm::StringRef subject,
                                   DiagnosticEngine &diagnostics) {
  if (!std::isfinite(config.normEpsilon) || config.normEpsilon < 0 ||
      config.normEpsilon >= 1)
    return diagnostics.emitError(subject)
           << "expected a norm epsilon from 0 to below 1, found "
           << llvm::formatv("{0}", config.normEpsilon);
  const Number numbers[] = {
      {"rotary base", config.ropeTheta},
      {"rotary base of sliding layers", config.localRopeTheta.value_or(1)},
      {"attention scale", config.attentionScale.value_or(1)},
      {"attention soft cap", config.attentionSoftCap, true},
      {"logit soft cap", config.logitSoftCap, true},
      {"embedding scale", config.embeddingScale},
      {"residual scale", config.residualScale},
      {"logit scale", config.logitScale},
  };
  LogicalResult result = success();
  for (const Number &number : numbers) {
    if (std::isfinite(number.value) &&
        (number.value > 0 || (number.mayBeZero && number.value == 0)))
      continue;
    result = diagnostics.emitError(subject)
             << "expected a positive " << number.what << ", found "
             << llvm::formatv("{0}", number.value);
  }
  return result;
}

static bool arePositive(llvm::ArrayRef<double> values) {
  return llvm::all_of(
      values, [](double value) { return std::isfinite(value) && value > 0; });
}

static LogicalResult verifyRopeScaling(const ModelConfig &config,
                                       llvm::StringRef subject,
                                       DiagnosticEngine &diagnostics) {
  const RopeScaling &scaling = config.ropeScaling;
  auto emitError = [&]() {
    InFlightDiagnostic error = diagnostics.emitError(subject);
    error << "rotary scaling '" << getName(scaling.kind) << "': ";
    return error;
  };
  if (!arePositive({scaling.factor, scaling.lowFrequencyFactor,
                    scaling.highFrequencyFactor, scaling.betaFast,
                    scaling.betaSlow, scaling.attentionFactor.value_or(1)}))
    return emitError() << "expected positive factors";
  if (scaling.kind == RopeScalingKind::Llama3 &&
      scaling.lowFrequencyFactor >= scaling.highFrequencyFactor)
    return emitError() << "expected a low frequency factor below the high one, "
                       << llvm::formatv("{0}", scaling.highFrequencyFactor)
                       << ", found "
                       << llvm::formatv("{0}", scaling.lowFrequencyFactor);
  bool isLong = scaling.kind == RopeScalingKind::LongRope;
  size_t pairs = static_cast<size_t>(config.getRotarySize() / 2);
  auto hasSize = [&](llvm::ArrayRef<double> factors, bool isNeeded) {
    return (factors.empty() && !isNeeded) || factors.size() == pairs;
  };
  if (!hasSize(scaling.longFactors, isLong) ||
      !hasSize(scaling.shortFactors, isLong))
    return emitError() << "expected a factor for each of the " << pairs
                       << " rotary pairs, found " << scaling.longFactors.size()
                       << " long and " << scaling.shortFactors.size()
                       << " short ones";
  if (!arePositive(scaling.longFactors) || !arePositive(scaling.shortFactors))
    return emitError() << "expected positive factors of frequencies";
  return success();
}

static LogicalResult verifyLayers(const ModelConfig &config,
                                  llvm::StringRef subject,
                                  DiagnosticEngine &diagnostics) {
  auto emitError = [&]() { return diagnostics.emitError(subject); };
  if (!config.layers.empty() &&
      static_cast<int64_t>(config.layers.size()) != config.numLayers)
    return emitError() << "expected kinds of " << config.numLayers
                       << " layers, found " << config.layers.size();
  for (const LayerConfig &layer : config.layers) {
    if (layer.isSliding && config.slidingWindow == 0)
      return emitError() << "expected a size of the sliding window, found none";
    if (layer.hasExperts && config.numExperts == 0)
      return emitError() << "expected a number of experts, found none";
    if (layer.kind == LayerConfig::Kind::Convolution &&
        config.convolutionSize == 0)
      return emitError() << "expected a size of the convolution, found none";
  }
  if (config.numExperts != 0 &&
      (config.numExpertsUsed == 0 || config.expertHiddenSize == 0))
    return emitError() << "expected how many of the " << config.numExperts
                       << " experts are used, and their hidden size, found "
                       << config.numExpertsUsed << " and "
                       << config.expertHiddenSize;
  return success();
}

static LogicalResult verifyIds(const ModelConfig &config,
                               llvm::StringRef subject,
                               DiagnosticEngine &diagnostics) {
  if (config.bosId && *config.bosId >= config.vocabularySize)
    return diagnostics.emitError(subject)
           << "expected a beginning-of-text id below the vocabulary size "
           << config.vocabularySize << ", found " << *config.bosId;
  for (uint32_t id : config.stopIds)
    if (id >= config.vocabularySize)
      return diagnostics.emitError(subject)
             << "expected end-of-text ids below the vocabulary size "
             << config.vocabularySize << ", found " << id;
  return success();
}

LogicalResult verifyConfig(const ModelConfig &config, llvm::StringRef subject,
                           DiagnosticEngine &diagnostics) {
  // The later checks divide by and multiply what the first one bounds.
  if (failed(verifyExtents(config, subject, diagnostics)) ||
      failed(verifyOptionalExtents(config, subject, diagnostics)))
    return failure();
  bool ok = succeeded(verifyHeads(config, subject, diagnostics));
  ok &= succeeded(verifyNumbers(config, subject, diagnostics));
  ok &= succeeded(verifyRopeScaling(config, subject, diagnostics));
  ok &= succeeded(verifyLayers(config, subject, diagnostics));
  ok &= succeeded(verifyIds(config, subject, diagnostics));
  return success(ok);
}

} // namespace espresso
