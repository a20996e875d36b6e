//===- Plan.cpp - A checked execution plan --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"

#include "ParseMessage.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <algorithm>
#include <set>

namespace espresso::runtime {

/// Greatest rank of a tensor, and greatest depth of calls.
static constexpr int kMaxRank = 8;
static constexpr int kMaxCallDepth = 16;
/// Ports of a function, and operands, results and attributes of a step: they
/// are searched by name.
static constexpr int kMaxPorts = 1024;
/// Steps that one run of a function takes, those of its callees included.
static constexpr uint64_t kMaxExecutedSteps = uint64_t{1} << 22;
/// No tensor has more bytes than this in any form.
static constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 40;
static constexpr uint64_t kWeightAlignment = 64;
static constexpr uint32_t kFormatVersion = 1;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Memory TensorType::getMemory() const {
  if (type == DataType::Bool)
    return Memory::Bool;
  return isInteger(type) ? Memory::Int : Memory::Float;
}

int64_t TensorType::getElementSize() const {
  return getMemory() == Memory::Bool ? 1 : 4;
}

std::string toString(const Shape &shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

std::string toString(const TensorType &type) {
  return absl::StrCat("tensor<", std::string(getName(type.type)), ", ",
                      toString(type.shape), ">");
}

namespace {

template <typename... Args>
absl::Status invalid(const Args &...args) {
  return absl::InvalidArgumentError(absl::StrCat("host.plan: ", args...));
}

absl::StatusOr<DataType> convertType(int type, const std::string &owner) {
  switch (type) {
  case plan::BOOL:
    return DataType::Bool;
  case plan::FLOAT16:
    return DataType::Float16;
  case plan::FLOAT32:
    return DataType::Float32;
  case plan::INT8:
    return DataType::Int8;
  case plan::INT32:
    return DataType::Int32;
  default:
    return invalid(owner, " has the unknown element type ", type);
  }
}

template <typename Dims>
absl::StatusOr<TensorType> convertTensor(int elementType, const Dims &dims,
                                         const std::string &owner) {
  ESPRESSO_ASSIGN_OR_RETURN(DataType type, convertType(elementType, owner));
  if (dims.size() > kMaxRank)
    return invalid(owner, " has rank ", dims.size(), ", the limit is ",
                   kMaxRank);
  TensorType result{.type = type, .shape = Shape(dims.begin(), dims.end())};
  uint64_t count = 1;
  for (int64_t dim : dims) {
    if (dim <= 0)
      return invalid(owner, " has the shape ", toString(result.shape),
                     ", whose sizes must be positive");
    std::optional<uint64_t> product = checkedMul(count, dim);
    if (!product || *product > kMaxTensorBytes / 4)
      return invalid(owner, " has the shape ", toString(result.shape),
                     ", which is too large");
    count = *product;
  }
  result.count = static_cast<int64_t>(count);
  return result;
}

/// Checks one plan. Messages name functions, steps and values.
class PlanReader {
public:
  explicit PlanReader(const FileMap &files) : files(files) {}
  absl::StatusOr<CheckedPlan> read();

private:
  absl::Status parse();
  absl::Status readWeightFiles();
  absl::Status readWeights();
  absl::Status readStates();
  absl::Status readValues(const plan::Function &function, FunctionInfo &info);
  absl::Status checkPorts(const plan::Function &function,
                          const FunctionInfo &info, std::vector<bool> &defined);
  absl::Status checkSteps(const plan::Function &function,
                          const FunctionInfo &info, std::vector<bool> &defined);
  absl::Status checkCounts(const plan::Function &function);
  absl::Status checkCalls();
  absl::Status checkRunLength();

  const FileMap &files;
  CheckedPlan plan;
};

absl::Status PlanReader::parse() {
  auto file = files.find("host.plan");
  if (file == files.end())
    return absl::InvalidArgumentError("the bundle has no host.plan");
  auto message = std::make_unique<plan::Plan>();
  if (!parseMessage(file->second->getBytes(), *message))
    return invalid("the file is not a plan (malformed protobuf)");
  if (message->format_version() != kFormatVersion)
    return invalid("format version ", message->format_version(),
                   " is unknown; this program reads version ", kFormatVersion);
  plan.message = std::move(message);
  return absl::OkStatus();
}

absl::Status PlanReader::readWeightFiles() {
  std::set<std::string> paths;
  for (const plan::WeightFile &file : plan.message->weight_files()) {
    if (!paths.insert(file.path()).second)
      return invalid("the weight file '", file.path(), "' is listed twice");
    auto found = files.find(file.path());
    if (found == files.end())
      return invalid("the weight file '", file.path(),
                     "' is not listed in manifest.json");
    if (found->second->getSize() != file.byte_size())
      return invalid("the weight file '", file.path(), "' has ",
                     found->second->getSize(), " bytes, the plan expects ",
                     file.byte_size());
    plan.files.push_back(found->second);
  }
  return absl::OkStatus();
}

/// The files bound all weights together. Bytes may be seen twice: a tied head.
absl::Status PlanReader::readWeights() {
  uint64_t bytesLeft = 0;
  for (const std::shared_ptr<const MappedFile> &file : plan.files)
    bytesLeft += 2 * file->getSize();
  for (int i = 0; i < plan.message->weights_size(); ++i) {
    const plan::Weight &weight = plan.message->weights(i);
    const std::string owner = absl::StrCat("weight ", i);
    ESPRESSO_ASSIGN_OR_RETURN(
        TensorType type, convertTensor(weight.type(), weight.shape(), owner));
    if (weight.file() >= plan.files.size())
      return invalid(owner, " is in file ", weight.file(), " of ",
                     plan.files.size());
    const MappedFile &file = *plan.files[weight.file()];
    std::optional<uint64_t> bytes = getPackedByteSize(type.type, type.count);
    if (!bytes || *bytes != weight.byte_size())
      return invalid(owner, ", ", toString(type), ", has ", weight.byte_size(),
                     " bytes");
    if (!isInBounds(weight.offset(), weight.byte_size(), file.getSize()))
      return invalid(owner, " ends beyond its file '", file.getPath(), "'");
    if (weight.offset() % kWeightAlignment != 0)
      return invalid(owner, " starts at ", weight.offset(),
                     ", which is no multiple of ", kWeightAlignment);
    if (*bytes > bytesLeft)
      return invalid(owner, " has no bytes of its own: the weights overlap");
    bytesLeft -= *bytes;
    plan.weights.push_back({type, file.getBytes().data() + weight.offset()});
    plan.weightBytes += *bytes;
  }
  return absl::OkStatus();
}

absl::Status PlanReader::readStates() {
  for (const plan::State &state : plan.message->states()) {
    const std::string owner = absl::StrCat("state '", state.name(), "'");
    ESPRESSO_ASSIGN_OR_RETURN(
        TensorType type, convertTensor(state.type(), state.shape(), owner));
    if (!isFloat(type.type))
      return invalid(owner, " is ", toString(type), "; only floats are states");
    std::optional<uint64_t> bytes = getPackedByteSize(type.type, type.count);
    if (!bytes)
      return invalid(owner, " is too large");
    plan.states.push_back({type, *bytes});
  }
  return absl::OkStatus();
}

absl::Status PlanReader::readValues(const plan::Function &function,
                                    FunctionInfo &info) {
  for (const plan::Value &value : function.values()) {
    const std::string owner =
        absl::StrCat("value '", value.name(), "' of '", function.name(), "'");
    ESPRESSO_ASSIGN_OR_RETURN(
        TensorType type, convertTensor(value.type(), value.shape(), owner));
    ValueInfo result{.type = type};
    const TensorType *source = nullptr;
    if (value.has_weight()) {
      result.source = Source::Weight;
      result.index = value.weight();
      if (result.index >= plan.weights.size())
        return invalid(owner, " is weight ", result.index, " of ",
                       plan.weights.size());
      source = &plan.weights[result.index].type;
    } else if (value.has_state()) {
      result.source = Source::State;
      result.index = value.state();
      if (result.index >= plan.states.size())
        return invalid(owner, " is state ", result.index, " of ",
                       plan.states.size());
      source = &plan.states[result.index].type;
    }
    if (source && (source->type != type.type || source->shape != type.shape))
      return invalid(owner, " is ", toString(type), ", its source is ",
                     toString(*source));
    info.values.push_back(std::move(result));
  }
  return absl::OkStatus();
}

absl::Status PlanReader::checkCounts(const plan::Function &function) {
  if (std::max(function.inputs_size(), function.outputs_size()) > kMaxPorts)
    return invalid("function '", function.name(), "' has more than ", kMaxPorts,
                   " inputs or outputs");
  for (const plan::Step &step : function.steps())
    if (std::max({step.operands_size(), step.results_size(),
                  step.attributes_size()}) > kMaxPorts)
      return invalid("step '", step.name(), "' of '", function.name(),
                     "' has more than ", kMaxPorts,
                     " operands, results or attributes");
  return absl::OkStatus();
}

absl::Status PlanReader::checkPorts(const plan::Function &function,
                                    const FunctionInfo &info,
                                    std::vector<bool> &defined) {
  std::set<std::string> names;
  for (const plan::Port &input : function.inputs()) {
    if (input.value() >= info.values.size())
      return invalid("input '", input.name(), "' of '", function.name(),
                     "' is value ", input.value(), " of ", info.values.size());
    if (info.values[input.value()].source != Source::Computed ||
        defined[input.value()])
      return invalid("input '", input.name(), "' of '", function.name(),
                     "' is defined already");
    if (!names.insert(input.name()).second)
      return invalid("function '", function.name(), "' has two inputs '",
                     input.name(), "'");
    defined[input.value()] = true;
  }
  return absl::OkStatus();
}

absl::Status PlanReader::checkSteps(const plan::Function &function,
                                    const FunctionInfo &info,
                                    std::vector<bool> &defined) {
  for (const plan::Step &step : function.steps()) {
    const std::string owner =
        absl::StrCat("step '", step.name(), "' (", step.op(), ") of '",
                     function.name(), "'");
    for (const plan::Operand &operand : step.operands())
      for (uint32_t value : operand.values()) {
        if (value >= info.values.size())
          return invalid(owner, ": operand '", operand.name(), "' is value ",
                         value, " of ", info.values.size());
        if (!defined[value])
          return invalid(owner, ": operand '", operand.name(),
                         "' is used before it is defined");
      }
    for (const plan::Port &result : step.results()) {
      if (result.value() >= info.values.size())
        return invalid(owner, ": result ", result.value(), " of ",
                       info.values.size());
      if (defined[result.value()])
        return invalid(owner, ": the result '",
                       function.values(result.value()).name(),
                       "' is defined already");
      defined[result.value()] = true;
    }
  }
  std::set<std::string> names;
  for (const plan::Port &output : function.outputs()) {
    if (output.value() >= info.values.size() || !defined[output.value()])
      return invalid("output '", output.name(), "' of '", function.name(),
                     "' is not defined");
    if (info.values[output.value()].source == Source::State)
      return invalid("output '", output.name(), "' of '", function.name(),
                     "' is a state");
    if (!names.insert(output.name()).second)
      return invalid("function '", function.name(), "' has two outputs '",
                     output.name(), "'");
  }
  return absl::OkStatus();
}

/// Depth of calls by rounds: a function's depth is known when those of its
/// callees are; after kMaxCallDepth rounds the rest recurs or is too deep.
absl::Status PlanReader::checkCalls() {
  const size_t count = plan.functions.size();
  std::vector<std::set<uint32_t>> callees(count);
  for (size_t i = 0; i < count; ++i)
    for (const plan::Step &step : plan.functions[i].message->steps()) {
      if (step.op() != "espresso.call")
        continue;
      if (step.callee() >= count)
        return invalid("step '", step.name(), "' calls function ",
                       step.callee(), " of ", count);
      callees[i].insert(step.callee());
    }
  std::vector<bool> known(count);
  size_t left = count;
  for (int round = 0; round < kMaxCallDepth && left != 0; ++round) {
    const std::vector<bool> before = known;
    for (size_t i = 0; i < count; ++i) {
      bool ready = !known[i];
      for (uint32_t callee : callees[i])
        ready = ready && before[callee];
      if (!ready)
        continue;
      known[i] = true;
      --left;
    }
  }
  for (size_t i = 0; i < count; ++i)
    if (!known[i])
      return invalid("function '", plan.functions[i].message->name(),
                     "' calls itself, or calls deeper than ", kMaxCallDepth);
  return absl::OkStatus();
}

/// Calls multiply: a few functions that call one another many times would run
/// for ever. Their depth is known to be small, so as many rounds settle all.
absl::Status PlanReader::checkRunLength() {
  std::vector<uint64_t> lengths(plan.functions.size());
  for (int round = 0; round < kMaxCallDepth; ++round)
    for (size_t i = 0; i < lengths.size(); ++i) {
      const plan::Function &function = *plan.functions[i].message;
      uint64_t length = 0;
      for (const plan::Step &step : function.steps()) {
        length += step.op() == "espresso.call" ? 1 + lengths[step.callee()] : 1;
        if (length > kMaxExecutedSteps)
          return invalid("a run of '", function.name(), "' takes more than ",
                         kMaxExecutedSteps, " steps");
      }
      lengths[i] = length;
    }
  return absl::OkStatus();
}

absl::StatusOr<CheckedPlan> PlanReader::read() {
  ESPRESSO_RETURN_IF_ERROR(parse());
  ESPRESSO_RETURN_IF_ERROR(readWeightFiles());
  ESPRESSO_RETURN_IF_ERROR(readWeights());
  ESPRESSO_RETURN_IF_ERROR(readStates());
  std::set<std::string> names;
  for (const plan::Function &function : plan.message->functions()) {
    if (!names.insert(function.name()).second)
      return invalid("there are two functions '", function.name(), "'");
    ESPRESSO_RETURN_IF_ERROR(checkCounts(function));
    FunctionInfo info{.message = &function};
    ESPRESSO_RETURN_IF_ERROR(readValues(function, info));
    std::vector<bool> defined;
    for (const ValueInfo &value : info.values)
      defined.push_back(value.source != Source::Computed);
    ESPRESSO_RETURN_IF_ERROR(checkPorts(function, info, defined));
    ESPRESSO_RETURN_IF_ERROR(checkSteps(function, info, defined));
    plan.functions.push_back(std::move(info));
  }
  ESPRESSO_RETURN_IF_ERROR(checkCalls());
  ESPRESSO_RETURN_IF_ERROR(checkRunLength());
  return std::move(plan);
}

} // namespace

absl::StatusOr<CheckedPlan> readPlan(const FileMap &files) {
  return PlanReader(files).read();
}

} // namespace espresso::runtime
