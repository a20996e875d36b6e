//===- Statistics.cpp - Medians and spreads -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace espresso::runtime::bench {

Summary summarize(std::span<const double> values) {
  assert(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t n = sorted.size();
  Summary summary;
  summary.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  summary.low = sorted.front();
  summary.high = sorted.back();
  summary.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) /
                 static_cast<double>(n);
  if (n == 1)
    return summary;
  double squares = 0;
  for (double value : sorted)
    squares += (value - summary.mean) * (value - summary.mean);
  summary.deviation = std::sqrt(squares / static_cast<double>(n - 1));
  return summary;
}

} // namespace espresso::runtime::bench
