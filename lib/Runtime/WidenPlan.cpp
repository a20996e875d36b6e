//===- WidenPlan.cpp - Plans for any number of columns --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Widen.h"

#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <string>

namespace espresso::runtime {

/// Elements of the largest tensor, as of those of a plan (Plan.cpp).
static constexpr uint64_t kMaxElements = uint64_t{1} << 38;

static absl::Status widenType(TensorType &type, int64_t axis, int64_t columns) {
  const std::optional<uint64_t> count = checkedMul(type.count, columns);
  if (!count || *count > kMaxElements)
    return absl::InvalidArgumentError(
        absl::StrCat("host.plan: ", toString(type), " for ", columns,
                     " columns is too large"));
  type.shape[axis] = columns;
  type.count = static_cast<int64_t>(*count);
  return absl::OkStatus();
}

/// Gives a step `values` as an attribute, whatever it had before.
static void setIntegers(plan::Step &step, const std::string &name,
                        const std::vector<int64_t> &values) {
  auto isNamed = [&](const auto &item) { return item.name() == name; };
  auto &operands = *step.mutable_operands();
  operands.erase(std::remove_if(operands.begin(), operands.end(), isNamed),
                 operands.end());
  auto &attributes = *step.mutable_attributes();
  attributes.erase(
      std::remove_if(attributes.begin(), attributes.end(), isNamed),
      attributes.end());
  plan::Attribute &attribute = *attributes.Add();
  attribute.set_name(name);
  attribute.mutable_integers()->mutable_values()->Add(values.begin(),
                                                      values.end());
}

static void applyPatches(plan::Function &function, const WideFunction &wide,
                         int64_t columns) {
  for (const WidthPatch &patch : wide.patches) {
    std::vector<int64_t> values = patch.values;
    values[patch.element] = columns;
    setIntegers(*function.mutable_steps(patch.step), patch.argument, values);
  }
}

/// Values of a function, of which `message` may have more than the plan.
static absl::StatusOr<FunctionInfo> widenValues(const plan::Function &message,
                                                const FunctionInfo &original,
                                                const WideFunction &wide,
                                                int64_t columns) {
  FunctionInfo info{.message = &message, .values = original.values};
  for (size_t i = 0; i < info.values.size(); ++i)
    if (const ColumnAxis axis = wide.axes[i])
      ESPRESSO_RETURN_IF_ERROR(widenType(info.values[i].type, *axis, columns));
  // A choice for each column (addChoice).
  for (int i = static_cast<int>(info.values.size()); i < message.values_size();
       ++i) {
    const bool isInteger = message.values(i).type() == plan::INT32;
    info.values.push_back(
        {.type = {.type = isInteger ? DataType::Int32 : DataType::Float32,
                  .shape = {columns},
                  .count = columns}});
  }
  return info;
}

static void addCallees(const CheckedPlan &plan, const plan::Function &function,
                       std::map<uint32_t, uint32_t> &indices) {
  for (const plan::Step &step : function.steps()) {
    if (step.op() != "espresso.call")
      continue;
    // Function 0 is the one that calls.
    const uint32_t next = static_cast<uint32_t>(indices.size()) + 1;
    if (indices.emplace(step.callee(), next).second)
      addCallees(plan, *plan.functions[step.callee()].message, indices);
  }
}

/// The plan of `main`, which is decode without some of its steps, and of what
/// it calls.
absl::StatusOr<CheckedPlan> WideDecode::make(plan::Function main,
                                             const std::vector<bool> &steps,
                                             int64_t columns) const {
  applyPatches(main, functions.at(decode), columns);
  plan::Function chosen = main;
  chosen.clear_steps();
  for (int i = 0; i < main.steps_size(); ++i)
    if (i >= static_cast<int>(steps.size()) || steps[i])
      *chosen.add_steps() = main.steps(i);
  std::map<uint32_t, uint32_t> indices;
  addCallees(*plan, chosen, indices);
  std::vector<uint32_t> originals(indices.size() + 1, decode);
  for (const auto &[original, index] : indices)
    originals[index] = original;

  auto message = std::make_unique<plan::Plan>();
  *message->add_functions() = std::move(chosen);
  for (size_t i = 1; i < originals.size(); ++i) {
    plan::Function &callee = *message->add_functions();
    callee = *plan->functions[originals[i]].message;
    applyPatches(callee, functions.at(originals[i]), columns);
  }
  CheckedPlan result{.files = plan->files,
                     .weights = plan->weights,
                     .states = plan->states,
                     .weightBytes = plan->weightBytes};
  for (size_t i = 0; i < originals.size(); ++i) {
    plan::Function &function = *message->mutable_functions(static_cast<int>(i));
    for (plan::Step &step : *function.mutable_steps())
      if (step.op() == "espresso.call")
        step.set_callee(indices.at(step.callee()));
    ESPRESSO_ASSIGN_OR_RETURN(
        FunctionInfo info, widenValues(function, plan->functions[originals[i]],
                                       functions.at(originals[i]), columns));
    result.functions.push_back(std::move(info));
  }
  result.message = std::move(message);
  return result;
}

static void addPort(google::protobuf::RepeatedPtrField<plan::Port> &ports,
                    const std::string &name, uint32_t value) {
  plan::Port &port = *ports.Add();
  port.set_name(name);
  port.set_value(value);
}

absl::StatusOr<CheckedPlan> WideDecode::makeTrunk(int64_t columns) const {
  const FunctionInfo &info = plan->functions[decode];
  plan::Function main = *info.message;
  main.set_name(absl::StrCat(main.name(), " for ", columns, " columns"));
  main.clear_outputs();
  std::vector<bool> wanted(info.values.size());
  for (const Crossing &crossing : crossings) {
    addPort(*main.mutable_outputs(), main.values(crossing.value).name(),
            crossing.value);
    wanted[crossing.value] = true;
  }
  return make(std::move(main), findNeeded(wanted, /*isTrunk=*/true), columns);
}

/// Puts a choice in the place of logits: of the head that makes them, or behind
/// them.
static void addChoice(plan::Function &main) {
  const uint32_t logits = main.outputs(0).value();
  int uses = 0;
  plan::Step *maker = nullptr;
  for (plan::Step &step : *main.mutable_steps()) {
    for (const plan::Operand &operand : step.operands())
      uses += static_cast<int>(
          std::count(operand.values().begin(), operand.values().end(), logits));
    if (step.results_size() == 1 && step.results(0).value() == logits)
      maker = &step;
  }
  if (maker && maker->op() == "espresso.head" && uses == 0) {
    maker->set_op("espresso.greedy_head");
    maker->clear_results();
  } else {
    maker = main.add_steps();
    maker->set_op("espresso.argmax");
    maker->set_name("choice");
    plan::Operand &operand = *maker->add_operands();
    operand.set_name("values");
    operand.add_values(logits);
  }
  main.clear_outputs();
  for (const auto &[name, type] :
       {std::pair("token", plan::INT32), std::pair("maximum", plan::FLOAT32)}) {
    plan::Value &value = *main.add_values();
    value.set_name(name);
    value.set_type(type);
    const uint32_t index = main.values_size() - 1;
    maker->add_results()->set_value(index);
    addPort(*main.mutable_outputs(), name, index);
  }
}

absl::StatusOr<CheckedPlan> WideDecode::makeHead(int64_t columns,
                                                 HeadForm form) const {
  const FunctionInfo &info = plan->functions[decode];
  plan::Function main = *info.message;
  main.set_name(
      absl::StrCat("head of ", main.name(), " for ", columns, " columns"));
  main.clear_inputs();
  for (const Crossing &crossing : crossings)
    addPort(*main.mutable_inputs(), main.values(crossing.value).name(),
            crossing.value);
  std::vector<bool> wanted(info.values.size());
  for (const plan::Port &output : main.outputs())
    wanted[output.value()] = true;
  const std::vector<bool> steps = findNeeded(wanted, /*isTrunk=*/false);
  if (form == HeadForm::Choose && main.outputs_size() == 1)
    addChoice(main);
  return make(std::move(main), steps, columns);
}

} // namespace espresso::runtime
