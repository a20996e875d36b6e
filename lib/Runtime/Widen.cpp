//===- Widen.cpp - A step of one token made one of many -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Widen.h"

#include "WidenRules.h"

#include <algorithm>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// Where columns are
//===----------------------------------------------------------------------===//

static bool hasState(const FunctionInfo &info, const plan::Step &step) {
  for (const plan::Operand &operand : step.operands())
    for (uint32_t value : operand.values())
      if (info.values[value].source == Source::State)
        return true;
  return false;
}

static bool hasColumns(const WideFunction &wide, const plan::Step &step) {
  for (const plan::Operand &operand : step.operands())
    for (uint32_t value : operand.values())
      if (wide.axes[value])
        return true;
  return false;
}

static const plan::Operand *findOperand(const plan::Step &step,
                                        const std::string &name) {
  for (const plan::Operand &operand : step.operands())
    if (operand.name() == name && operand.values_size() == 1)
      return &operand;
  return nullptr;
}

/// Finds the columns of the results of a call by looking into the callee.
static absl::Status findCallAxes(const CheckedPlan &plan, StepColumns &columns,
                                 WideFunction &wide,
                                 std::map<uint32_t, WideFunction> &functions) {
  const plan::Step &step = columns.step;
  const plan::Function &callee = *plan.functions[step.callee()].message;
  std::vector<ColumnAxis> inputs;
  for (const plan::Port &port : callee.inputs()) {
    const plan::Operand *operand = findOperand(step, port.name());
    inputs.push_back(operand ? wide.axes[operand->values(0)] : ColumnAxis());
  }
  ESPRESSO_RETURN_IF_ERROR(
      findColumnAxes(plan, step.callee(), inputs, functions));
  const WideFunction &inner = functions.at(step.callee());
  for (int i = 0; i < step.results_size(); ++i)
    for (const plan::Port &port : callee.outputs())
      if (port.name() == step.results(i).name() && inner.axes[port.value()])
        ESPRESSO_RETURN_IF_ERROR(
            columns.setResult(i, *inner.axes[port.value()]));
  return absl::OkStatus();
}

absl::Status findColumnAxes(const CheckedPlan &plan, uint32_t index,
                            const std::vector<ColumnAxis> &inputs,
                            std::map<uint32_t, WideFunction> &functions) {
  const FunctionInfo &info = plan.functions[index];
  const plan::Function &message = *info.message;
  auto [entry, isNew] = functions.try_emplace(index);
  WideFunction &wide = entry->second;
  wide.axes.resize(info.values.size());
  for (int i = 0; i < message.inputs_size(); ++i) {
    ColumnAxis &axis = wide.axes[message.inputs(i).value()];
    if (!isNew && axis != inputs[i])
      return absl::UnimplementedError(
          absl::StrCat("'", message.name(), "' is called with columns at ",
                       "different places"));
    axis = inputs[i];
  }
  if (!isNew)
    return absl::OkStatus();
  for (int i = 0; i < message.steps_size(); ++i) {
    const plan::Step &step = message.steps(i);
    StepColumns columns(plan, info, i, wide);
    if (step.op() == "espresso.call") {
      ESPRESSO_RETURN_IF_ERROR(findCallAxes(plan, columns, wide, functions));
      continue;
    }
    if (!hasColumns(wide, step)) {
      if (hasState(info, step))
        return columns.refuse("uses a cache whatever the columns");
      continue;
    }
    const WidenRule rule = findWidenRule(step.op());
    if (!rule)
      return columns.refuse("the operation does not keep columns apart");
    ESPRESSO_RETURN_IF_ERROR(rule(columns));
  }
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Trunk and head
//===----------------------------------------------------------------------===//

static bool usesStates(const CheckedPlan &plan, const FunctionInfo &info,
                       const plan::Step &step) {
  if (step.op() != "espresso.call")
    return hasState(info, step);
  const FunctionInfo &callee = plan.functions[step.callee()];
  return std::any_of(
      callee.message->steps().begin(), callee.message->steps().end(),
      [&](const auto &inner) { return usesStates(plan, callee, inner); });
}

absl::StatusOr<WideDecode> WideDecode::create(const CheckedPlan &plan,
                                              uint32_t decode) {
  WideDecode wide(plan, decode);
  const size_t inputs = plan.functions[decode].message->inputs_size();
  ESPRESSO_RETURN_IF_ERROR(findColumnAxes(
      plan, decode, std::vector<ColumnAxis>(inputs, 0), wide.functions));
  ESPRESSO_RETURN_IF_ERROR(wide.cut());
  return wide;
}

/// From the last step back: a step belongs to the head if it knows neither a
/// cache nor an input, and nothing but the head uses its results.
absl::Status WideDecode::cut() {
  const FunctionInfo &info = plan->functions[decode];
  const plan::Function &message = *info.message;
  const WideFunction &wide = functions.at(decode);
  std::vector<bool> inTrunk(info.values.size()), inHead(info.values.size());
  for (const plan::Port &input : message.inputs())
    inTrunk[input.value()] = true;
  std::vector<bool> isInput = inTrunk, crosses(info.values.size());
  auto forEachOperand = [](const plan::Step &step, auto f) {
    for (const plan::Operand &operand : step.operands())
      for (uint32_t value : operand.values())
        f(value);
  };
  isHeadStep.assign(message.steps_size(), false);
  for (int i = message.steps_size() - 1; i >= 0; --i) {
    const plan::Step &step = message.steps(i);
    if (!hasColumns(wide, step))
      continue; // made anew wherever it is wanted
    bool isHead = !usesStates(*plan, info, step);
    for (const plan::Port &result : step.results())
      isHead = isHead && !inTrunk[result.value()];
    forEachOperand(step,
                   [&](uint32_t value) { isHead = isHead && !isInput[value]; });
    isHeadStep[i] = isHead;
    forEachOperand(step, [&](uint32_t value) {
      (isHead ? crosses : inTrunk)[value] = true;
    });
    for (const plan::Port &result : step.results())
      inHead[result.value()] = isHead;
  }
  for (const plan::Port &output : message.outputs()) {
    if (!wide.axes[output.value()])
      return absl::UnimplementedError(absl::StrCat(
          "the output '", output.name(), "' is the same for all columns"));
    crosses[output.value()] = true;
  }
  for (uint32_t value = 0; value < info.values.size(); ++value) {
    const TensorType &type = info.values[value].type;
    if (!crosses[value] || inHead[value] || !wide.axes[value])
      continue;
    if (type.getMemory() != Memory::Float)
      return absl::UnimplementedError("the head takes other than floats");
    Crossing crossing{.value = value, .outer = 1, .inner = 1};
    for (int64_t i = 0; i < static_cast<int64_t>(type.shape.size()); ++i)
      (i < *wide.axes[value] ? crossing.outer : crossing.inner) *=
          type.shape[i];
    crossings.push_back(crossing);
  }
  return absl::OkStatus();
}

/// The steps that make the values `wanted`, without those of the other part.
std::vector<bool> WideDecode::findNeeded(const std::vector<bool> &wanted,
                                         bool isTrunk) const {
  const FunctionInfo &info = plan->functions[decode];
  const plan::Function &message = *info.message;
  const WideFunction &wide = functions.at(decode);
  std::vector<bool> values = wanted, steps(message.steps_size());
  for (int i = message.steps_size() - 1; i >= 0; --i) {
    const plan::Step &step = message.steps(i);
    const bool isWide = hasColumns(wide, step);
    if (isWide && isHeadStep[i] == isTrunk)
      continue;
    bool isNeeded = isWide && usesStates(*plan, info, step);
    for (const plan::Port &result : step.results())
      isNeeded = isNeeded || values[result.value()];
    steps[i] = isNeeded;
    if (!isNeeded)
      continue;
    for (const plan::Operand &operand : step.operands())
      for (uint32_t value : operand.values())
        values[value] = true;
  }
  return steps;
}

} // namespace espresso::runtime
