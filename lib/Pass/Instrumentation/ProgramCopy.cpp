//===- ProgramCopy.cpp - Copies of parts of programs ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramCopy.h"

#include "espresso/IR/Builder.h"

namespace espresso {

std::unique_ptr<Program> makeEmptyLike(const Program &program) {
  auto copy = std::make_unique<Program>(program.getContext());
  copy->setTextVersion(program.getTextVersion());
  copy->setAttributeBrackets(program.hasAttributeBrackets());
  copy->getAttributes() = program.getAttributes();
  return copy;
}

void copyFunction(const Function &function, Program &into) {
  Function *copy = into.addFunction(
      function.getName(), function.getOpsetSpelling(), function.getLocation());
  copy->getAttributes() = function.getAttributes();
  cloneFunctionBody(function, *copy);
}

} // namespace espresso
