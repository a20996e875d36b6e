//===- DumpPlan.cpp - What a bundle does, for people ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/DumpPlan.h"

#include "Program.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <set>

namespace espresso::runtime {

/// Bytes of an element as it lies in a file.
static uint64_t getFileWidth(DataType type) {
  switch (type) {
  case DataType::Float16:
    return 2;
  case DataType::Int8:
  case DataType::Bool:
    return 1;
  default:
    return 4;
  }
}

/// Bytes of the weights that steps of the plan name, each once.
static uint64_t getWeightBytes(const CheckedPlan &plan,
                               const FunctionInfo &info,
                               const std::vector<int> &steps) {
  std::set<uint32_t> weights;
  for (int step : steps)
    for (const plan::Operand &operand : info.message->steps(step).operands())
      for (uint32_t value : operand.values())
        if (info.values[value].source == Source::Weight)
          weights.insert(info.values[value].index);
  uint64_t bytes = 0;
  for (uint32_t weight : weights) {
    const TensorType &type = plan.weights[weight].type;
    bytes += static_cast<uint64_t>(type.count) * getFileWidth(type.type);
  }
  return bytes;
}

static void dumpStep(const CheckedPlan &plan, const CompiledFunction &function,
                     const CompiledStep &step, std::string &text) {
  const FunctionInfo &info = *function.info;
  std::set<uint32_t> direct;
  for (int output : function.directOutputs)
    direct.insert(info.message->outputs(output).value());
  absl::StrAppend(&text, "  ",
                  step.name.empty() ? step.message->op() : step.name);
  const char *separator = " -> ";
  for (uint32_t value : step.writes) {
    absl::StrAppend(&text, separator, info.message->values(value).name(), " ",
                    toString(info.values[value].type.shape), " at ");
    if (direct.count(value))
      text += "out";
    else
      absl::StrAppend(&text, function.offsets[value]);
    separator = ", ";
  }
  if (const uint64_t bytes = getWeightBytes(plan, info, step.steps))
    absl::StrAppend(&text, "; ", bytes, " bytes of weights");
  if (!step.name.empty()) {
    separator = "; from ";
    for (int index : step.steps) {
      absl::StrAppend(&text, separator, info.message->steps(index).op());
      separator = " ";
    }
  }
  text += '\n';
}

std::string dumpPlan(const Bundle &bundle) {
  const Program &program = bundle.getProgram();
  const CheckedPlan &plan = program.getPlan();
  std::string text = absl::StrCat(
      "plan of ", program.getFunctions().size(),
      " functions: ", bundle.getWeightBytes(), " bytes of weights, of which ",
      program.getConvertedBytes(), " are held in another type, ",
      program.getStateBytes(), " of states, ", program.getArenaBytes(1),
      " of activations\n");
  for (const CompiledFunction &function : program.getFunctions()) {
    const plan::Function &message = *function.info->message;
    absl::StrAppend(&text, "function ", function.getName(), " (",
                    message.kind() == plan::Function::PROGRAM ? "program"
                                                              : "host",
                    "): ", function.steps.size(), " of ", message.steps_size(),
                    " steps, arena ", function.arenaBytes, ", scratch ",
                    function.scratch.fixed, " and ", function.scratch.perThread,
                    " a thread\n");
    for (const CompiledStep &step : function.steps)
      dumpStep(plan, function, step, text);
  }
  return text;
}

} // namespace espresso::runtime
