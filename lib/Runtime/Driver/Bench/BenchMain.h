//===- BenchMain.h - The command espresso-run bench -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHMAIN_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHMAIN_H

#include <span>
#include <string_view>

namespace espresso::runtime::bench {

/// Runs `espresso-run bench` with the arguments behind that word; returns its
/// exit code, as espressoRunMain does.
int runBench(std::span<const std::string_view> arguments);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHMAIN_H
