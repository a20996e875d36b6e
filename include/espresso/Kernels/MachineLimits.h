//===- MachineLimits.h - What this machine can do at most -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_MACHINELIMITS_H
#define ESPRESSO_KERNELS_MACHINELIMITS_H

#include "espresso/Kernels/ThreadPool.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace espresso::kernels {

// For measurements: what a kernel is compared with. A library of its own,
// EspressoMachineLimits; nothing that computes needs it.

/// Reads all bytes of the buffers once, each thread an equal part of them, from
/// front to back with whole vectors, and returns a number that depends on them.
/// Buffers are aligned to four bytes; up to three bytes at the end of each are
/// left out.
uint64_t readAll(std::span<const std::span<const uint8_t>> buffers,
                 ThreadPool &pool);
/// The same for one buffer.
uint64_t readAll(const void *data, size_t bytes, ThreadPool &pool);

/// Runs multiply-adds of float32 in registers on every thread, as many as hide
/// each other's latency, and returns how many floating-point operations there
/// were.
double runPeak(ThreadPool &pool);

/// The instruction set that is used, as Highway calls it.
std::string getInstructionSet();

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_MACHINELIMITS_H
