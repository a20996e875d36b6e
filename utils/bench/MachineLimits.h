//===- MachineLimits.h - What this machine can do at most -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_UTILS_BENCH_MACHINELIMITS_H
#define ESPRESSO_UTILS_BENCH_MACHINELIMITS_H

#include "espresso/Kernels/ThreadPool.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace espresso::bench {

/// Reads all bytes of a buffer once, each thread a part of it, from front to
/// back with whole vectors, and returns a number that depends on them.
uint64_t readAll(const void *data, size_t bytes, kernels::ThreadPool &pool);

/// Runs multiply-adds of float32 in registers on every thread, as many as hide
/// each other's latency, and returns how many floating-point operations there
/// were.
double runPeak(kernels::ThreadPool &pool);

/// The instruction set that is used, as Highway calls it.
std::string getInstructionSet();

} // namespace espresso::bench

#endif // ESPRESSO_UTILS_BENCH_MACHINELIMITS_H
