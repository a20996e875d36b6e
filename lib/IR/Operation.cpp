//===- Operation.cpp - Operations and their named arguments ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Operation.h"

#include "espresso/IR/Program.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

std::unique_ptr<Operation> Operation::create(llvm::StringRef name,
                                             Location location) {
  return std::unique_ptr<Operation>(new Operation(name, location));
}

Operation::~Operation() {
  // Uses inside of nested blocks go before the results they may refer to.
  blocks.clear();
  bindings.clear();
}

//===----------------------------------------------------------------------===//
// Position
//===----------------------------------------------------------------------===//

Function *Operation::getFunction() const {
  return block ? block->getFunction() : nullptr;
}

Operation *Operation::getParentOp() const {
  return block ? block->getParentOp() : nullptr;
}

Opset Operation::getOpset() const {
  if (!opsetQualifier.empty())
    return parseOpset(opsetQualifier);
  Function *function = getFunction();
  return function ? function->getOpset() : Opset::Unknown;
}

void Operation::moveBefore(Operation *other) {
  if (other == this)
    return;
  other->block->insertBefore(other, takeOut());
}

std::unique_ptr<Operation> Operation::takeOut() {
  assert(block && "operation is in no block");
  block->getOperations().remove(this);
  block = nullptr;
  return std::unique_ptr<Operation>(this);
}

void Operation::erase() { takeOut().reset(); }

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

const Binding *Operation::findBinding(llvm::StringRef input) const {
  for (const std::unique_ptr<Binding> &binding : bindings)
    if (binding->getName() == input)
      return binding.get();
  return nullptr;
}

Value *Operation::getOperand(llvm::StringRef input) const {
  const Binding *binding = findBinding(input);
  return binding && binding->size() == 1 ? (*binding)[0].getValue() : nullptr;
}

llvm::SmallVector<Value *, 4>
Operation::getOperands(llvm::StringRef input) const {
  llvm::SmallVector<Value *, 4> values;
  if (const Binding *binding = findBinding(input))
    for (size_t i = 0; i < binding->size(); ++i)
      if (Value *value = (*binding)[i].getValue())
        values.push_back(value);
  return values;
}

llvm::SmallVector<Value *, 8> Operation::getAllOperands() const {
  llvm::SmallVector<Value *, 8> values;
  for (const std::unique_ptr<Binding> &binding : bindings)
    for (size_t i = 0; i < binding->size(); ++i)
      if (Value *value = (*binding)[i].getValue())
        values.push_back(value);
  return values;
}

Type Operation::getArgumentType(llvm::StringRef input) const {
  const Binding *binding = findBinding(input);
  if (!binding || binding->size() != 1)
    return {};
  const Argument &argument = (*binding)[0];
  return argument.getValue() ? argument.getValue()->getType()
                             : argument.getLiteral().getType();
}

Attribute Operation::getConstant(llvm::StringRef input) const {
  const Binding *binding = findBinding(input);
  if (!binding)
    return attributes.get(input);
  if (binding->size() != 1)
    return {};
  const Argument &argument = (*binding)[0];
  if (!argument.getValue())
    return argument.getLiteral();
  const Operation *producer = argument.getValue()->getDefiningOp();
  return producer && producer->is("const") ? producer->getAttribute("val")
                                           : Attribute();
}

void Operation::setBinding(std::unique_ptr<Binding> binding) {
  auto place = llvm::lower_bound(
      bindings, binding->getName(),
      [](const std::unique_ptr<Binding> &existing, llvm::StringRef name) {
        return existing->getName() < name;
      });
  if (place != bindings.end() && (*place)->getName() == binding->getName())
    *place = std::move(binding);
  else
    bindings.insert(place, std::move(binding));
}

void Operation::setOperand(llvm::StringRef input, Value *value) {
  auto binding = std::make_unique<Binding>(input, /*parenthesised=*/false);
  binding->addValue(value, this);
  setBinding(std::move(binding));
}

void Operation::setOperands(llvm::StringRef input,
                            llvm::ArrayRef<Value *> values) {
  auto binding = std::make_unique<Binding>(input, /*parenthesised=*/true);
  for (Value *value : values)
    binding->addValue(value, this);
  setBinding(std::move(binding));
}

void Operation::setLiteral(llvm::StringRef input, Attribute literal) {
  auto binding = std::make_unique<Binding>(input, /*parenthesised=*/false);
  binding->addLiteral(std::move(literal));
  setBinding(std::move(binding));
}

void Operation::removeBinding(llvm::StringRef input) {
  llvm::erase_if(bindings, [&](const std::unique_ptr<Binding> &binding) {
    return binding->getName() == input;
  });
}

//===----------------------------------------------------------------------===//
// Results and blocks
//===----------------------------------------------------------------------===//

Value *Operation::addResult(llvm::StringRef resultName, Type type,
                            Location resultLocation) {
  results.push_back(std::make_unique<Value>(resultName, type, resultLocation,
                                            this, /*block=*/nullptr));
  return results.back().get();
}

bool Operation::hasUses() const {
  return llvm::any_of(results, [](const std::unique_ptr<Value> &result) {
    return result->hasUses();
  });
}

Block *Operation::addBlock() {
  blocks.push_back(std::make_unique<Block>(this));
  return blocks.back().get();
}

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

DiagnosticEngine &Operation::getDiagnostics() const {
  Function *function = getFunction();
  assert(function && "only an operation in a function can report");
  return function->getContext().getDiagnostics();
}

InFlightDiagnostic Operation::emitError() const {
  return getDiagnostics().emitError(location);
}

InFlightDiagnostic Operation::emitWarning() const {
  return getDiagnostics().emitWarning(location);
}

InFlightDiagnostic Operation::emitRemark() const {
  return getDiagnostics().emitRemark(location);
}

} // namespace espresso
