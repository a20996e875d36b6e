//===- StepContext.cpp - What an operation asks of its step ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"

#include "espresso/Base/CheckedMath.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espresso::runtime {

/// No step needs more scratch memory than this.
static constexpr uint64_t kMaxScratchBytes = uint64_t{1} << 40;

std::string StepContext::describe() const {
  return absl::StrCat("host.plan: step '", step.name(), "' (", step.op(),
                      ") of '", function.message->name(), "'");
}

const plan::Operand *StepContext::findOperand(std::string_view name) {
  use(name);
  for (const plan::Operand &operand : step.operands())
    if (operand.name() == name)
      return &operand;
  return nullptr;
}

const plan::Attribute *StepContext::findAttribute(std::string_view name) {
  use(name);
  for (const plan::Attribute &attribute : step.attributes())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

bool StepContext::has(std::string_view name) const {
  auto named = [&](const auto &item) { return item.name() == name; };
  return std::any_of(step.operands().begin(), step.operands().end(), named) ||
         std::any_of(step.attributes().begin(), step.attributes().end(), named);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

absl::StatusOr<uint32_t>
StepContext::single(const plan::Operand &operand) const {
  if (operand.values_size() != 1)
    return error("operand '", operand.name(), "' has ", operand.values_size(),
                 " values, expected one");
  return operand.values(0);
}

absl::StatusOr<Tensor> StepContext::getValue(uint32_t index,
                                             std::string_view name) {
  const ValueInfo &value = function.values[index];
  switch (value.source) {
  case Source::Computed:
    return Tensor{.type = &value.type, .value = index};
  case Source::Weight:
    return Tensor{.type = &value.type,
                  .constant = program.getConstant(value.index),
                  .value = index};
  case Source::State:
    break;
  }
  return error("operand '", std::string(name), "' is a state");
}

absl::StatusOr<Tensor>
StepContext::fromAttribute(const plan::Attribute &attribute,
                           std::optional<Memory> memory) {
  switch (attribute.value_case()) {
  case plan::Attribute::kInteger:
    if (memory == Memory::Float)
      return program.addConstant(static_cast<float>(attribute.integer()));
    return program.addConstant({attribute.integer()}, {});
  case plan::Attribute::kReal:
    return program.addConstant(static_cast<float>(attribute.real()));
  case plan::Attribute::kBoolean:
    return program.addConstant(attribute.boolean());
  case plan::Attribute::kIntegers: {
    std::vector<int64_t> values(attribute.integers().values().begin(),
                                attribute.integers().values().end());
    if (values.empty())
      return error("attribute '", attribute.name(), "' is empty");
    Shape shape = {static_cast<int64_t>(values.size())};
    return program.addConstant(values, shape);
  }
  case plan::Attribute::kText:
  case plan::Attribute::VALUE_NOT_SET:
    break;
  }
  return error("attribute '", attribute.name(), "' is no tensor");
}

static std::string_view getName(Memory memory) {
  switch (memory) {
  case Memory::Float:
    return "floats";
  case Memory::Int:
    return "integers";
  case Memory::Bool:
    return "booleans";
  }
  return "";
}

absl::StatusOr<Tensor> StepContext::tensor(std::string_view name) {
  if (const plan::Operand *operand = findOperand(name)) {
    ESPRESSO_ASSIGN_OR_RETURN(uint32_t index, single(*operand));
    return getValue(index, name);
  }
  if (const plan::Attribute *attribute = findAttribute(name))
    return fromAttribute(*attribute, std::nullopt);
  return error("operand '", std::string(name), "' is missing");
}

absl::StatusOr<Tensor> StepContext::tensor(std::string_view name,
                                           Memory memory) {
  const plan::Attribute *attribute = findAttribute(name);
  absl::StatusOr<Tensor> found = attribute && !findOperand(name)
                                     ? fromAttribute(*attribute, memory)
                                     : tensor(name);
  if (found.ok() && found->getMemory() != memory)
    return error("operand '", std::string(name), "' is ",
                 toString(*found->type), ", expected ",
                 std::string(getName(memory)));
  return found;
}

absl::StatusOr<Tensor> StepContext::optionalFloats(std::string_view name) {
  if (!has(name))
    return Tensor();
  return floats(name);
}

absl::StatusOr<std::vector<Tensor>> StepContext::list(std::string_view name) {
  const plan::Operand *operand = findOperand(name);
  if (!operand || operand->values().empty())
    return error("operand '", std::string(name), "' is missing");
  std::vector<Tensor> tensors;
  for (uint32_t index : operand->values()) {
    ESPRESSO_ASSIGN_OR_RETURN(Tensor element, getValue(index, name));
    tensors.push_back(element);
  }
  return tensors;
}

absl::StatusOr<Matrix> StepContext::matrix(std::string_view name) {
  const plan::Operand *operand = findOperand(name);
  if (!operand)
    return error("operand '", std::string(name), "' is missing");
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t index, single(*operand));
  const ValueInfo &value = function.values[index];
  if (value.source == Source::Weight && isFloat(value.type.type))
    return Matrix{.tensor = {.type = &value.type, .value = index},
                  .type = value.type.type,
                  .raw = program.getPlan().weights[value.index].data};
  ESPRESSO_ASSIGN_OR_RETURN(Tensor floatTensor, floats(name));
  return Matrix{.tensor = floatTensor};
}

absl::StatusOr<StateRef> StepContext::state(std::string_view name) {
  const plan::Operand *operand = findOperand(name);
  if (!operand)
    return error("operand '", std::string(name), "' is missing");
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t index, single(*operand));
  const ValueInfo &value = function.values[index];
  if (value.source != Source::State)
    return error("operand '", std::string(name), "' is no state");
  return StateRef{&value.type, value.index};
}

//===----------------------------------------------------------------------===//
// Compile-time arguments
//===----------------------------------------------------------------------===//

absl::StatusOr<std::optional<Tensor>>
StepContext::constant(std::string_view name) {
  if (!findOperand(name))
    return std::optional<Tensor>();
  ESPRESSO_ASSIGN_OR_RETURN(Tensor found, tensor(name));
  if (!found.constant)
    return error("argument '", std::string(name), "' must be a constant");
  return std::optional<Tensor>(found);
}

absl::StatusOr<std::vector<int64_t>>
StepContext::integers(std::string_view name,
                      std::optional<std::vector<int64_t>> fallback) {
  ESPRESSO_ASSIGN_OR_RETURN(std::optional<Tensor> found, constant(name));
  if (found && found->getMemory() == Memory::Int) {
    const int32_t *data = static_cast<const int32_t *>(found->constant);
    return std::vector<int64_t>(data, data + found->getCount());
  }
  if (found && found->getMemory() == Memory::Bool) {
    const uint8_t *data = static_cast<const uint8_t *>(found->constant);
    return std::vector<int64_t>(data, data + found->getCount());
  }
  const plan::Attribute *attribute = findAttribute(name);
  if (!attribute && !found) {
    if (fallback)
      return *std::move(fallback);
    return error("argument '", std::string(name), "' is missing");
  }
  if (attribute && attribute->has_integer())
    return std::vector<int64_t>{attribute->integer()};
  if (attribute && attribute->has_boolean())
    return std::vector<int64_t>{attribute->boolean()};
  if (attribute && attribute->has_integers())
    return std::vector<int64_t>(attribute->integers().values().begin(),
                                attribute->integers().values().end());
  return error("argument '", std::string(name), "' must be integers");
}

absl::StatusOr<int64_t> StepContext::integer(std::string_view name,
                                             std::optional<int64_t> fallback) {
  std::optional<std::vector<int64_t>> fallbacks;
  if (fallback)
    fallbacks = {*fallback};
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> values,
                            integers(name, std::move(fallbacks)));
  if (values.size() != 1)
    return error("argument '", std::string(name), "' has ", values.size(),
                 " elements, expected one");
  return values[0];
}

absl::StatusOr<bool> StepContext::boolean(std::string_view name,
                                          std::optional<bool> fallback) {
  std::optional<int64_t> number;
  if (fallback)
    number = *fallback;
  ESPRESSO_ASSIGN_OR_RETURN(int64_t value, integer(name, number));
  return value != 0;
}

absl::StatusOr<double> StepContext::real(std::string_view name,
                                         std::optional<double> fallback) {
  ESPRESSO_ASSIGN_OR_RETURN(std::optional<Tensor> found, constant(name));
  if (found && found->getMemory() == Memory::Float && found->getCount() == 1)
    return *static_cast<const float *>(found->constant);
  const plan::Attribute *attribute = findAttribute(name);
  if (!attribute && !found) {
    if (fallback)
      return *fallback;
    return error("argument '", std::string(name), "' is missing");
  }
  if (attribute && attribute->has_real())
    return attribute->real();
  if (attribute && attribute->has_integer())
    return static_cast<double>(attribute->integer());
  return error("argument '", std::string(name), "' must be a number");
}

absl::StatusOr<std::string>
StepContext::text(std::string_view name, std::optional<std::string> fallback) {
  const plan::Attribute *attribute = findAttribute(name);
  if (attribute && attribute->has_text())
    return attribute->text();
  if (attribute || !fallback)
    return error("argument '", std::string(name), "' must be a string");
  return *std::move(fallback);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

absl::StatusOr<const TensorType *> StepContext::getResultType() const {
  if (step.results_size() != 1)
    return error("has ", step.results_size(), " results, expected one");
  return &function.values[step.results(0).value()].type;
}

absl::StatusOr<Tensor> StepContext::result(int index, Memory memory,
                                           const Shape &shape) {
  if (index >= step.results_size())
    return error("has ", step.results_size(), " results, expected more");
  const uint32_t value = step.results(index).value();
  const TensorType &type = function.values[value].type;
  if (type.getMemory() != memory || type.shape != shape)
    return error("result '", function.message->values(value).name(), "' is ",
                 toString(type), ", expected ", std::string(getName(memory)),
                 " of shape ", toString(shape));
  return Tensor{.type = &type, .value = value};
}

absl::StatusOr<Tensor> StepContext::result(Memory memory, const Shape &shape) {
  ESPRESSO_RETURN_IF_ERROR(getResultType().status());
  return result(0, memory, shape);
}

absl::StatusOr<int64_t> StepContext::normaliseAxis(int64_t axis,
                                                   int64_t rank) const {
  if (axis < -rank || axis >= rank)
    return error("axis ", axis, " of a tensor of rank ", rank);
  return axis < 0 ? axis + rank : axis;
}

absl::StatusOr<std::vector<int64_t>>
StepContext::normaliseAxes(const std::vector<int64_t> &axes,
                           int64_t rank) const {
  std::vector<int64_t> result;
  for (int64_t axis : axes) {
    ESPRESSO_ASSIGN_OR_RETURN(int64_t positive, normaliseAxis(axis, rank));
    result.push_back(positive);
  }
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end())
    return error("the axes ", toString(axes), " name one twice");
  return result;
}

absl::Status StepContext::reserveScratch(int64_t elements, int64_t perThread) {
  auto bytes = [](int64_t count) {
    return count < 0 ? std::nullopt : checkedMul(count, sizeof(float));
  };
  std::optional<uint64_t> fixed = bytes(elements), each = bytes(perThread);
  if (!fixed || !each || *fixed > kMaxScratchBytes || *each > kMaxScratchBytes)
    return error("needs too much memory to run");
  scratch = {*fixed, *each};
  return absl::OkStatus();
}

absl::Status StepContext::checkAllUsed() const {
  // Says where an operation came from, not what it does.
  auto isRemark = [](const std::string &name) { return name == "layer"; };
  std::set<std::string> seen;
  auto check = [&](const std::string &name) {
    if (!used.count(name) && !isRemark(name))
      return error("unknown argument '", name, "'");
    if (!seen.insert(name).second)
      return error("argument '", name, "' is given twice");
    return absl::OkStatus();
  };
  for (const plan::Operand &operand : step.operands())
    ESPRESSO_RETURN_IF_ERROR(check(operand.name()));
  for (const plan::Attribute &attribute : step.attributes())
    ESPRESSO_RETURN_IF_ERROR(check(attribute.name()));
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

KernelFactory findOperation(std::string_view op) {
  for (std::span<const OperationRow> family :
       {getElementwiseOperations(), getReductionOperations(),
        getShapeOperations(), getProductOperations(), getCompositeOperations(),
        getArgMaxOperations(), getAttentionOperations(), getCacheOperations(),
        getPositionOperations(), getCallOperations()})
    for (const OperationRow &row : family)
      if (row.name == op)
        return row.factory;
  return nullptr;
}

} // namespace espresso::runtime
