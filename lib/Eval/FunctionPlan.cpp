//===- FunctionPlan.cpp - A function made ready to run --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionPlan.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

KernelFn findKernel(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  return definition ? lookupKernel(definition->kernel) : nullptr;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

TensorRef ConstantPool::get(const Attribute &attribute, std::string &reason) {
  if (!attribute.getType().is<TensorType>())
    return nullptr;
  const BlobReference *blob = attribute.getBlob();
  std::string key;
  if (blob) {
    if (!blob->source) {
      reason = "'" + blob->path + "' is not on disk";
      return nullptr;
    }
    key = attribute.getType().str() + " " + blob->source->getKey();
    if (auto found = blobs.find(key); found != blobs.end())
      return found->second;
  }
  DiagnosticEngine diagnostics;
  diagnostics.setHandler(
      [&](const Diagnostic &diagnostic) { reason = diagnostic.message; });
  FailureOr<Tensor> tensor =
      tensorFromAttribute(attribute, numerics, diagnostics);
  if (failed(tensor))
    return nullptr;
  auto shared = std::make_shared<const Tensor>(std::move(*tensor));
  if (blob)
    blobs[key] = shared;
  return shared;
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

namespace {

/// Builds the plan of one function, operation by operation.
class Planner {
public:
  Planner(const Function &function, ConstantPool &constants)
      : function(function), constants(constants) {}

  FailureOr<FunctionPlan> run();

private:
  LogicalResult planOp(const Operation &op);
  LogicalResult planCall(const Operation &op, PlannedOp &planned);
  LogicalResult planBinding(const Operation &op, const Binding &binding,
                            PlannedOp &planned);
  LogicalResult planUnbound(const Operation &op, PlannedOp &planned);
  FailureOr<TensorRef> getConstant(const Attribute &attribute,
                                   const Operation &op, llvm::StringRef name);
  void findLifetimes();
  int newSlot(const Value &value) {
    slots[&value] = plan.numSlots;
    return plan.numSlots++;
  }

  const Function &function;
  ConstantPool &constants;
  FunctionPlan plan;
  llvm::DenseMap<const Value *, int> slots;
  llvm::DenseMap<const Value *, int> states;
  /// Results of `const` operations.
  llvm::DenseMap<const Value *, TensorRef> constantValues;
};

} // namespace

/// The tensor of `attribute`, or null if it is not one; reports weights that
/// cannot be had.
FailureOr<TensorRef> Planner::getConstant(const Attribute &attribute,
                                          const Operation &op,
                                          llvm::StringRef name) {
  std::string reason;
  TensorRef tensor = constants.get(attribute, reason);
  if (!reason.empty())
    return op.emitError() << "cannot read the weights of '" << name
                          << "': " << reason;
  return tensor;
}

LogicalResult Planner::planBinding(const Operation &op, const Binding &binding,
                                   PlannedOp &planned) {
  PlannedArgument argument;
  argument.name = binding.getName();
  for (size_t i = 0; i < binding.size(); ++i) {
    const Value *value = binding[i].getValue();
    if (!value) {
      FailureOr<TensorRef> literal =
          getConstant(binding[i].getLiteral(), op, binding.getName());
      if (failed(literal))
        return failure();
      if (*literal)
        argument.sources.push_back({*literal, -1});
      continue;
    }
    if (auto state = states.find(value); state != states.end()) {
      argument.state = state->second;
      continue;
    }
    if (auto constant = constantValues.find(value);
        constant != constantValues.end()) {
      if (constant->second)
        argument.sources.push_back({constant->second, -1});
      continue;
    }
    argument.sources.push_back({nullptr, slots.lookup(value)});
  }
  planned.arguments.push_back(std::move(argument));
  return success();
}

/// Inputs that are bound to nothing: attributes, which hold the parameters of
/// compressed weights in ios16, and defaults of the record.
LogicalResult Planner::planUnbound(const Operation &op, PlannedOp &planned) {
  const OpDefinition *definition = lookupOp(op);
  assert(definition && "an operation with a kernel has a record");
  for (const InputDefinition &input : definition->inputs) {
    if (op.hasBinding(input.name))
      continue;
    Attribute value = getConstantOrDefault(op, input.name);
    if (!value)
      continue;
    FailureOr<TensorRef> tensor = getConstant(value, op, input.name);
    if (failed(tensor))
      return failure();
    if (*tensor)
      planned.arguments.push_back({input.name, {{*tensor, -1}}, -1});
  }
  return success();
}

LogicalResult Planner::planCall(const Operation &op, PlannedOp &planned) {
  Attribute name = op.getConstant("callee");
  assert(name && "a call without a callee does not verify");
  planned.callee = function.getProgram().findFunction(name.getString());
  if (!planned.callee)
    return op.emitError() << "there is no function '" << name.getString()
                          << "'";
  return success();
}

static LogicalResult reportNoKernel(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  return op.emitError() << "operation '" << op.getName()
                        << "' cannot be evaluated: "
                        << (definition ? definition->noKernelReason
                                       : "it is unknown");
}

LogicalResult Planner::planOp(const Operation &op) {
  if (op.is("const")) {
    const Value &result = *op.getResult();
    FailureOr<TensorRef> tensor =
        getConstant(op.getAttribute("val"), op, result.getName());
    if (failed(tensor))
      return failure();
    constantValues[&result] = *tensor;
    return success();
  }
  PlannedOp planned;
  planned.op = &op;
  if (op.is("espresso.call")) {
    if (failed(planCall(op, planned)))
      return failure();
  } else {
    planned.kernel = findKernel(op);
    if (!planned.kernel)
      return reportNoKernel(op);
  }
  for (const auto &binding : op.getBindings())
    if (failed(planBinding(op, *binding, planned)))
      return failure();
  if (planned.kernel && failed(planUnbound(op, planned)))
    return failure();
  planned.isConstant =
      planned.kernel && isPure(op) &&
      llvm::all_of(planned.arguments, [](const PlannedArgument &argument) {
        return argument.state < 0 &&
               llvm::all_of(argument.sources, [](const TensorSource &source) {
                 return source.slot < 0;
               });
      });
  for (const auto &result : op.getResults())
    planned.resultSlots.push_back(newSlot(*result));
  plan.ops.push_back(std::move(planned));
  return success();
}

void Planner::findLifetimes() {
  // Walking backwards, the first use met is the last one.
  std::vector<bool> isLive(plan.numSlots, false);
  for (const PlannedOutput &output : plan.outputs)
    if (output.source.slot >= 0)
      isLive[output.source.slot] = true;
  for (PlannedOp &planned : llvm::reverse(plan.ops)) {
    auto touch = [&](int slot) {
      if (slot < 0 || isLive[slot])
        return;
      isLive[slot] = true;
      planned.dyingSlots.push_back(slot);
    };
    for (int slot : planned.resultSlots)
      touch(slot);
    for (const PlannedArgument &argument : planned.arguments)
      for (const TensorSource &source : argument.sources)
        touch(source.slot);
  }
}

FailureOr<FunctionPlan> Planner::run() {
  const Block &body = function.getBody();
  for (const auto &input : body.getInputs()) {
    int index;
    if (input->getType().is<StateType>())
      index = states[input.get()] = plan.numStates++;
    else
      index = newSlot(*input);
    plan.inputs.push_back({input->getName(), input->getType(), index});
  }
  for (const Operation &op : body.getOperations())
    if (failed(planOp(op)))
      return failure();
  for (size_t i = 0; i < body.getNumOutputs(); ++i) {
    const Value *value = body.getOutput(i);
    PlannedOutput output{value->getName(), {}};
    if (auto found = constantValues.find(value); found != constantValues.end())
      output.source.constant = found->second;
    else
      output.source.slot = slots.lookup(value);
    plan.outputs.push_back(output);
  }
  findLifetimes();
  return std::move(plan);
}

FailureOr<FunctionPlan> planFunction(const Function &function,
                                     ConstantPool &constants) {
  return Planner(function, constants).run();
}

//===----------------------------------------------------------------------===//
// Single operations
//===----------------------------------------------------------------------===//

/// What `argument` is at compile time, or null.
static Attribute getConstantValue(const Argument &argument) {
  const Value *value = argument.getValue();
  if (!value)
    return argument.getLiteral();
  const Operation *producer = value->getDefiningOp();
  return producer && producer->is("const") ? producer->getAttribute("val")
                                           : Attribute();
}

/// Adds the tensor of `value` to `argument`; fails if there is none.
static LogicalResult addConstant(const Attribute &value,
                                 ConstantPool &constants,
                                 KernelArgument &argument) {
  if (!value)
    return failure();
  std::string reason;
  TensorRef tensor = constants.get(value, reason);
  if (!tensor)
    return failure();
  argument.tensors.push_back(tensor);
  return success();
}

FailureOr<std::vector<KernelArgument>>
resolveConstantArguments(const Operation &op, ConstantPool &constants) {
  std::vector<KernelArgument> arguments;
  for (const auto &binding : op.getBindings()) {
    KernelArgument argument{binding->getName(), {}, nullptr};
    for (size_t i = 0; i < binding->size(); ++i)
      if (failed(addConstant(getConstantValue((*binding)[i]), constants,
                             argument)))
        return failure();
    arguments.push_back(std::move(argument));
  }
  for (const InputDefinition &input : lookupOp(op)->inputs) {
    if (op.hasBinding(input.name))
      continue;
    Attribute value = getConstantOrDefault(op, input.name);
    if (!value)
      continue;
    KernelArgument argument{input.name, {}, nullptr};
    if (failed(addConstant(value, constants, argument)))
      return failure();
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

} // namespace espresso
