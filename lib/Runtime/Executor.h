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
#include "RopeTables.h"
#include "espresso/Kernels/ThreadPool.h"
#include "espresso/Runtime/Device.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace espresso::runtime {

/// Zeroed memory, aligned as arenas are; pages cost nothing until touched.
class MemoryBlock {
public:
  /// Drops what was there. Errors: ResourceExhausted.
  absl::Status allocate(uint64_t bytes);
  uint8_t *getBase() const { return base; }

private:
  std::unique_ptr<void, decltype(&std::free)> owner{nullptr, &std::free};
  uint8_t *base = nullptr;
};

/// Threads and memory for activations, which programs that run one after
/// another share.
class Workspace {
public:
  explicit Workspace(unsigned threads) : pool(threads) {}

  /// Makes the arena at least this large. Errors: ResourceExhausted.
  absl::Status reserve(uint64_t bytes);
  uint8_t *getArena() const { return arena.getBase(); }
  uint64_t getArenaBytes() const { return arenaBytes; }

  kernels::ThreadPool pool;
  RopeTables ropeTables;

private:
  MemoryBlock arena;
  uint64_t arenaBytes = 0;
};

/// The states of a plan for one text, zeroed at first.
class StateMemory {
public:
  /// Errors: ResourceExhausted.
  absl::Status allocate(const CheckedPlan &plan);
  bool isAllocated() const { return block.getBase() != nullptr; }
  /// By index of the state.
  std::span<uint8_t *const> getStates() const { return states; }
  uint64_t getByteSize() const { return byteSize; }
  void zero();

private:
  MemoryBlock block;
  std::vector<uint8_t *> states;
  uint64_t byteSize = 0;
};

/// What a run reads and writes beside its ports.
struct RunStates {
  /// The states of all columns, by index.
  std::span<uint8_t *const> states;
  /// Of a program for the columns of several texts: the states of each column.
  std::span<uint8_t *const *const> columns = {};
};

/// Runs a program. Thread-compatible. The program must outlive it.
class Executor {
public:
  /// `programs` may be null; see HostOptions. Errors: ResourceExhausted.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Executor>>
  create(const Program &program, std::shared_ptr<Workspace> workspace,
         Device *programs);

  /// Runs function `index` with tensors in memory form, in the order of its
  /// ports. Outputs may be null: they are not wanted.
  absl::Status run(uint32_t index, std::span<const void *const> inputs,
                   std::span<void *const> outputs, const RunStates &states) {
    current = states;
    return call(index, inputs, outputs, workspace->getArena());
  }
  /// The same, from a step: activations start at `memory`.
  absl::Status call(uint32_t index, std::span<const void *const> inputs,
                    std::span<void *const> outputs, uint8_t *memory);

  const Program &getProgram() const { return program; }
  Device *getPrograms() const { return programs; }

private:
  Executor(const Program &program, std::shared_ptr<Workspace> workspace,
           Device *programs);

  const Program &program;
  std::shared_ptr<Workspace> workspace;
  Device *programs;
  RunStates current;
  std::vector<std::vector<void *>> tables; ///< per function, per value
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_EXECUTOR_H
