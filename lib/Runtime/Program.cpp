//===- Program.cpp - The executable form of a plan ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "ArenaPlanner.h"
#include "StepContext.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Kernels/Elementwise.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

const void *Program::getConstant(uint32_t weight) {
  const WeightInfo &info = plan.weights[weight];
  if (info.type.type == DataType::Float32 ||
      info.type.type == DataType::Int32 || info.type.type == DataType::Bool)
    return info.data;
  auto [entry, isNew] = converted.try_emplace(weight);
  std::vector<uint8_t> &bytes = entry->second;
  if (!isNew)
    return bytes.data();
  const size_t count = static_cast<size_t>(info.type.count);
  bytes.resize(count * 4);
  if (info.type.type == DataType::Float16) {
    kernels::halfToFloat({reinterpret_cast<const uint16_t *>(info.data), count},
                         {reinterpret_cast<float *>(bytes.data()), count});
    return bytes.data();
  }
  // Int8, the only type left.
  int32_t *wide = reinterpret_cast<int32_t *>(bytes.data());
  for (size_t i = 0; i < count; ++i)
    wide[i] = static_cast<int8_t>(info.data[i]);
  return bytes.data();
}

Tensor Program::hold(TensorType type, std::vector<uint8_t> bytes) {
  constants.push_back(
      std::make_unique<Constant>(Constant{std::move(type), std::move(bytes)}));
  return {.type = &constants.back()->type,
          .constant = constants.back()->bytes.data()};
}

template <typename T>
static std::vector<uint8_t> toBytes(const T &value) {
  std::vector<uint8_t> bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

Tensor Program::addConstant(const std::vector<int64_t> &values, Shape shape) {
  std::vector<uint8_t> bytes(values.size() * sizeof(int32_t));
  for (size_t i = 0; i < values.size(); ++i) {
    const int32_t value = static_cast<int32_t>(
        std::clamp<int64_t>(values[i], std::numeric_limits<int32_t>::min(),
                            std::numeric_limits<int32_t>::max()));
    std::memcpy(bytes.data() + i * sizeof(value), &value, sizeof(value));
  }
  return hold(
      {DataType::Int32, std::move(shape), static_cast<int64_t>(values.size())},
      std::move(bytes));
}

Tensor Program::addConstant(float value) {
  return hold({DataType::Float32, {}, 1}, toBytes(value));
}

Tensor Program::addConstant(bool value) {
  return hold({DataType::Bool, {}, 1}, toBytes(static_cast<uint8_t>(value)));
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Compiles one function into `result`.
class FunctionCompiler {
public:
  FunctionCompiler(Program &program, const FunctionInfo &info)
      : program(program), info(info) {
    result.info = &info;
  }
  absl::StatusOr<CompiledFunction> compile();

private:
  absl::Status compileStep(const plan::Step &step);
  void planOutputs();
  Tensor getTensor(uint32_t value);
  void planMemory();

  Program &program;
  const FunctionInfo &info;
  CompiledFunction result;
};

absl::Status FunctionCompiler::compileStep(const plan::Step &step) {
  StepContext context(program, info, step);
  KernelFactory factory = findOperation(step.op());
  if (!factory)
    return context.error("the operation is unknown to this runtime");
  ESPRESSO_ASSIGN_OR_RETURN(Kernel kernel, factory(context));
  ESPRESSO_RETURN_IF_ERROR(context.checkAllUsed());
  result.steps.push_back({std::move(kernel), &step});
  const ScratchSize &scratch = context.getScratch();
  result.scratch.fixed = std::max(result.scratch.fixed, scratch.fixed);
  result.scratch.perThread =
      std::max(result.scratch.perThread, scratch.perThread);
  return absl::OkStatus();
}

/// A result of a step is written where the caller wants it, once; every other
/// output is copied there.
void FunctionCompiler::planOutputs() {
  std::vector<bool> direct(info.values.size());
  for (const plan::Step &step : info.message->steps())
    for (const plan::Port &port : step.results())
      direct[port.value()] = true;
  for (int i = 0; i < info.message->outputs_size(); ++i) {
    const uint32_t value = info.message->outputs(i).value();
    if (direct[value])
      result.directOutputs.push_back(i);
    else
      result.copiedOutputs.emplace_back(i, getTensor(value));
    direct[value] = false;
  }
}

Tensor FunctionCompiler::getTensor(uint32_t value) {
  const ValueInfo &source = info.values[value];
  Tensor tensor{.type = &source.type, .value = value};
  if (source.source == Source::Weight)
    tensor.constant = program.getConstant(source.index);
  return tensor;
}

void FunctionCompiler::planMemory() {
  const plan::Function &message = *info.message;
  const int never = -1, always = message.steps_size();
  std::vector<int> lastUse(info.values.size(), never);
  for (int i = 0; i < message.steps_size(); ++i)
    for (const plan::Operand &operand : message.steps(i).operands())
      for (uint32_t value : operand.values())
        lastUse[value] = i;
  for (const plan::Port &output : message.outputs())
    lastUse[output.value()] = always;

  ArenaPlanner planner;
  result.offsets.assign(info.values.size(), CompiledFunction::kNoSlot);
  std::vector<std::vector<uint32_t>> dying(message.steps_size() + 1);
  for (int i = 0; i < message.steps_size(); ++i) {
    for (const plan::Port &port : message.steps(i).results()) {
      const uint32_t value = port.value();
      result.offsets[value] =
          planner.allocate(info.values[value].type.getByteSize());
      dying[std::max(lastUse[value], i)].push_back(value);
    }
    for (uint32_t value : dying[i])
      planner.release(result.offsets[value],
                      info.values[value].type.getByteSize());
  }
  result.arenaBytes = planner.getSize();
}

absl::StatusOr<CompiledFunction> FunctionCompiler::compile() {
  for (const plan::Step &step : info.message->steps())
    ESPRESSO_RETURN_IF_ERROR(compileStep(step));
  planOutputs();
  planMemory();
  return std::move(result);
}

/// The sum, or the largest number if it does not fit.
static uint64_t addSaturating(uint64_t a, uint64_t b) {
  return checkedAdd(a, b).value_or(std::numeric_limits<uint64_t>::max());
}

uint64_t CompiledFunction::getFrameBytes(unsigned threads) const {
  const uint64_t perThread =
      checkedMul(scratch.perThread, threads)
          .value_or(std::numeric_limits<uint64_t>::max());
  const uint64_t total =
      addSaturating(arenaBytes, addSaturating(scratch.fixed, perThread));
  constexpr uint64_t kLimit = std::numeric_limits<uint64_t>::max() / 2;
  return alignUp(std::min(total, kLimit), ArenaPlanner::kAlignment);
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

const CompiledFunction *Program::find(std::string_view name) const {
  for (const CompiledFunction &function : functions)
    if (function.getName() == name)
      return &function;
  return nullptr;
}

uint64_t Program::getArenaBytes(unsigned threads) const {
  // Depths of calls are small (Plan.cpp): as many rounds settle every total.
  std::vector<uint64_t> totals(functions.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < functions.size(); ++i) {
      uint64_t deepest = 0;
      for (const CompiledStep &step : functions[i].steps)
        if (step.message->op() == "espresso.call")
          deepest = std::max(deepest, totals[step.message->callee()]);
      const uint64_t total =
          addSaturating(functions[i].getFrameBytes(threads), deepest);
      changed = changed || total != totals[i];
      totals[i] = total;
    }
  }
  return totals.empty() ? 0 : *std::max_element(totals.begin(), totals.end());
}

uint64_t Program::getStateBytes() const {
  uint64_t total = 0;
  for (const StateInfo &state : plan.states)
    total =
        addSaturating(total, alignUp(state.byteSize, ArenaPlanner::kAlignment));
  return total;
}

absl::StatusOr<std::unique_ptr<const Program>>
Program::compile(CheckedPlan plan, uint64_t maxMemoryBytes) {
  std::unique_ptr<Program> program(new Program(std::move(plan)));
  for (const FunctionInfo &info : program->plan.functions) {
    ESPRESSO_ASSIGN_OR_RETURN(CompiledFunction function,
                              FunctionCompiler(*program, info).compile());
    program->functions.push_back(std::move(function));
  }
  const uint64_t bytes =
      addSaturating(program->getArenaBytes(1), program->getStateBytes());
  if (bytes > maxMemoryBytes)
    return absl::InvalidArgumentError(
        absl::StrCat("host.plan: running it takes ", bytes,
                     " bytes of memory, the limit is ", maxMemoryBytes));
  return std::unique_ptr<const Program>(std::move(program));
}

} // namespace espresso::runtime
