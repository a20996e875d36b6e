//===- Evaluator.cpp - Running a program ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Evaluator.h"

#include "FunctionPlan.h"
#include "espresso/Ops/Registry.h"

namespace espresso {

/// Calls deeper than this are taken for endless recursion.
static constexpr unsigned kMaxCallDepth = 64;

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

/// Whether a tensor of `shape` may stand where `type` is declared.
static bool fits(TensorType type, llvm::ArrayRef<int64_t> shape) {
  if (type.getRank() != static_cast<int64_t>(shape.size()))
    return false;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.getDim(axis) != kDynamic && type.getDim(axis) != shape[axis])
      return false;
  return true;
}

/// Whether `tensor` can be made one of `type`: anything but text converts.
static bool fits(TensorType type, const Tensor &tensor) {
  bool isText = type.getElementType() == DataType::String;
  return isText == (tensor.getElementType() == DataType::String) &&
         fits(type, tensor.getShape());
}

static std::string printShape(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

namespace {

/// What the inputs of a function are bound to, in the order of its plan.
struct Bindings {
  std::vector<TensorRef> tensors;
  std::vector<Tensor *> states;
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
  FailureOr<std::vector<TensorRef>>
  runCall(const PlannedOp &planned, llvm::ArrayRef<KernelArgument> arguments,
          unsigned depth);
  FailureOr<std::vector<TensorRef>>
  runKernel(const PlannedOp &planned, llvm::ArrayRef<KernelArgument> arguments);

  const Program &program;
  Numerics numerics;
  DiagnosticEngine &diagnostics;
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
    const Tensor *given = findTensor(inputs, input.name);
    if (!given)
      return diagnostics.emitError(function.getLocation())
             << "function '" << function.getName() << "' needs input '"
             << input.name << "'";
    auto type = input.type.castTo<TensorType>();
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

/// The arithmetic of one operation. That of the engine and of half sums is for
/// operations on fp16 outside of the host: those whose first float is fp16.
static Numerics getOpNumerics(Numerics numerics, const Operation &op,
                              llvm::ArrayRef<KernelArgument> arguments) {
  if (!numerics.hasHalfArithmetic())
    return numerics;
  if (op.getOpset() != Opset::Host)
    for (const KernelArgument &argument : arguments)
      for (const TensorRef &tensor : argument.tensors)
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
  Numerics own = getOpNumerics(numerics, op, arguments);
  KernelContext context(op, own, arguments);
  planned.kernel(context);
  if (context.getError())
    return op.emitError() << "cannot evaluate '" << op.getName()
                          << "': " << *context.getError();
  std::vector<TensorRef> results;
  std::vector<Tensor> tensors = context.takeResults();
  for (size_t i = 0; i < tensors.size(); ++i) {
    auto type = op.getResult(i)->getTensorType();
    if (!fits(type, tensors[i].getShape()))
      return op.emitError()
             << "result '" << op.getResult(i)->getName() << "' is declared as '"
             << type << "' but evaluates to shape "
             << printShape(tensors[i].getShape());
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
Evaluator::Impl::runFunction(FunctionPlan &plan, const Bindings &bindings,
                             unsigned depth) {
  std::vector<TensorRef> slots = bindings.tensors;
  for (PlannedOp &planned : plan.ops) {
    std::vector<TensorRef> results = planned.keptResults;
    if (results.empty()) {
      std::vector<KernelArgument> arguments =
          collectArguments(planned, slots, bindings.states);
      FailureOr<std::vector<TensorRef>> computed =
          planned.callee ? runCall(planned, arguments, depth)
                         : runKernel(planned, arguments);
      if (failed(computed))
        return failure();
      results = std::move(*computed);
      if (planned.isConstant)
        planned.keptResults = results;
    }
    for (size_t i = 0; i < results.size(); ++i)
      slots[planned.resultSlots[i]] = std::move(results[i]);
    for (int slot : planned.dyingSlots)
      slots[slot].reset();
  }
  std::vector<TensorRef> outputs;
  for (const PlannedOutput &output : plan.outputs)
    outputs.push_back(output.source.slot < 0 ? output.source.constant
                                             : slots[output.source.slot]);
  return outputs;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

Evaluator::Evaluator(const Program &program, Numerics numerics)
    : impl(std::make_unique<Impl>(program, numerics)) {}
Evaluator::~Evaluator() = default;

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

FailureOr<llvm::SmallVector<Attribute>> evaluateOp(const Operation &op) {
  KernelFn kernel = findKernel(op);
  if (!kernel || !isPure(op))
    return failure();
  Numerics numerics{NumericsMode::Fp16};
  ConstantPool constants(numerics);
  FailureOr<std::vector<KernelArgument>> arguments =
      resolveConstantArguments(op, constants);
  if (failed(arguments))
    return failure();
  KernelContext context(op, numerics, *arguments);
  kernel(context);
  if (context.getError())
    return failure();
  llvm::SmallVector<Attribute> results;
  std::vector<Tensor> tensors = context.takeResults();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!fits(op.getResult(i)->getTensorType(), tensors[i].getShape()))
      return failure();
    tensors[i].round();
    results.push_back(
        tensorToAttribute(op.getFunction()->getContext(), tensors[i]));
  }
  return results;
}

} // namespace espresso
