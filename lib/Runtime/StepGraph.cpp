//===- StepGraph.cpp - Who makes and who reads a value --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepGraph.h"

#include "espresso/Base/Half.h"

#include <cstring>

namespace espresso::runtime {

StepGraph::StepGraph(const CheckedPlan &plan, const FunctionInfo &info)
    : plan(plan), info(info), makers(info.values.size(), -1),
      readers(info.values.size()), outputs(info.values.size()) {
  for (int i = 0; i < getNumSteps(); ++i) {
    for (const plan::Port &port : getStep(i).results())
      makers[port.value()] = i;
    for (const plan::Operand &operand : getStep(i).operands())
      for (uint32_t value : operand.values())
        if (readers[value].empty() || readers[value].back() != i)
          readers[value].push_back(i);
  }
  for (const plan::Port &port : info.message->outputs())
    outputs[port.value()] = true;
}

int StepGraph::getMaker(uint32_t value, std::string_view op) const {
  const int maker = makers[value];
  if (maker < 0 || getStep(maker).op() != op ||
      getStep(maker).results_size() != 1)
    return -1;
  return maker;
}

std::optional<uint32_t> StepGraph::getOperand(int index,
                                              std::string_view name) const {
  for (const plan::Operand &operand : getStep(index).operands())
    if (operand.name() == name && operand.values_size() == 1)
      return operand.values(0);
  return std::nullopt;
}

/// The number that a float weight of one element is.
static std::optional<float> getNumber(const WeightInfo &weight) {
  if (weight.type.count != 1)
    return std::nullopt;
  if (weight.type.type == DataType::Float16) {
    uint16_t bits;
    std::memcpy(&bits, weight.data, sizeof(bits));
    return halfToFloat(bits);
  }
  if (weight.type.type != DataType::Float32)
    return std::nullopt;
  float number;
  std::memcpy(&number, weight.data, sizeof(number));
  return number;
}

std::optional<float> StepGraph::getNumber(int index,
                                          std::string_view name) const {
  for (const plan::Attribute &attribute : getStep(index).attributes()) {
    if (attribute.name() != name)
      continue;
    if (attribute.has_real())
      return static_cast<float>(attribute.real());
    if (attribute.has_integer())
      return static_cast<float>(attribute.integer());
    return std::nullopt;
  }
  std::optional<uint32_t> value = getOperand(index, name);
  if (!value || !isConstant(*value))
    return std::nullopt;
  return runtime::getNumber(plan.weights[info.values[*value].index]);
}

std::optional<std::pair<uint32_t, float>>
StepGraph::getScaled(int index) const {
  for (bool swapped : {false, true}) {
    std::optional<uint32_t> value = getOperand(index, swapped ? "y" : "x");
    std::optional<float> number = getNumber(index, swapped ? "x" : "y");
    if (value && number && !isConstant(*value))
      return std::pair(*value, *number);
  }
  return std::nullopt;
}

std::optional<std::pair<uint32_t, uint32_t>>
StepGraph::getPair(int index) const {
  std::optional<uint32_t> x = getOperand(index, "x"),
                          y = getOperand(index, "y");
  if (!x || !y)
    return std::nullopt;
  return std::pair(*x, *y);
}

} // namespace espresso::runtime
