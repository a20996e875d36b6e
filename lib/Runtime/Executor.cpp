//===- Executor.cpp - Runs the functions of a program ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executor.h"

#include "ArenaPlanner.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <cassert>
#include <cstring>

namespace espresso::runtime {

absl::Status MemoryBlock::allocate(uint64_t bytes) {
  constexpr uint64_t kAlignment = ArenaPlanner::kAlignment;
  base = nullptr;
  owner.reset(); // before the new: both need not fit
  owner.reset(std::calloc(bytes + kAlignment, 1));
  if (!owner)
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot allocate ", bytes, " bytes"));
  base = reinterpret_cast<uint8_t *>(
      alignUp(reinterpret_cast<uintptr_t>(owner.get()), kAlignment));
  return absl::OkStatus();
}

absl::Status Workspace::reserve(uint64_t bytes) {
  if (arena.getBase() && bytes <= arenaBytes)
    return absl::OkStatus();
  arenaBytes = 0;
  ESPRESSO_RETURN_IF_ERROR(arena.allocate(bytes));
  arenaBytes = bytes;
  return absl::OkStatus();
}

absl::Status StateMemory::allocate(const CheckedPlan &plan) {
  uint64_t total = 0;
  for (const StateInfo &state : plan.states)
    total += alignUp(state.byteSize, ArenaPlanner::kAlignment);
  ESPRESSO_RETURN_IF_ERROR(block.allocate(total));
  byteSize = total;
  states.clear();
  uint8_t *next = block.getBase();
  for (const StateInfo &state : plan.states) {
    states.push_back(next);
    next += alignUp(state.byteSize, ArenaPlanner::kAlignment);
  }
  return absl::OkStatus();
}

void StateMemory::zero() {
  if (isAllocated())
    std::memset(block.getBase(), 0, byteSize);
}

Executor::Executor(const Program &program, std::shared_ptr<Workspace> workspace,
                   Device *programs)
    : program(program), workspace(std::move(workspace)), programs(programs) {
  for (const CompiledFunction &function : program.getFunctions())
    tables.emplace_back(function.info->values.size(), nullptr);
}

absl::StatusOr<std::unique_ptr<Executor>>
Executor::create(const Program &program, std::shared_ptr<Workspace> workspace,
                 Device *programs) {
  const unsigned threads = workspace->pool.getNumThreads();
  ESPRESSO_RETURN_IF_ERROR(workspace->reserve(program.getArenaBytes(threads)));
  return std::unique_ptr<Executor>(
      new Executor(program, std::move(workspace), programs));
}

absl::Status Executor::call(uint32_t index, std::span<const void *const> inputs,
                            std::span<void *const> outputs, uint8_t *memory) {
  const CompiledFunction &function = program.getFunctions()[index];
  const plan::Function &message = *function.info->message;
  assert(static_cast<int>(inputs.size()) == message.inputs_size());
  assert(static_cast<int>(outputs.size()) == message.outputs_size());
  std::vector<void *> &table = tables[index];
  for (size_t i = 0; i < table.size(); ++i)
    if (function.offsets[i] != CompiledFunction::kNoSlot)
      table[i] = memory + function.offsets[i];
  // Steps only read what is not a result of theirs.
  for (size_t i = 0; i < inputs.size(); ++i)
    table[message.inputs(i).value()] = const_cast<void *>(inputs[i]);
  for (int output : function.directOutputs)
    if (outputs[output])
      table[message.outputs(output).value()] = outputs[output];

  kernels::ThreadPool &pool = workspace->pool;
  Frame frame{.values = table,
              .states = current.states,
              .columnStates = current.columns,
              .scratch = memory + function.arenaBytes,
              .calleeArena =
                  memory + function.getFrameBytes(pool.getNumThreads()),
              .pool = &pool,
              .ropeTables = &workspace->ropeTables,
              .executor = this};
  for (const CompiledStep &step : function.steps) {
    absl::Status status = step.kernel(frame);
    if (!status.ok())
      return absl::Status(status.code(),
                          absl::StrCat("in '", message.name(), "', step '",
                                       step.message->name(),
                                       "': ", std::string(status.message())));
  }
  for (const auto &[output, tensor] : function.copiedOutputs)
    if (outputs[output])
      std::memcpy(outputs[output], tensor.get<void>(frame),
                  tensor.type->getByteSize());
  return absl::OkStatus();
}

} // namespace espresso::runtime
