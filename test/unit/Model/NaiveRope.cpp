//===- NaiveRope.cpp - Angles in plain formulas ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NaiveRope.h"

#include <cmath>

namespace espresso::test {

static constexpr double kPi = 3.14159265358979323846;

/// By cases, as the models' descriptions have them.
double getNaiveFrequency(const ModelConfig &config, const LayerConfig &layer,
                         int64_t pair, int64_t contextLength) {
  const RopeScaling &scaling = config.ropeScaling;
  double r = config.getRotarySize(), theta = config.ropeTheta;
  if (layer.isSliding && config.localRopeTheta)
    return 1 / std::pow(*config.localRopeTheta, 2 * pair / r);
  double original = scaling.originalContextLength != 0
                        ? scaling.originalContextLength
                        : config.contextLength;
  double f = 1 / std::pow(theta, 2 * pair / r);
  switch (scaling.kind) {
  case RopeScalingKind::None:
    return scaling.longFactors.empty() ? f : f / scaling.longFactors[pair];
  case RopeScalingKind::Linear:
    return f / scaling.factor;
  case RopeScalingKind::Dynamic: {
    if (contextLength <= original)
      return f;
    double base = theta * std::pow(scaling.factor * contextLength / original -
                                       (scaling.factor - 1),
                                   r / (r - 2));
    return 1 / std::pow(base, 2 * pair / r);
  }
  case RopeScalingKind::LongRope:
    return f / (contextLength > original ? scaling.longFactors[pair]
                                         : scaling.shortFactors[pair]);
  case RopeScalingKind::Llama3: {
    double length = 2 * kPi / f;
    if (length < original / scaling.highFrequencyFactor)
      return f;
    if (length > original / scaling.lowFrequencyFactor)
      return f / scaling.factor;
    double smooth = (original / length - scaling.lowFrequencyFactor) /
                    (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return (1 - smooth) * f / scaling.factor + smooth * f;
  }
  case RopeScalingKind::Yarn: {
    auto correction = [&](double turns) {
      return r * std::log(original / (turns * 2 * kPi)) / (2 * std::log(theta));
    };
    double low = std::floor(correction(scaling.betaFast));
    double high = std::ceil(correction(scaling.betaSlow));
    low = low < 0 ? 0 : low;
    high = high > r - 1 ? r - 1 : high;
    if (low == high)
      high += 0.001;
    double ramp = (pair - low) / (high - low);
    ramp = ramp < 0 ? 0 : ramp > 1 ? 1 : ramp;
    return f / scaling.factor * ramp + f * (1 - ramp);
  }
  }
  return 0;
}

double getNaiveRopeScale(const ModelConfig &config) {
  const RopeScaling &scaling = config.ropeScaling;
  if (scaling.attentionFactor)
    return *scaling.attentionFactor;
  if (scaling.kind == RopeScalingKind::Yarn)
    return 0.1 * std::log(scaling.factor) + 1;
  double original = scaling.originalContextLength;
  if (scaling.kind == RopeScalingKind::LongRope &&
      config.contextLength > original)
    return std::sqrt(1 + std::log(config.contextLength / original) /
                             std::log(original));
  return 1;
}

} // namespace espresso::test
