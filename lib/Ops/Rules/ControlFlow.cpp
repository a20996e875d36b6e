//===- ControlFlow.cpp - Rules of operations with blocks ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

static InFlightDiagnostic blockError(const Operation &op) {
  return op.emitError().setRule("op-block") << "'" << op.getName() << "': ";
}

/// "1 input", "2 inputs".
static std::string count(size_t number, llvm::StringRef noun) {
  return std::to_string(number) + " " + noun.str() + (number == 1 ? "" : "s");
}

static LogicalResult checkNumBlocks(const Operation &op,
                                    llvm::StringRef blocks) {
  if (op.getBlocks().size() == 2)
    return success();
  return blockError(op) << count(op.getBlocks().size(), "block")
                        << ", expected " << blocks;
}

LogicalResult inferCond(const Operation &op, TypeList &results) {
  if (failed(checkNumBlocks(op, "one for true and one for false")))
    return failure();
  const Block &whenTrue = *op.getBlocks()[0];
  const Block &whenFalse = *op.getBlocks()[1];
  for (const std::unique_ptr<Block> &block : op.getBlocks())
    if (size_t inputs = block->getInputs().size())
      return blockError(op)
             << "a block has " << count(inputs, "input") << ", expected none";
  if (whenTrue.getNumOutputs() != whenFalse.getNumOutputs())
    return blockError(op) << "the first block has "
                          << count(whenTrue.getNumOutputs(), "output")
                          << ", but the second " << whenFalse.getNumOutputs();
  for (size_t i = 0; i < whenTrue.getNumOutputs(); ++i) {
    Type first = whenTrue.getOutput(i)->getType();
    Type second = whenFalse.getOutput(i)->getType();
    if (!agree(first, second))
      return blockError(op) << "output " << i << " of the first block is "
                            << first << ", but that of the second " << second;
    results.push_back(join(op.getFunction()->getContext(), first, second));
  }
  return success();
}

/// The inputs of `block` are the variables of the loop.
static LogicalResult checkLoopInputs(const Operation &op, const Block &block,
                                     llvm::StringRef name) {
  const Binding &variables = *op.findBinding("loop_vars");
  if (block.getInputs().size() != variables.size())
    return blockError(op) << name << " has "
                          << count(block.getInputs().size(), "input")
                          << ", but 'loop_vars' " << variables.size();
  for (auto [i, input] : llvm::enumerate(block.getInputs())) {
    const Argument &argument = variables[i];
    Type type = argument.getValue() ? argument.getValue()->getType()
                                    : argument.getLiteral().getType();
    if (!agree(type, input->getType()))
      return blockError(op)
             << "'" << input->getName() << "' of " << name << " is "
             << input->getType() << ", but its variable is " << type;
  }
  return success();
}

static LogicalResult checkCondition(const Operation &op, const Block &block) {
  Type expected =
      TensorType::getScalar(op.getFunction()->getContext(), DataType::Bool);
  if (block.getNumOutputs() == 1 && block.getOutput(0)->getType() == expected)
    return success();
  InFlightDiagnostic diagnostic = blockError(op);
  diagnostic << "the condition gives ";
  if (block.getNumOutputs() == 1)
    diagnostic << block.getOutput(0)->getType();
  else
    diagnostic << count(block.getNumOutputs(), "output");
  diagnostic << ", expected a boolean scalar";
  return diagnostic;
}

LogicalResult inferWhileLoop(const Operation &op, TypeList &results) {
  if (failed(checkNumBlocks(op, "a condition and a body")))
    return failure();
  const Block &condition = *op.getBlocks()[0];
  const Block &body = *op.getBlocks()[1];
  if (failed(checkLoopInputs(op, condition, "the condition")) ||
      failed(checkLoopInputs(op, body, "the body")) ||
      failed(checkCondition(op, condition)))
    return failure();
  if (body.getNumOutputs() != body.getInputs().size())
    return blockError(op) << "the body has "
                          << count(body.getNumOutputs(), "output") << ", but "
                          << count(body.getInputs().size(), "input");
  for (auto [i, input] : llvm::enumerate(body.getInputs())) {
    Type next = body.getOutput(i)->getType();
    if (!agree(next, input->getType()))
      return blockError(op) << "the body makes '" << input->getName() << "' "
                            << next << ", but takes it as " << input->getType();
    results.push_back(
        join(op.getFunction()->getContext(), next, input->getType()));
  }
  return success();
}

} // namespace espresso::rules
