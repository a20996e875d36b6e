//===- Builder.cpp - Making operations ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Builder.h"

#include "llvm/ADT/DenseMap.h"

namespace espresso {

static Function &getEnclosingFunction(Block &block) {
  Function *function = block.getFunction();
  assert(function && "a builder needs a block in a function");
  return *function;
}

Builder::Builder(Block &block, Location location)
    : function(getEnclosingFunction(block)), block(&block), location(location) {
}

Builder::Builder(Operation &op)
    : function(getEnclosingFunction(*op.getBlock())), block(op.getBlock()),
      position(&op), location(op.getLocation()) {}

Operation *Builder::create(llvm::StringRef opName,
                           llvm::ArrayRef<NamedArgument> args,
                           llvm::ArrayRef<Type> resultTypes,
                           const llvm::Twine &resultName) {
  Context &context = getContext();
  std::unique_ptr<Operation> op =
      Operation::create(context.intern(opName), location);
  for (const NamedArgument &arg : args) {
    llvm::StringRef name = context.intern(arg.name);
    if (arg.literal)
      op->setLiteral(name, arg.literal);
    else if (arg.isList)
      op->setOperands(name, arg.values);
    else
      op->setOperand(name, arg.values.front());
  }
  std::string base = resultName.str();
  for (size_t i = 0; i < resultTypes.size(); ++i) {
    std::string name =
        resultTypes.size() == 1 ? base : base + "_" + std::to_string(i);
    op->addResult(function.makeUniqueName(name), resultTypes[i], location);
  }
  if (position)
    return block->insertBefore(position, std::move(op));
  return block->append(std::move(op));
}

Value *Builder::createConstant(Attribute value, const llvm::Twine &name) {
  Operation *op = create("const", {}, {value.getType()}, name);
  op->setAttribute(getContext().intern("val"), std::move(value));
  return op->getResult();
}

//===----------------------------------------------------------------------===//
// Cloning
//===----------------------------------------------------------------------===//

using ValueMapping = llvm::DenseMap<const Value *, Value *>;

static Value *mapValue(Value *value, const ValueMapping &mapping) {
  auto found = mapping.find(value);
  return found == mapping.end() ? value : found->second;
}

static void cloneBlockInto(const Block &from, Block &to,
                           ValueMapping &mapping) {
  Function &function = *to.getFunction();
  for (const std::unique_ptr<Value> &input : from.getInputs())
    mapping[input.get()] =
        to.addInput(function.makeUniqueName(input->getName()), input->getType(),
                    input->getLocation());
  Builder builder(to);
  for (const Operation &op : from.getOperations())
    cloneOperation(op, builder, mapping);
  for (size_t i = 0; i < from.getNumOutputs(); ++i)
    to.addOutput(mapValue(from.getOutput(i), mapping));
}

Operation *cloneOperation(const Operation &op, Builder &builder,
                          ValueMapping &mapping) {
  builder.setLocation(op.getLocation());
  Operation *copy = builder.create(op.getName(), {}, {}, "");
  copy->setOpsetQualifier(op.getOpsetQualifier());
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    auto bindingCopy = std::make_unique<Binding>(binding->getName(),
                                                 binding->isParenthesised());
    for (size_t i = 0; i < binding->size(); ++i) {
      const Argument &argument = (*binding)[i];
      if (Value *value = argument.getValue())
        bindingCopy->addValue(mapValue(value, mapping), copy);
      else
        bindingCopy->addLiteral(argument.getLiteral());
    }
    copy->setBinding(std::move(bindingCopy));
  }
  for (const NamedAttribute &attribute : op.getAttributes())
    copy->setAttribute(attribute.name, attribute.value);
  for (const std::unique_ptr<Block> &block : op.getBlocks())
    cloneBlockInto(*block, *copy->addBlock(), mapping);
  for (const std::unique_ptr<Value> &result : op.getResults())
    mapping[result.get()] =
        copy->addResult(builder.getFunction().makeUniqueName(result->getName()),
                        result->getType(), result->getLocation());
  return copy;
}

void cloneFunctionBody(const Function &from, Function &to) {
  ValueMapping mapping;
  cloneBlockInto(from.getBody(), to.getBody(), mapping);
}

std::unique_ptr<Program> cloneProgram(const Program &program) {
  auto copy = std::make_unique<Program>(program.getContext());
  copy->setTextVersion(program.getTextVersion());
  copy->setAttributeBrackets(program.hasAttributeBrackets());
  copy->getAttributes() = program.getAttributes();
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    Function *functionCopy =
        copy->addFunction(function->getName(), function->getOpsetSpelling(),
                          function->getLocation());
    functionCopy->getAttributes() = function->getAttributes();
    cloneFunctionBody(*function, *functionCopy);
  }
  return copy;
}

} // namespace espresso
