//===- PlanFuzzer.cpp - host.plan of a bundle, checked and run ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include "Runtime/Executor.h"

#include <vector>

using namespace espresso;
using namespace espresso::runtime;

/// A run must be short: what it costs is bounded by what it may hold, and by
/// how often functions call one another.
static constexpr uint64_t kMaxMemory = 1 << 17;
static constexpr int kMaxCalls = 8;
static constexpr uint64_t kMaxPortBytes = 1 << 20;

/// Tensors for the ports of a function, filled from `values` over and over.
template <typename Ports>
static std::vector<std::vector<uint32_t>>
makePorts(const FunctionInfo &info, const Ports &ports,
          std::span<const uint8_t> values) {
  std::vector<std::vector<uint32_t>> tensors;
  size_t next = 0;
  for (const plan::Port &port : ports) {
    const TensorType &type = info.values[port.value()].type;
    std::vector<uint32_t> words(type.getByteSize() / 4 + 1);
    for (uint32_t &word : words)
      word = values.empty() ? 0 : values[next++ % values.size()];
    if (type.getMemory() == Memory::Bool)
      std::fill(words.begin(), words.end(), 0x00010001);
    tensors.push_back(std::move(words));
  }
  return tensors;
}

template <typename Ports>
static bool isSmall(const FunctionInfo &info, const Ports &ports) {
  uint64_t total = 0;
  for (const plan::Port &port : ports) {
    total += info.values[port.value()].type.getByteSize();
    if (total > kMaxPortBytes)
      return false;
  }
  return true;
}

static int countCalls(const plan::Plan &plan) {
  int calls = 0;
  for (const plan::Function &function : plan.functions())
    for (const plan::Step &step : function.steps())
      calls += step.op() == "espresso.call";
  return calls;
}

static void run(Executor &executor, const StateMemory &states, uint32_t index,
                const FunctionInfo &info, std::span<const uint8_t> values) {
  const plan::Function &message = *info.message;
  if (!isSmall(info, message.inputs()) || !isSmall(info, message.outputs()))
    return;
  auto inputs = makePorts(info, message.inputs(), values);
  auto outputs = makePorts(info, message.outputs(), {});
  std::vector<const void *> in;
  std::vector<void *> out;
  for (const std::vector<uint32_t> &tensor : inputs)
    in.push_back(tensor.data());
  for (std::vector<uint32_t> &tensor : outputs)
    out.push_back(tensor.data());
  (void)executor.run(index, in, out, {.states = states.getStates()});
}

/// Two parts: the plan, then its weights, which are also what inputs hold.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::ScratchFile planFile(".plan"), weightFile(".bin");
  const auto [planBytes, weightBytes] = fuzz::splitInput({data, size});
  planFile.write(planBytes);
  weightFile.write(weightBytes);
  FileMap files;
  files["host.plan"] = *MappedFile::open(planFile.getPath());
  files["weights.bin"] = *MappedFile::open(weightFile.getPath());
  auto plan = readPlan(files);
  if (!plan.ok())
    return 0;
  if (countCalls(*plan->message) > kMaxCalls)
    return 0;
  auto program =
      Program::compile(*std::move(plan), {.maxMemoryBytes = kMaxMemory});
  if (!program.ok())
    return 0;
  auto executor = Executor::create(
      **program, std::make_shared<Workspace>(/*threads=*/1), nullptr);
  StateMemory states;
  if (!executor.ok() || !states.allocate((*program)->getPlan()).ok())
    return 0;
  const std::vector<FunctionInfo> &functions = (*program)->getPlan().functions;
  for (uint32_t i = 0; i < functions.size(); ++i)
    run(**executor, states, i, functions[i],
        weightBytes.last(std::min<size_t>(weightBytes.size(), 16)));
  return 0;
}
