//===- Ports.cpp - Functions, inputs and outputs taken away ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

size_t countFunctions(Program &program) {
  return program.getFunctions().size();
}

/// Results of calls of functions called `names` become inputs.
static void removeCalls(Function &function, const llvm::StringSet<> &names) {
  function.walk([&](Operation &op) {
    Attribute callee =
        op.is("espresso.call") ? op.getConstant("callee") : Attribute();
    if (!callee || !names.contains(callee.getString()))
      return;
    for (const std::unique_ptr<Value> &result : op.getResults()) {
      Value *input = function.getBody().addInput(
          result->getName(), result->getType(), op.getLocation());
      result->replaceAllUsesWith(input);
    }
    op.erase();
  });
}

void removeFunctions(Program &program, ItemRange range) {
  llvm::SmallVector<Function *> chosen;
  llvm::StringSet<> names;
  size_t index = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (range.contains(index++)) {
      chosen.push_back(function.get());
      names.insert(function->getName());
    }
  if (chosen.size() == program.getFunctions().size())
    return;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (!names.contains(function->getName()))
      removeCalls(*function, names);
  for (Function *function : chosen)
    program.eraseFunction(function);
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

size_t countOutputs(Program &program) {
  size_t count = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    count += function->getBody().getNumOutputs();
  return count;
}

void removeOutputs(Program &program, ItemRange range) {
  size_t index = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    Block &body = function->getBody();
    llvm::SmallVector<Value *> kept;
    for (size_t i = 0; i < body.getNumOutputs(); ++i)
      if (!range.contains(index++))
        kept.push_back(body.getOutput(i));
    if (kept.empty() && body.getNumOutputs() > 0)
      kept.push_back(body.getOutput(0));
    body.clearOutputs();
    for (Value *value : kept)
      body.addOutput(value);
  }
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

size_t countInputs(Program &program) {
  size_t count = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    count += function->getBody().getInputs().size();
  return count;
}

void removeUnusedInputs(Program &program, ItemRange range) {
  size_t index = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    llvm::SmallVector<Value *> unused;
    for (const std::unique_ptr<Value> &input : function->getBody().getInputs())
      if (range.contains(index++) && !input->hasUses())
        unused.push_back(input.get());
    for (Value *input : unused)
      function->getBody().eraseInput(input);
  }
}

} // namespace espresso
