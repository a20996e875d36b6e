//===- CallOperation.cpp - Calls between functions of a plan --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executor.h"
#include "StepContext.h"

#include "absl/container/inlined_vector.h"

namespace espresso::runtime {

/// Arguments and results of a call, in the order of the callee's ports.
struct CallBinding {
  uint32_t callee = 0;
  const FunctionInfo *info = nullptr;
  std::vector<Tensor> arguments;
  std::vector<Tensor> results; ///< without type where not wanted
};

static absl::Status bindResults(StepContext &context, CallBinding &call) {
  const plan::Function &callee = *call.info->message;
  call.results.resize(callee.outputs_size());
  const plan::Step &step = context.getStep();
  for (int i = 0; i < step.results_size(); ++i) {
    int output = 0;
    while (output < callee.outputs_size() &&
           callee.outputs(output).name() != step.results(i).name())
      ++output;
    if (output == callee.outputs_size())
      return context.error("'", callee.name(), "' has no output '",
                           step.results(i).name(), "'");
    if (call.results[output].type)
      return context.error("output '", step.results(i).name(),
                           "' is taken twice");
    const TensorType &type =
        call.info->values[callee.outputs(output).value()].type;
    ESPRESSO_ASSIGN_OR_RETURN(call.results[output],
                              context.result(i, type.getMemory(), type.shape));
  }
  return absl::OkStatus();
}

/// Runs a call on another device, by name.
static absl::Status runOnDevice(const CallBinding &call, const Frame &frame,
                                Device &device) {
  const plan::Function &callee = *call.info->message;
  auto describe = [&](const plan::Port &port, const void *data) {
    const TensorType &type = call.info->values[port.value()].type;
    DataType form = DataType::Float32;
    if (type.getMemory() != Memory::Float)
      form = type.getMemory() == Memory::Int ? DataType::Int32 : DataType::Bool;
    return TensorRef{port.name(), form, type.shape, const_cast<void *>(data)};
  };
  absl::InlinedVector<TensorRef, 8> inputs, outputs;
  for (int i = 0; i < callee.inputs_size(); ++i)
    inputs.push_back(
        describe(callee.inputs(i), call.arguments[i].get<void>(frame)));
  for (int i = 0; i < callee.outputs_size(); ++i)
    outputs.push_back(
        describe(callee.outputs(i), call.results[i].get<void>(frame)));
  return device.run(callee.name(), inputs, outputs);
}

static absl::Status runHere(const CallBinding &call, const Frame &frame) {
  absl::InlinedVector<const void *, 32> inputs;
  absl::InlinedVector<void *, 32> outputs;
  for (const Tensor &argument : call.arguments)
    inputs.push_back(argument.get<void>(frame));
  for (const Tensor &result : call.results)
    outputs.push_back(result.type ? result.getMutable<void>(frame) : nullptr);
  return frame.executor->call(call.callee, inputs, outputs, frame.calleeArena);
}

static absl::StatusOr<Kernel> makeCall(StepContext &context) {
  CallBinding call{.callee = context.getStep().callee()};
  call.info = &context.getProgram().getPlan().functions[call.callee];
  const plan::Function &callee = *call.info->message;
  // The index is what counts; the name, if it came along, must agree.
  ESPRESSO_ASSIGN_OR_RETURN(std::string name,
                            context.text("callee", callee.name()));
  if (name != callee.name())
    return context.error("callee ", call.callee, " is '", callee.name(),
                         "', not '", name, "'");
  for (const plan::Port &port : callee.inputs()) {
    const TensorType &type = call.info->values[port.value()].type;
    ESPRESSO_ASSIGN_OR_RETURN(Tensor argument,
                              context.tensor(port.name(), type.getMemory()));
    if (argument.getShape() != type.shape)
      return context.error("argument '", port.name(), "' is ",
                           toString(*argument.type), ", expected ",
                           toString(type));
    call.arguments.push_back(argument);
  }
  ESPRESSO_RETURN_IF_ERROR(bindResults(context, call));
  bool takesAll = true;
  for (const Tensor &result : call.results)
    takesAll = takesAll && result.type;
  const bool mayLeave = callee.kind() == plan::Function::PROGRAM && takesAll;
  return Kernel([=](const Frame &frame) {
    Device *device = frame.executor->getPrograms();
    if (mayLeave && device && device->hasProgram(call.info->message->name()))
      return runOnDevice(call, frame, *device);
    return runHere(call, frame);
  });
}

std::span<const OperationRow> getCallOperations() {
  static constexpr OperationRow kRows[] = {{"espresso.call", makeCall}};
  return kRows;
}

} // namespace espresso::runtime
