//===- Evaluator.cpp - Running a program ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Evaluator.h"

#include "FunctionPlan.h"
#include "TypeFit.h"
#include "espresso/Ops/Registry.h"

namespace espresso {

/// Calls deeper than this are taken for endless recursion.
static constexpr unsigned kMaxCallDepth = 64;
/// Loops of more rounds are taken for endless.
static constexpr unsigned kMaxRounds = 1U << 20;

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

Tensor *StateStore::find(llvm::StringRef name) {
  auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : found->second.get();
}

void StateStore::set(llvm::StringRef name, Tensor value) {
  std::unique_ptr<Tensor> &slot = tensors[name];
  if (!slot)
    slot = std::make_unique<Tensor>(std::move(value));
  else
    *slot = std::move(value);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {

/// What the inputs of a function are bound to, in the order of its plan.
struct Bindings {
  std::vector<TensorRef> tensors;
  std::vector<Tensor *> states;
};

/// A function that is running.
struct Frame {
  std::vector<TensorRef> slots;
  llvm::ArrayRef<Tensor *> states;
  unsigned depth;
};

} // namespace

struct Evaluator::Impl {
  Impl(const Program &program, Numerics numerics)
      : program(program), numerics(numerics),
        diagnostics(program.getContext().getDiagnostics()),
        constants(numerics) {}

  FailureOr<FunctionPlan *> getPlan(const Function &function);
  FailureOr<Bindings> bindInputs(const Function &function,
                                 const FunctionPlan &plan,
                                 const NamedTensors &inputs,
                                 StateStore &states);
  FailureOr<std::vector<TensorRef>>
  runFunction(FunctionPlan &plan, const Bindings &bindings, unsigned depth);
  LogicalResult runOps(std::vector<PlannedOp> &ops, Frame &frame);
  FailureOr<std::vector<TensorRef>> runOp(PlannedOp &planned, Frame &frame);
  FailureOr<std::vector<TensorRef>>
  runBlock(PlannedBlock &block, llvm::ArrayRef<TensorRef> inputs, Frame &frame);
  FailureOr<std::vector<TensorRef>>
  runBlocks(PlannedOp &planned, llvm::ArrayRef<KernelArgument> arguments,
            Frame &frame);
  FailureOr<std::vector<TensorRef>>
  runCall(const PlannedOp &planned, llvm::ArrayRef<KernelArgument> arguments,
          unsigned depth);
  FailureOr<std::vector<TensorRef>>
  runKernel(const PlannedOp &planned, llvm::ArrayRef<KernelArgument> arguments);

  const Program &program;
  Numerics numerics;
  DiagnosticEngine &diagnostics;
  EvaluationObserver observer;
  ConstantPool constants;
  llvm::DenseMap<const Function *, std::unique_ptr<FunctionPlan>> plans;
};

FailureOr<FunctionPlan *> Evaluator::Impl::getPlan(const Function &function) {
  std::unique_ptr<FunctionPlan> &plan = plans[&function];
  if (!plan) {
    FailureOr<FunctionPlan> made = planFunction(function, constants);
    if (failed(made))
      return failure();
    plan = std::make_unique<FunctionPlan>(std::move(*made));
  }
  return plan.get();
}

static const Tensor *findTensor(const NamedTensors &tensors,
                                llvm::StringRef name) {
  for (const auto &[tensorName, tensor] : tensors)
    if (tensorName == name)
      return &tensor;
  return nullptr;
}

FailureOr<Bindings> Evaluator::Impl::bindInputs(const Function &function,
                                                const FunctionPlan &plan,
                                                const NamedTensors &inputs,
                                                StateStore &states) {
  Bindings bindings;
  bindings.tensors.resize(plan.numSlots);
  bindings.states.resize(plan.numStates);
  auto reportMisfit = [&](llvm::StringRef kind, const PlannedInput &input,
                          const Tensor &tensor) {
    return diagnostics.emitError(function.getLocation())
           << kind << " '" << input.name << "' of function '"
           << function.getName() << "' is declared as '" << input.type
           << "' but holds " << getName(tensor.getElementType()) << " of shape "
           << printShape(tensor.getShape());
  };
  for (const PlannedInput &input : plan.inputs) {
    if (auto state = input.type.getAs<StateType>()) {
      auto type = state.getWrappedType().castTo<TensorType>();
      if (!states.find(input.name))
        states.set(input.name,
                   Tensor(numerics.getEffectiveType(type.getElementType()),
                          type.getShape()));
      Tensor *tensor = states.find(input.name);
      if (!fits(type, *tensor))
        return reportMisfit("state", input, *tensor);
      *tensor =
          tensor->convertedTo(numerics.getEffectiveType(type.getElementType()));
      bindings.states[input.index] = tensor;
      continue;
    }
    auto type = input.type.getAs<TensorType>();
    if (!type)
      return diagnostics.emitError(function.getLocation())
             << "input '" << input.name << "' of function '"
             << function.getName() << "' is '" << input.type
             << "', but only tensors and states can be given";
    const Tensor *given = findTensor(inputs, input.name);
    if (!given)
      return diagnostics.emitError(function.getLocation())
             << "function '" << function.getName() << "' needs input '"
             << input.name << "'";
    if (!fits(type, *given))
      return reportMisfit("input", input, *given);
    bindings.tensors[input.index] = std::make_shared<const Tensor>(
        given->convertedTo(numerics.getEffectiveType(type.getElementType())));
  }
  return bindings;
}

FailureOr<std::vector<TensorRef>>
Evaluator::Impl::runCall(const PlannedOp &planned,
                         llvm::ArrayRef<KernelArgument> arguments,
                         unsigned depth) {
  const Operation &op = *planned.op;
  if (depth >= kMaxCallDepth)
    return op.emitError() << "calls are nested deeper than " << kMaxCallDepth;
  FailureOr<FunctionPlan *> plan = getPlan(*planned.callee);
  if (failed(plan))
    return failure();
  Bindings bindings;
  bindings.tensors.resize((*plan)->numSlots);
  bindings.states.resize((*plan)->numStates);
  KernelContext bound(op, numerics, arguments);
  for (const PlannedInput &input : (*plan)->inputs) {
    if (input.type.is<StateType>())
      bindings.states[input.index] = &bound.getState(input.name);
    else
      bindings.tensors[input.index] = bound.getList(input.name).front();
  }
  FailureOr<std::vector<TensorRef>> outputs =
      runFunction(**plan, bindings, depth + 1);
  if (failed(outputs))
    return failure();

  // Results take the outputs that the call names, in whatever order.
  std::vector<TensorRef> results;
  Attribute wanted = op.getAttribute("outputs");
  for (const Attribute &name : wanted.getList()->elements)
    for (size_t i = 0; i < outputs->size(); ++i)
      if ((*plan)->outputs[i].name == name.getString())
        results.push_back((*outputs)[i]);
  assert(results.size() == op.getNumResults() && "the call does not verify");
  return results;
}

static LogicalResult checkResult(const Operation &op, size_t index,
                                 const Tensor &tensor) {
  const Value &result = *op.getResult(index);
  if (fitsResult(result.getType(), tensor.getShape()))
    return success();
  return op.emitError() << "result '" << result.getName()
                        << "' is declared as '" << result.getType()
                        << "' but evaluates to shape "
                        << printShape(tensor.getShape());
}

/// The arithmetic of one operation. That of the engine and of half sums is for
/// operations on fp16 outside of the host: those whose first float, in the
/// order of the record, is fp16.
static Numerics getOpNumerics(Numerics numerics, const Operation &op,
                              llvm::ArrayRef<KernelArgument> arguments) {
  if (!numerics.hasHalfArithmetic())
    return numerics;
  const OpDefinition *definition = lookupOp(op);
  if (op.getOpset() == Opset::Host || !definition)
    return Numerics{NumericsMode::Fp16};
  KernelContext bound(op, numerics, arguments);
  for (const InputDefinition &input : definition->inputs)
    for (const TensorRef &tensor : bound.getList(input.name))
      if (tensor->isFloat())
        return tensor->getElementType() == DataType::Float16
                   ? numerics
                   : Numerics{NumericsMode::Fp16};
  return Numerics{NumericsMode::Fp16};
}

FailureOr<std::vector<TensorRef>>
Evaluator::Impl::runKernel(const PlannedOp &planned,
                           llvm::ArrayRef<KernelArgument> arguments) {
  const Operation &op = *planned.op;
  for (const auto &result : op.getResults())
    if (auto type = result->getTensorType();
        type && type.hasStaticShape() && isTooLarge(type.getShape()))
      return op.emitError() << "result '" << result->getName() << "' of type '"
                            << type << "' is too large to evaluate";
  Numerics own = getOpNumerics(numerics, op, arguments);
  KernelContext context(op, own, arguments);
  planned.kernel(context);
  if (context.getError())
    return op.emitError() << "cannot evaluate '" << op.getName()
                          << "': " << *context.getError();
  std::vector<TensorRef> results;
  std::vector<Tensor> tensors = context.takeResults();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (failed(checkResult(op, i, tensors[i])))
      return failure();
    tensors[i].round(own);
    results.push_back(std::make_shared<const Tensor>(std::move(tensors[i])));
  }
  return results;
}

static std::vector<KernelArgument>
collectArguments(const PlannedOp &planned, llvm::ArrayRef<TensorRef> slots,
                 llvm::ArrayRef<Tensor *> states) {
  std::vector<KernelArgument> arguments;
  for (const PlannedArgument &argument : planned.arguments) {
    KernelArgument collected{argument.name, {}, nullptr};
    if (argument.state >= 0)
      collected.state = states[argument.state];
    for (const TensorSource &source : argument.sources)
      collected.tensors.push_back(source.slot < 0 ? source.constant
                                                  : slots[source.slot]);
    arguments.push_back(std::move(collected));
  }
  return arguments;
}

FailureOr<std::vector<TensorRef>>
Evaluator::Impl::runBlock(PlannedBlock &block, llvm::ArrayRef<TensorRef> inputs,
                          Frame &frame) {
  for (size_t i = 0; i < inputs.size(); ++i)
    frame.slots[block.inputSlots[i]] = inputs[i];
  if (failed(runOps(block.ops, frame)))
    return failure();
  std::vector<TensorRef> outputs;
  for (const TensorSource &source : block.outputs)
    outputs.push_back(source.slot < 0 ? source.constant
                                      : frame.slots[source.slot]);
  return outputs;
}

/// One of two blocks, or the second as long as the first gives true.
FailureOr<std::vector<TensorRef>>
Evaluator::Impl::runBlocks(PlannedOp &planned,
                           llvm::ArrayRef<KernelArgument> arguments,
                           Frame &frame) {
  const Operation &op = *planned.op;
  KernelContext bound(op, numerics, arguments);
  if (op.is("cond"))
    return runBlock(planned.blocks[bound.getBool("pred") ? 0 : 1], {}, frame);
  llvm::ArrayRef<TensorRef> start = bound.getList("loop_vars");
  std::vector<TensorRef> variables(start.begin(), start.end());
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    FailureOr<std::vector<TensorRef>> isTrue =
        runBlock(planned.blocks[0], variables, frame);
    if (failed(isTrue))
      return failure();
    if (!isTrue->front()->getInteger())
      return variables;
    FailureOr<std::vector<TensorRef>> next =
        runBlock(planned.blocks[1], variables, frame);
    if (failed(next))
      return failure();
    variables = std::move(*next);
  }
  return op.emitError() << "the loop has no end after " << kMaxRounds
                        << " rounds";
}

FailureOr<std::vector<TensorRef>> Evaluator::Impl::runOp(PlannedOp &planned,
                                                         Frame &frame) {
  std::vector<KernelArgument> arguments =
      collectArguments(planned, frame.slots, frame.states);
  if (planned.callee)
    return runCall(planned, arguments, frame.depth);
  if (planned.blocks.empty())
    return runKernel(planned, arguments);
  FailureOr<std::vector<TensorRef>> results =
      runBlocks(planned, arguments, frame);
  for (size_t i = 0; succeeded(results) && i < results->size(); ++i)
    if (failed(checkResult(*planned.op, i, *(*results)[i])))
      return failure();
  return results;
}

LogicalResult Evaluator::Impl::runOps(std::vector<PlannedOp> &ops,
                                      Frame &frame) {
  for (PlannedOp &planned : ops) {
    std::vector<TensorRef> results = planned.keptResults;
    if (results.empty()) {
      FailureOr<std::vector<TensorRef>> computed = runOp(planned, frame);
      if (failed(computed))
        return failure();
      results = std::move(*computed);
      if (planned.isConstant)
        planned.keptResults = results;
    }
    if (observer)
      observer(*planned.op, results);
    for (size_t i = 0; i < results.size(); ++i)
      frame.slots[planned.resultSlots[i]] = std::move(results[i]);
    for (int slot : planned.dyingSlots)
      frame.slots[slot].reset();
  }
  return success();
}

FailureOr<std::vector<TensorRef>>
Evaluator::Impl::runFunction(FunctionPlan &plan, const Bindings &bindings,
                             unsigned depth) {
  Frame frame = {bindings.tensors, bindings.states, depth};
  if (failed(runOps(plan.ops, frame)))
    return failure();
  std::vector<TensorRef> outputs;
  for (const PlannedOutput &output : plan.outputs)
    outputs.push_back(output.source.slot < 0 ? output.source.constant
                                             : frame.slots[output.source.slot]);
  return outputs;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

Evaluator::Evaluator(const Program &program, Numerics numerics)
    : impl(std::make_unique<Impl>(program, numerics)) {}
Evaluator::~Evaluator() = default;

void Evaluator::setObserver(EvaluationObserver observer) {
  impl->observer = std::move(observer);
}

FailureOr<NamedTensors> Evaluator::run(llvm::StringRef functionName,
                                       const NamedTensors &inputs) {
  const Function *function = impl->program.findFunction(functionName);
  if (!function)
    return impl->diagnostics.emitError(Location())
           << "there is no function '" << functionName << "'";
  FailureOr<FunctionPlan *> plan = impl->getPlan(*function);
  if (failed(plan))
    return failure();
  FailureOr<Bindings> bindings =
      impl->bindInputs(*function, **plan, inputs, states);
  if (failed(bindings))
    return failure();
  FailureOr<std::vector<TensorRef>> outputs =
      impl->runFunction(**plan, *bindings, /*depth=*/0);
  if (failed(outputs))
    return failure();
  NamedTensors named;
  for (size_t i = 0; i < outputs->size(); ++i)
    named.emplace_back((*plan)->outputs[i].name.str(), *(*outputs)[i]);
  return named;
}

} // namespace espresso
