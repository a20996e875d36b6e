//===- StepColumns.cpp - A step whose operands have columns ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WidenRules.h"

namespace espresso::runtime {

std::string StepColumns::describe() const {
  return absl::StrCat("step '", step.name(), "' (", step.op(), ") of '",
                      function.message->name(), "'");
}

std::optional<uint32_t> StepColumns::find(std::string_view name) const {
  for (const plan::Operand &operand : step.operands())
    if (operand.name() == name && operand.values_size() == 1)
      return operand.values(0);
  return std::nullopt;
}

absl::StatusOr<uint32_t> StepColumns::getWide(std::string_view name) const {
  const std::optional<uint32_t> value = find(name);
  if (!value || !getAxis(*value))
    return refuse("'", std::string(name), "' is the same for all columns");
  return *value;
}

bool StepColumns::isNarrow(std::string_view name) const {
  const std::optional<uint32_t> value = find(name);
  return !value || !getAxis(*value);
}

/// The elements of a constant vector of integers or booleans.
static std::optional<std::vector<int64_t>>
readIntegers(const WeightInfo &weight) {
  std::vector<int64_t> values(weight.type.count);
  for (size_t i = 0; i < values.size(); ++i) {
    if (weight.type.type == DataType::Int32)
      values[i] = reinterpret_cast<const int32_t *>(weight.data)[i];
    else if (weight.type.type == DataType::Bool)
      values[i] = weight.data[i];
    else
      return std::nullopt;
  }
  return values;
}

absl::StatusOr<std::optional<std::vector<int64_t>>>
StepColumns::integers(std::string_view name) const {
  using Result = std::optional<std::vector<int64_t>>;
  if (const std::optional<uint32_t> value = find(name)) {
    const ValueInfo &info = function.values[*value];
    Result values;
    if (info.source == Source::Weight)
      values = readIntegers(plan.weights[info.index]);
    if (!values)
      return refuse("'", std::string(name), "' is no constant");
    return values;
  }
  for (const plan::Attribute &attribute : step.attributes()) {
    if (attribute.name() != name)
      continue;
    if (attribute.has_integers())
      return Result(std::vector<int64_t>(attribute.integers().values().begin(),
                                         attribute.integers().values().end()));
    if (attribute.has_integer())
      return Result(std::vector<int64_t>{attribute.integer()});
    if (attribute.has_boolean())
      return Result(std::vector<int64_t>{attribute.boolean()});
    return refuse("'", std::string(name), "' is no integer");
  }
  return Result();
}

absl::StatusOr<int64_t> StepColumns::integer(std::string_view name,
                                             int64_t fallback) const {
  ESPRESSO_ASSIGN_OR_RETURN(auto values, integers(name));
  if (!values)
    return fallback;
  if (values->size() != 1)
    return refuse("'", std::string(name), "' is no integer");
  return values->front();
}

absl::StatusOr<std::vector<int64_t>> StepColumns::axes(std::string_view name,
                                                       int64_t rank) const {
  ESPRESSO_ASSIGN_OR_RETURN(auto values, integers(name));
  if (!values)
    return refuse("'", std::string(name), "' is missing");
  for (int64_t &axis : *values) {
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank)
      return refuse("'", std::string(name), "' names no axis");
  }
  return *std::move(values);
}

absl::Status StepColumns::setResult(int index, int64_t axis) {
  const uint32_t value = step.results(index).value();
  const Shape &shape = getShape(value);
  if (axis < 0 || axis >= static_cast<int64_t>(shape.size()) ||
      shape[axis] != 1)
    return refuse("result ", index, " has no axis for columns");
  wide.axes[value] = axis;
  return absl::OkStatus();
}

absl::Status StepColumns::setResults(int64_t axis) {
  for (int i = 0; i < step.results_size(); ++i)
    ESPRESSO_RETURN_IF_ERROR(setResult(i, axis));
  return absl::OkStatus();
}

} // namespace espresso::runtime
