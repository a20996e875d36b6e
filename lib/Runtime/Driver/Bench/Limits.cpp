//===- Limits.cpp - The limits of this machine, measured ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Limits.h"

#include "Clock.h"
#include "espresso/Kernels/MachineLimits.h"

#include <algorithm>

namespace espresso::runtime::bench {

/// Shorter times are not worth measuring.
static constexpr double kLeastSeconds = 2e-3;

/// Keeps what nobody reads from being optimised away.
static volatile uint64_t sink;

double Limits::readWeights() {
  int passes = 0;
  double seconds = 0;
  do {
    seconds += readWeightsOnce();
    ++passes;
  } while (seconds < kLeastSeconds);
  return seconds / passes;
}

double Limits::readWeightsOnce() {
  const Clock::time_point start = Clock::now();
  sink = kernels::readAll(workload.getWeights(), pool);
  return getSecondsSince(start);
}

double Limits::runPeak() {
  const Clock::time_point start = Clock::now();
  const double operations = kernels::runPeak(pool);
  return operations / getSecondsSince(start);
}

double Limits::multiply(int64_t columns) {
  int64_t width = 0, height = 0;
  for (const kernels::MatrixView &product : workload.getProducts()) {
    width = std::max(width, product.columns);
    height = std::max(height, product.rows);
  }
  // Small numbers of either sign, so that no sum is special.
  x.resize(width * columns);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = 0.01f * static_cast<float>(static_cast<int>(i % 97) - 48);
  y.resize(height * columns);
  const Clock::time_point start = Clock::now();
  for (const kernels::MatrixView &product : workload.getProducts())
    kernels::matMul(
        product, std::span<const float>(x).first(product.columns * columns),
        columns, {}, std::span<float>(y).first(product.rows * columns), pool);
  return getSecondsSince(start);
}

} // namespace espresso::runtime::bench
