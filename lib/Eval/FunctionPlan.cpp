//===- FunctionPlan.cpp - A function made ready to run --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionPlan.h"

#include "espresso/Eval/Evaluator.h"
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

/// The elements of a list along a new first axis; null if they are not alike.
TensorRef ConstantPool::getList(const ListElements &list, std::string &reason) {
  std::vector<TensorRef> elements;
  for (const Attribute &element : list.elements) {
    elements.push_back(get(element, reason));
    const TensorRef &first = elements.front(), &last = elements.back();
    if (!last || last->getElementType() != first->getElementType() ||
        last->getShape() != first->getShape())
      return nullptr;
  }
  if (elements.empty())
    return nullptr;
  Shape shape = {static_cast<int64_t>(elements.size())};
  shape.append(elements[0]->getShape().begin(), elements[0]->getShape().end());
  Tensor joined(elements[0]->getElementType(), shape);
  std::visit(
      [&](auto &to) {
        auto place = to.begin();
        for (const TensorRef &element : elements) {
          const auto &from =
              std::get<std::decay_t<decltype(to)>>(element->getStorage());
          place = std::copy(from.begin(), from.end(), place);
        }
      },
      joined.getStorage());
  return std::make_shared<const Tensor>(std::move(joined));
}

TensorRef ConstantPool::get(const Attribute &attribute, std::string &reason) {
  if (const ListElements *list = attribute.getList())
    return getList(*list, reason);
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
  LogicalResult planOps(const Block &block, std::vector<PlannedOp> &ops);
  LogicalResult planOp(const Operation &op, std::vector<PlannedOp> &ops);
  LogicalResult planBlocks(const Operation &op, PlannedOp &planned);
  LogicalResult planCall(const Operation &op, PlannedOp &planned);
  LogicalResult planBinding(const Operation &op, const Binding &binding,
                            PlannedOp &planned);
  LogicalResult planUnbound(const Operation &op, PlannedOp &planned);
  FailureOr<TensorRef> getConstant(const Attribute &attribute,
                                   const Operation &op, llvm::StringRef name);
  TensorSource getSource(const Value &value) const;
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
  return op.emitError().setRule(kNoKernelRule)
         << "operation '" << op.getName() << "' cannot be evaluated: "
         << (definition ? definition->noKernelReason : "it is unknown");
}

/// Where a value of an output is found.
TensorSource Planner::getSource(const Value &value) const {
  if (auto found = constantValues.find(&value); found != constantValues.end())
    return {found->second, -1};
  return {nullptr, slots.lookup(&value)};
}

LogicalResult Planner::planBlocks(const Operation &op, PlannedOp &planned) {
  for (const std::unique_ptr<Block> &block : op.getBlocks()) {
    PlannedBlock &plannedBlock = planned.blocks.emplace_back();
    for (const auto &input : block->getInputs())
      plannedBlock.inputSlots.push_back(newSlot(*input));
    if (failed(planOps(*block, plannedBlock.ops)))
      return failure();
    for (size_t i = 0; i < block->getNumOutputs(); ++i)
      plannedBlock.outputs.push_back(getSource(*block->getOutput(i)));
  }
  return success();
}

LogicalResult Planner::planOps(const Block &block,
                               std::vector<PlannedOp> &ops) {
  for (const Operation &op : block.getOperations())
    if (failed(planOp(op, ops)))
      return failure();
  return success();
}

LogicalResult Planner::planOp(const Operation &op,
                              std::vector<PlannedOp> &ops) {
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
  } else if (!op.getBlocks().empty()) {
    if (failed(planBlocks(op, planned)))
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
  ops.push_back(std::move(planned));
  return success();
}

/// Appends the slots that `planned` reads, those that its blocks read included.
static void collectReads(const PlannedOp &planned,
                         llvm::SmallVectorImpl<int> &reads) {
  for (const PlannedArgument &argument : planned.arguments)
    for (const TensorSource &source : argument.sources)
      reads.push_back(source.slot);
  for (const PlannedBlock &block : planned.blocks) {
    for (const PlannedOp &inner : block.ops)
      collectReads(inner, reads);
    for (const TensorSource &output : block.outputs)
      reads.push_back(output.slot);
  }
}

static void findLifetimes(std::vector<PlannedOp> &ops,
                          std::vector<bool> &isLive);

/// In a block, which may run again, only its own values die.
static void findLifetimes(PlannedBlock &block, size_t numSlots) {
  std::vector<bool> isLive(numSlots, true);
  for (int slot : block.inputSlots)
    isLive[slot] = false;
  for (const PlannedOp &planned : block.ops)
    for (int slot : planned.resultSlots)
      isLive[slot] = false;
  for (const TensorSource &output : block.outputs)
    if (output.slot >= 0)
      isLive[output.slot] = true;
  findLifetimes(block.ops, isLive);
}

/// Notes at each operation the slots that die with it. `isLive` are those that
/// live behind the last one.
static void findLifetimes(std::vector<PlannedOp> &ops,
                          std::vector<bool> &isLive) {
  // Walking backwards, the first use met is the last one.
  for (PlannedOp &planned : llvm::reverse(ops)) {
    llvm::SmallVector<int, 8> touched(planned.resultSlots.begin(),
                                      planned.resultSlots.end());
    collectReads(planned, touched);
    for (int slot : touched) {
      if (slot < 0 || isLive[slot])
        continue;
      isLive[slot] = true;
      planned.dyingSlots.push_back(slot);
    }
    for (PlannedBlock &block : planned.blocks)
      findLifetimes(block, isLive.size());
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
  if (failed(planOps(body, plan.ops)))
    return failure();
  std::vector<bool> isLive(plan.numSlots, false);
  for (size_t i = 0; i < body.getNumOutputs(); ++i) {
    const Value &value = *body.getOutput(i);
    plan.outputs.push_back({value.getName(), getSource(value)});
    if (int slot = plan.outputs.back().source.slot; slot >= 0)
      isLive[slot] = true;
  }
  findLifetimes(plan.ops, isLive);
  return std::move(plan);
}

FailureOr<FunctionPlan> planFunction(const Function &function,
                                     ConstantPool &constants) {
  return Planner(function, constants).run();
}

} // namespace espresso
