//===- Executor.h - Runs the functions of a program -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_EXECUTOR_H
#define ESPRESSO_LIB_RUNTIME_EXECUTOR_H

#include "Program.h"
#include "espresso/Kernels/ThreadPool.h"
#include "espresso/Runtime/Device.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace espresso::runtime {

/// Activations and states of one run of a program, and the threads for it.
/// Thread-compatible. The program must outlive it.
class Executor {
public:
  /// `programs` may be null; see HostOptions. Errors: ResourceExhausted.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Executor>>
  create(const Program &program, unsigned threads, Device *programs);

  /// Runs function `index` with tensors in memory form, in the order of its
  /// ports. Outputs may be null: they are not wanted.
  absl::Status run(uint32_t index, std::span<const void *const> inputs,
                   std::span<void *const> outputs) {
    return call(index, inputs, outputs, arena.base);
  }
  /// The same, from a step: activations start at `memory`.
  absl::Status call(uint32_t index, std::span<const void *const> inputs,
                    std::span<void *const> outputs, uint8_t *memory);

  const Program &getProgram() const { return program; }
  Device *getPrograms() const { return programs; }
  uint64_t getMemoryBytes() const { return memoryBytes; }
  /// Zeroes the states.
  void zeroStates();

private:
  Executor(const Program &program, unsigned threads, Device *programs);

  /// Zeroed, aligned memory; pages cost nothing until they are touched.
  struct Block {
    std::unique_ptr<void, decltype(&std::free)> owner{nullptr, &std::free};
    uint8_t *base = nullptr;
    absl::Status allocate(uint64_t bytes);
  };

  const Program &program;
  Device *programs;
  kernels::ThreadPool pool;
  Block arena;
  Block stateMemory;
  std::vector<uint8_t *> states;
  std::vector<std::vector<void *>> tables; ///< per function, per value
  uint64_t memoryBytes = 0;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_EXECUTOR_H
