//===- Details.cpp - Constants, arguments and attributes taken away -------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Attribute makeZeros(Context &context, TensorType type) {
  DenseElements zeros;
  zeros.shape.assign(type.getShape().begin(), type.getShape().end());
  uint64_t count = getStaticElements(type);
  if (type.getElementType() == DataType::String)
    zeros.strings.resize(count);
  else
    zeros.bytes.resize(count * getStorageByteWidth(type.getElementType()));
  return Attribute::dense(type, std::move(zeros));
}

/// Constants that more than one number, or a number other than zero, is in, and
/// that are not text.
static llvm::SmallVector<Operation *, 0> collectConstants(Program &program) {
  llvm::SmallVector<Operation *, 0> constants;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      if (!op.is("const") || op.getNumResults() != 1)
        return;
      TensorType type = op.getResult()->getTensorType();
      if (!type || type.getElementType() == DataType::String ||
          !type.hasStaticShape() || getStaticElements(type) > kMaxZeros)
        return;
      if (op.getAttribute("val") != makeZeros(function->getContext(), type))
        constants.push_back(&op);
    });
  return constants;
}

size_t countConstants(Program &program) {
  return collectConstants(program).size();
}

void turnIntoZeros(Program &program, ItemRange range) {
  llvm::SmallVector<Operation *, 0> constants = collectConstants(program);
  for (size_t i = range.begin; i < std::min(range.end, constants.size()); ++i) {
    Context &context = program.getContext();
    constants[i]->setAttribute(
        context.intern("val"),
        makeZeros(context, constants[i]->getResult()->getTensorType()));
  }
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Calls `visit` with each argument that its operation can do without.
template <typename Fn>
static void forEachOptionalInput(Program &program, Fn visit) {
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      const OpDefinition *definition = lookupOp(op);
      if (!definition)
        return;
      llvm::SmallVector<llvm::StringRef> names;
      for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
        const InputDefinition *input =
            definition->findInput(binding->getName());
        if (input && input->isOptional)
          names.push_back(binding->getName());
      }
      for (llvm::StringRef name : names)
        visit(op, name);
    });
}

size_t countOptionalInputs(Program &program) {
  size_t count = 0;
  forEachOptionalInput(program, [&](Operation &, llvm::StringRef) { ++count; });
  return count;
}

void removeOptionalInputs(Program &program, ItemRange range) {
  size_t index = 0;
  forEachOptionalInput(program, [&](Operation &op, llvm::StringRef name) {
    if (range.contains(index++))
      op.removeBinding(name);
  });
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// Calls `visit` with each list of attributes and the names in it that say
/// nothing of what is computed, as far as one can tell.
template <typename Fn>
static void forEachAttribute(Program &program, Fn visit) {
  auto visitAll = [&](AttributeList &attributes) {
    llvm::SmallVector<llvm::StringRef> names;
    for (const NamedAttribute &attribute : attributes)
      names.push_back(attribute.name);
    for (llvm::StringRef name : names)
      visit([&attributes, name] { attributes.remove(name); });
  };
  visitAll(program.getAttributes());
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    visitAll(function->getAttributes());
    function->walk([&](Operation &op) {
      llvm::SmallVector<llvm::StringRef> names;
      for (const NamedAttribute &attribute : op.getAttributes())
        if (!(op.is("const") && attribute.name == "val"))
          names.push_back(attribute.name);
      for (llvm::StringRef name : names)
        visit([&op, name] { op.removeAttribute(name); });
    });
  }
}

size_t countAttributes(Program &program) {
  size_t count = 0;
  forEachAttribute(program, [&](auto) { ++count; });
  return count;
}

void removeAttributes(Program &program, ItemRange range) {
  size_t index = 0;
  forEachAttribute(program, [&](auto remove) {
    if (range.contains(index++))
      remove();
  });
}

} // namespace espresso
