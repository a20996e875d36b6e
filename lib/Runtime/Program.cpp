//===- Program.cpp - The executable form of a plan ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "ArenaPlanner.h"
#include "FuseSteps.h"
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
  FunctionCompiler(Program &program, const FunctionInfo &info,
                   const CompileOptions &options)
      : program(program), info(info), options(options) {
    result.info = &info;
  }
  absl::StatusOr<CompiledFunction> compile();

private:
  absl::Status compileStep(int index);
  absl::Status fuse();
  void planOutputs();
  Tensor getTensor(uint32_t value);
  void planMemory();

  Program &program;
  const FunctionInfo &info;
  const CompileOptions &options;
  CompiledFunction result;
};

absl::Status FunctionCompiler::compileStep(int index) {
  const plan::Step &step = info.message->steps(index);
  StepContext context(program, info, step);
  KernelFactory factory = findOperation(step.op());
  if (!factory)
    return context.error("the operation is unknown to this runtime");
  ESPRESSO_ASSIGN_OR_RETURN(Kernel kernel, factory(context));
  ESPRESSO_RETURN_IF_ERROR(context.checkAllUsed());
  CompiledStep compiled{.kernel = std::move(kernel),
                        .message = &step,
                        .steps = {index},
                        .scratch = context.getScratch()};
  for (const plan::Operand &operand : step.operands())
    compiled.reads.insert(compiled.reads.end(), operand.values().begin(),
                          operand.values().end());
  for (const plan::Port &port : step.results())
    compiled.writes.push_back(port.value());
  result.steps.push_back(std::move(compiled));
  return absl::OkStatus();
}

/// Puts fused steps where the last of their steps is, and drops the rest.
absl::Status FunctionCompiler::fuse() {
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<FusedStep> all,
                            fuseSteps(program, info));
  std::vector<bool> dropped(result.steps.size());
  for (FusedStep &fused : all) {
    for (int step : fused.steps)
      dropped[step] = true;
    const int last = fused.steps.back();
    dropped[last] = false;
    result.steps[last] = {.kernel = std::move(fused.kernel),
                          .message = result.steps[last].message,
                          .name = std::move(fused.name),
                          .steps = std::move(fused.steps),
                          .reads = std::move(fused.reads),
                          .writes = std::move(fused.writes),
                          .scratch = fused.scratch};
  }
  std::vector<CompiledStep> kept;
  for (size_t i = 0; i < result.steps.size(); ++i)
    if (!dropped[i])
      kept.push_back(std::move(result.steps[i]));
  result.steps = std::move(kept);
  return absl::OkStatus();
}

/// A result of a step is written where the caller wants it, once; every other
/// output is copied there.
void FunctionCompiler::planOutputs() {
  std::vector<bool> direct(info.values.size());
  for (const CompiledStep &step : result.steps)
    for (uint32_t value : step.writes)
      direct[value] = true;
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
  const int never = -1, always = static_cast<int>(result.steps.size());
  std::vector<int> lastUse(info.values.size(), never);
  for (int i = 0; i < always; ++i)
    for (uint32_t value : result.steps[i].reads)
      lastUse[value] = i;
  for (const plan::Port &output : info.message->outputs())
    lastUse[output.value()] = always;

  ArenaPlanner planner;
  result.offsets.assign(info.values.size(), CompiledFunction::kNoSlot);
  std::vector<std::vector<uint32_t>> dying(always + 1);
  for (int i = 0; i < always; ++i) {
    for (uint32_t value : result.steps[i].writes) {
      result.offsets[value] =
          planner.allocate(info.values[value].type.getByteSize());
      dying[std::max(lastUse[value], i)].push_back(value);
    }
    for (uint32_t value : dying[i])
      planner.release(result.offsets[value],
                      info.values[value].type.getByteSize());
    const ScratchSize &scratch = result.steps[i].scratch;
    result.scratch.fixed = std::max(result.scratch.fixed, scratch.fixed);
    result.scratch.perThread =
        std::max(result.scratch.perThread, scratch.perThread);
  }
  result.arenaBytes = planner.getSize();
}

absl::StatusOr<CompiledFunction> FunctionCompiler::compile() {
  for (int i = 0; i < info.message->steps_size(); ++i)
    ESPRESSO_RETURN_IF_ERROR(compileStep(i));
  if (options.fuse)
    ESPRESSO_RETURN_IF_ERROR(fuse());
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

uint64_t Program::getConvertedBytes() const {
  uint64_t total = 0;
  for (const auto &[weight, bytes] : converted)
    total += bytes.size();
  return total;
}

absl::StatusOr<std::unique_ptr<const Program>>
Program::compile(CheckedPlan plan, const CompileOptions &options) {
  std::unique_ptr<Program> program(new Program(std::move(plan), options));
  for (const FunctionInfo &info : program->plan.functions) {
    ESPRESSO_ASSIGN_OR_RETURN(
        CompiledFunction function,
        FunctionCompiler(*program, info, options).compile());
    program->functions.push_back(std::move(function));
  }
  const uint64_t bytes =
      addSaturating(program->getArenaBytes(1), program->getStateBytes());
  if (bytes > options.maxMemoryBytes)
    return absl::InvalidArgumentError(absl::StrCat(
        "host.plan: running it takes ", bytes,
        " bytes of memory, the limit is ", options.maxMemoryBytes));
  program->heads = options.heads ? options.heads : std::make_shared<HeadSet>();
  return std::unique_ptr<const Program>(std::move(program));
}

} // namespace espresso::runtime
