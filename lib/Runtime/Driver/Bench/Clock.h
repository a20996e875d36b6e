//===- Clock.h - Seconds that pass ------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_CLOCK_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_CLOCK_H

#include <chrono>

namespace espresso::runtime::bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double getSecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_CLOCK_H
