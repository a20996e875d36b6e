//===- RopeFrequencies.cpp - Angles of rotary positions -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What becomes of the frequencies f_i = theta^(-2i/r), i < r/2, where positions
// beyond those of the training are to be used. The formulas are those of the
// papers and of the models' published code.
//
//===----------------------------------------------------------------------===//

#include "RopeFrequencies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace espresso {

namespace {

class FrequencyBuilder {
public:
  FrequencyBuilder(const ModelConfig &config, int64_t contextLength)
      : config(config), scaling(config.ropeScaling),
        rotarySize(static_cast<double>(config.getRotarySize())),
        original(static_cast<double>(scaling.originalContextLength != 0
                                         ? scaling.originalContextLength
                                         : config.contextLength)),
        context(static_cast<double>(contextLength)),
        frequencies(config.getRotarySize() / 2) {}

  RopeAngles build() &&;

private:
  void fill(double theta);
  void divideBy(llvm::ArrayRef<double> factors);
  void applyYarn();
  void applyLlama3();
  double getScale() const;

  const ModelConfig &config;
  const RopeScaling &scaling;
  double rotarySize;
  double original;
  double context;
  std::vector<double> frequencies;
};

} // namespace

void FrequencyBuilder::fill(double theta) {
  for (size_t i = 0; i < frequencies.size(); ++i)
    frequencies[i] =
        std::pow(theta, -2.0 * static_cast<double>(i) / rotarySize);
}

void FrequencyBuilder::divideBy(llvm::ArrayRef<double> factors) {
  for (size_t i = 0; i < factors.size(); ++i)
    frequencies[i] /= factors[i];
}

/// Pairs that turn more than betaFast times in the original context keep their
/// frequency, those that turn less than betaSlow times are divided by the
/// factor, and between them there is a ramp over i (arXiv 2309.00071).
void FrequencyBuilder::applyYarn() {
  auto findPair = [&](double turns) {
    return rotarySize *
           std::log(original / (turns * 2 * std::numbers::pi_v<double>)) /
           (2 * std::log(config.ropeTheta));
  };
  double low = std::max(std::floor(findPair(scaling.betaFast)), 0.0);
  double high = std::min(std::ceil(findPair(scaling.betaSlow)), rotarySize - 1);
  // A ramp of no width would divide by zero.
  double width = high == low ? 0.001 : high - low;
  for (size_t i = 0; i < frequencies.size(); ++i) {
    double ramp = std::clamp((static_cast<double>(i) - low) / width, 0.0, 1.0);
    frequencies[i] *= (1 - ramp) + ramp / scaling.factor;
  }
}

/// Wave lengths below original/high keep their frequency, those above
/// original/low are divided by the factor, with a ramp over original/length.
void FrequencyBuilder::applyLlama3() {
  double low = scaling.lowFrequencyFactor, high = scaling.highFrequencyFactor;
  for (double &frequency : frequencies) {
    double turns = original * frequency / (2 * std::numbers::pi_v<double>);
    double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    frequency *= kept + (1 - kept) / scaling.factor;
  }
}

double FrequencyBuilder::getScale() const {
  if (scaling.attentionFactor)
    return *scaling.attentionFactor;
  if (scaling.kind == RopeScalingKind::Yarn)
    return scaling.factor > 1 ? 0.1 * std::log(scaling.factor) + 1 : 1;
  if (scaling.kind == RopeScalingKind::LongRope) {
    double ratio = static_cast<double>(config.contextLength) / original;
    return ratio > 1 ? std::sqrt(1 + std::log(ratio) / std::log(original)) : 1;
  }
  return 1;
}

RopeAngles FrequencyBuilder::build() && {
  fill(config.ropeTheta);
  if (scaling.kind != RopeScalingKind::LongRope)
    divideBy(scaling.longFactors);
  switch (scaling.kind) {
  case RopeScalingKind::None:
    break;
  case RopeScalingKind::Linear:
    for (double &frequency : frequencies)
      frequency /= scaling.factor;
    break;
  case RopeScalingKind::Dynamic: {
    double stretch = scaling.factor * std::max(context, original) / original -
                     (scaling.factor - 1);
    fill(config.ropeTheta *
         std::pow(stretch, rotarySize / std::max(rotarySize - 2, 1.0)));
    break;
  }
  case RopeScalingKind::Yarn:
    applyYarn();
    break;
  case RopeScalingKind::LongRope:
    divideBy(context > original ? scaling.longFactors : scaling.shortFactors);
    break;
  case RopeScalingKind::Llama3:
    applyLlama3();
    break;
  }
  return {config.ropeTheta, std::move(frequencies), getScale()};
}

RopeAngles getRopeAngles(const ModelConfig &config, const LayerConfig &layer,
                         int64_t contextLength) {
  if (layer.isSliding && config.localRopeTheta)
    return {*config.localRopeTheta, {}, 1};
  if (config.ropeScaling.kind == RopeScalingKind::None &&
      config.ropeScaling.longFactors.empty())
    return {config.ropeTheta, {}, 1};
  return FrequencyBuilder(config, contextLength).build();
}

} // namespace espresso
