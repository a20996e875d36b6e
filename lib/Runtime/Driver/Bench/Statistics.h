//===- Statistics.h - Medians and spreads -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_STATISTICS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_STATISTICS_H

#include <span>

namespace espresso::runtime::bench {

/// What several measurements of one thing come to.
struct Summary {
  double median = 0; ///< of an even number, the mean of the two in the middle
  double low = 0;
  double high = 0;
  double mean = 0;
  double deviation = 0; ///< of the sample, 0 for a single measurement
};

/// Of at least one value.
[[nodiscard]] Summary summarize(std::span<const double> values);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_STATISTICS_H
