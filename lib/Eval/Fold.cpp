//===- Fold.cpp - Evaluating single operations ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionPlan.h"
#include "TypeFit.h"
#include "espresso/Eval/Evaluator.h"
#include "espresso/Ops/Registry.h"

namespace espresso {

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

/// The arguments of `op`, defaults of its record included; fails if one is not
/// constant.
static FailureOr<std::vector<KernelArgument>>
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
    auto type = op.getResult(i)->getTensorType();
    if (!type || !fits(type, tensors[i].getShape()))
      return failure();
    tensors[i].round();
    results.push_back(
        tensorToAttribute(op.getFunction()->getContext(), tensors[i]));
  }
  return results;
}

} // namespace espresso
