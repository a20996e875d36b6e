//===- Call.cpp - Rules of calls ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

static InFlightDiagnostic callError(const Operation &op) {
  return op.emitError().setRule("op-call") << "'" << op.getName() << "': ";
}

static FailureOr<Function *> getCallee(const Operation &op) {
  const Program &program = op.getFunction()->getProgram();
  llvm::StringRef name = getText(op, "callee");
  Function *callee = program.findFunction(name);
  if (!callee) {
    llvm::SmallVector<llvm::StringRef, 16> names;
    for (const std::unique_ptr<Function> &function : program.getFunctions())
      names.push_back(function->getName());
    InFlightDiagnostic diagnostic = callError(op);
    diagnostic << "there is no function '" << name << "'";
    if (std::optional<llvm::StringRef> similar = findNearMiss(name, names))
      diagnostic << "; did you mean '" << *similar << "'?";
    return diagnostic;
  }
  if (callee == op.getFunction())
    return callError(op) << "'" << name << "' calls itself";
  return callee;
}

/// The output of `callee` that is named `name`, or null.
static Value *findOutput(const Function &callee, llvm::StringRef name) {
  const Block &body = callee.getBody();
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    if (body.getOutput(i)->getName() == name)
      return body.getOutput(i);
  return nullptr;
}

LogicalResult inferCall(const Operation &op, TypeList &results) {
  FailureOr<Function *> callee = getCallee(op);
  if (failed(callee))
    return failure();
  Attribute outputs = op.getAttribute("outputs");
  if (!outputs || !outputs.getList())
    return callError(op) << "the attribute 'outputs', a list of strings, is "
                            "missing";
  for (const Attribute &output : outputs.getList()->elements) {
    auto type = output.getType().getAs<TensorType>();
    if (!type || type.getElementType() != DataType::String ||
        !output.getDense())
      return callError(op) << "'outputs' holds " << output.getType()
                           << ", expected strings";
    Value *value = findOutput(**callee, output.getString());
    if (!value)
      return callError(op) << "'" << (*callee)->getName() << "' has no output '"
                           << output.getString() << "'";
    results.push_back(value->getType());
  }
  return success();
}

LogicalResult verifyCall(const Operation &op) {
  FailureOr<Function *> callee = getCallee(op);
  if (failed(callee))
    return failure();
  const Block &body = (*callee)->getBody();
  LogicalResult result = success();
  for (const std::unique_ptr<Value> &input : body.getInputs()) {
    const Binding *binding = op.findBinding(input->getName());
    Type type = op.getArgumentType(input->getName());
    if (!binding || !type)
      result = callError(op) << "no argument for input '" << input->getName()
                             << "' of '" << (*callee)->getName() << "'";
    else if (type != input->getType())
      result = callError(op)
               << "'" << input->getName() << "' is " << type << ", but '"
               << (*callee)->getName() << "' takes " << input->getType();
  }
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    if (binding->getName() != "callee" && !body.findInput(binding->getName()))
      result = callError(op) << "'" << (*callee)->getName()
                             << "' has no input '" << binding->getName() << "'";
  return result;
}

} // namespace espresso::rules
