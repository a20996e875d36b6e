//===- EngineTables.cpp - Functions as tables -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EngineTables.h"

#include "espresso/Base/Half.h"

#include <algorithm>
#include <array>

namespace espresso {

static constexpr int kNumKnots = 33;

namespace {

/// A function by its values at equally spaced arguments.
class KnotTable {
public:
  KnotTable(double low, double high, double (*function)(double))
      : low(low), step((high - low) / (kNumKnots - 1)) {
    for (int i = 0; i < kNumKnots; ++i)
      knots[i] = roundToHalf(function(low + i * step));
  }

  /// `x` within the knots.
  double at(double x) const {
    double place = (x - low) / step;
    int index = std::min(static_cast<int>(place), kNumKnots - 2);
    return knots[index] + (knots[index + 1] - knots[index]) * (place - index);
  }

private:
  double low;
  double step;
  std::array<double, kNumKnots> knots = {};
};

/// Where a table ends and a line takes over, which ends itself at `clamp`.
struct Tail {
  double clamp;
  double slope;
  double intercept;

  double at(double x) const { return slope * x + intercept; }
};

} // namespace

// The parameters of the table that compiled programs hold for sigmoid.
static constexpr double kSigmoidReach = 8;
static constexpr Tail kLeftTail = {-9.94, 0.00017, 0.00172};
static constexpr Tail kRightTail = {8.32, 0.00152, 0.9873};

float sampledSigmoid(float x) {
  static const KnotTable table(-kSigmoidReach, kSigmoidReach,
                               [](double x) { return 1 / (1 + std::exp(-x)); });
  double value;
  if (x < -kSigmoidReach)
    value = kLeftTail.at(std::max<double>(x, kLeftTail.clamp));
  else if (x > kSigmoidReach)
    value = kRightTail.at(std::min<double>(x, kRightTail.clamp));
  else
    value = std::isnan(x) ? x : table.at(x);
  return static_cast<float>(value);
}

float sampledTanh(float x) {
  constexpr double kReach = 4;
  static const KnotTable table(0, kReach,
                               [](double x) { return std::tanh(x); });
  if (std::isnan(x))
    return x;
  double value = table.at(std::min<double>(std::fabs(x), kReach));
  return std::copysign(static_cast<float>(value), x);
}

} // namespace espresso
