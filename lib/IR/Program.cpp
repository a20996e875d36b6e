//===- Program.cpp - Blocks, functions and programs -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Program.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Block
//===----------------------------------------------------------------------===//

Block::~Block() {
  outputs.clear();
  // Later operations use earlier ones, so destruction runs backwards.
  while (!operations.empty())
    operations.erase(std::prev(operations.end()));
}

Function *Block::getFunction() const {
  const Block *block = this;
  while (block->parentOp) {
    block = block->parentOp->getBlock();
    if (!block)
      return nullptr;
  }
  return block->parentFunction;
}

Value *Block::addInput(llvm::StringRef name, Type type, Location location) {
  inputs.push_back(std::make_unique<Value>(name, type, location,
                                           /*definingOp=*/nullptr, this));
  return inputs.back().get();
}

Value *Block::findInput(llvm::StringRef name) const {
  for (const std::unique_ptr<Value> &input : inputs)
    if (input->getName() == name)
      return input.get();
  return nullptr;
}

void Block::eraseInput(Value *input) {
  assert(!input->hasUses() && "input is used");
  llvm::erase_if(inputs, [&](const std::unique_ptr<Value> &candidate) {
    return candidate.get() == input;
  });
}

Operation *Block::append(std::unique_ptr<Operation> op) {
  op->block = this;
  operations.push_back(op.release());
  return &operations.back();
}

Operation *Block::insertBefore(Operation *position,
                               std::unique_ptr<Operation> op) {
  op->block = this;
  return &*operations.insert(position->getIterator(), op.release());
}

void Block::addOutput(Value *value) {
  outputs.push_back(std::make_unique<Use>(value, this));
}

//===----------------------------------------------------------------------===//
// Function
//===----------------------------------------------------------------------===//

Function::Function(Program &program, llvm::StringRef name,
                   llvm::StringRef opsetSpelling, Location location)
    : program(program), name(name), opsetSpelling(opsetSpelling),
      opset(parseOpset(opsetSpelling)), location(location), body(this) {}

Context &Function::getContext() const { return program.getContext(); }

void Function::setOpset(Opset newOpset) {
  opset = newOpset;
  opsetSpelling = espresso::getName(newOpset);
}

bool Function::reserveName(llvm::StringRef valueName) {
  return takenNames.insert(valueName).second;
}

llvm::StringRef Function::makeUniqueName(const llvm::Twine &base) {
  std::string stem = base.str();
  if (reserveName(stem))
    return getContext().intern(stem);
  unsigned &suffix = nextSuffix[stem];
  while (true) {
    std::string candidate = stem + "_" + std::to_string(++suffix);
    if (reserveName(candidate))
      return getContext().intern(candidate);
  }
}

static void walkBlock(Block &block,
                      llvm::function_ref<void(Operation &)> visit) {
  for (Operation &op : llvm::make_early_inc_range(block.getOperations())) {
    llvm::SmallVector<Block *, 2> nested;
    for (const std::unique_ptr<Block> &child : op.getBlocks())
      nested.push_back(child.get());
    for (Block *child : nested)
      walkBlock(*child, visit);
    visit(op);
  }
}

void Function::walk(llvm::function_ref<void(Operation &)> visit) {
  walkBlock(body, visit);
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

Function *Program::findFunction(llvm::StringRef name) const {
  for (const std::unique_ptr<Function> &function : functions)
    if (function->getName() == name)
      return function.get();
  return nullptr;
}

Function *Program::addFunction(llvm::StringRef name,
                               llvm::StringRef opsetSpelling,
                               Location location) {
  functions.push_back(std::make_unique<Function>(
      *this, context.intern(name), context.intern(opsetSpelling), location));
  return functions.back().get();
}

Function *Program::addFunction(llvm::StringRef name, Opset opset,
                               Location location) {
  return addFunction(name, espresso::getName(opset), location);
}

void Program::eraseFunction(Function *function) {
  llvm::erase_if(functions, [&](const std::unique_ptr<Function> &candidate) {
    return candidate.get() == function;
  });
}

} // namespace espresso
