//===- StepGraph.h - Who makes and who reads a value ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_STEPGRAPH_H
#define ESPRESSO_LIB_RUNTIME_STEPGRAPH_H

#include "Plan.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace espresso::runtime {

/// The steps of a function by the values between them, for patterns that look
/// from a result back to what it is made of.
class StepGraph {
public:
  /// Both must outlive it.
  StepGraph(const CheckedPlan &plan, const FunctionInfo &info);

  const FunctionInfo &getFunction() const { return info; }
  int getNumSteps() const { return info.message->steps_size(); }
  const plan::Step &getStep(int index) const {
    return info.message->steps(index);
  }
  const TensorType &getType(uint32_t value) const {
    return info.values[value].type;
  }
  bool isConstant(uint32_t value) const {
    return info.values[value].source == Source::Weight;
  }
  bool isOutput(uint32_t value) const { return outputs[value]; }
  /// The step that `value` is a result of, or -1.
  int getMaker(uint32_t value) const { return makers[value]; }
  /// The same if that step is an `op` with one result, or -1.
  int getMaker(uint32_t value, std::string_view op) const;
  /// Steps that read `value`, each once, in order.
  const std::vector<int> &getReaders(uint32_t value) const {
    return readers[value];
  }

  /// The only result of a step.
  uint32_t getResult(int index) const {
    return getStep(index).results(0).value();
  }
  /// The value of operand `name`, if there is a single one.
  std::optional<uint32_t> getOperand(int index, std::string_view name) const;
  /// The number that argument `name` is, given as an attribute or as a weight
  /// of one element.
  std::optional<float> getNumber(int index, std::string_view name) const;
  /// For a step with arguments x and y: the value and the number that they are,
  /// in either order.
  std::optional<std::pair<uint32_t, float>> getScaled(int index) const;
  /// For a step with operands x and y: both values.
  std::optional<std::pair<uint32_t, uint32_t>> getPair(int index) const;

private:
  const CheckedPlan &plan;
  const FunctionInfo &info;
  std::vector<int> makers;
  std::vector<std::vector<int>> readers;
  std::vector<bool> outputs;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_STEPGRAPH_H
