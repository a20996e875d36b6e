//===- State.cpp - Rules of states ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

static Type getStateContents(const Operation &op, llvm::StringRef input) {
  return op.getArgumentType(input).castTo<StateType>().getWrappedType();
}

/// The tensor bound to `value` is what `state` holds.
static LogicalResult checkContents(const Operation &op, llvm::StringRef state,
                                   llvm::StringRef value) {
  Type contents = getStateContents(op, state);
  Type type = op.getArgumentType(value);
  if (type == contents)
    return success();
  return op.emitError().setRule("op-type")
         << "'" << value << "' of '" << op.getName() << "' is " << type
         << ", but the state holds " << contents;
}

LogicalResult inferReadState(const Operation &op, TypeList &results) {
  results.push_back(getStateContents(op, "input"));
  return success();
}

LogicalResult inferWriteState(const Operation &op, TypeList &results) {
  return checkContents(op, "input", "data");
}

LogicalResult inferUpdateState(const Operation &op, TypeList &results) {
  results.push_back(getStateContents(op, "state"));
  return checkContents(op, "state", "value");
}

} // namespace espresso::rules
