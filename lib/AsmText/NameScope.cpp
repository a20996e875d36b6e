//===- NameScope.cpp - The names of one function --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramParser.h"

namespace espresso {

/// Looking for near misses takes time linear in the names, so it stops after as
/// many errors as anybody reads.
static constexpr unsigned kMaxSuggestions = DiagnosticEngine::kDefaultMaxErrors;

LogicalResult NameScope::define(const Token &name, Value *value) {
  llvm::StringRef interned = context.intern(name.spelling);
  auto [it, inserted] =
      definitions.try_emplace(interned.data(), Definition{value, name});
  if (inserted) {
    names.push_back(interned);
    return success();
  }
  if (!value)
    return failure();
  return context.getDiagnostics()
             .emitError(name.getLocation())
             .addNote(it->second.name.getLocation(), "first defined here")
         << "'" << name.spelling << "' is defined twice";
}

Value *NameScope::lookup(const Token &name) {
  auto found = definitions.find(context.intern(name.spelling).data());
  if (found != definitions.end())
    return found->second.value;
  unresolved.push_back(name);
  return nullptr;
}

void NameScope::leaveBlock(size_t entered) {
  for (size_t i = entered; i < names.size(); ++i)
    definitions.erase(names[i].data());
  names.resize(entered);
}

void NameScope::reportUndefined(const Token &use) {
  InFlightDiagnostic diag =
      context.getDiagnostics().emitError(use.getLocation());
  diag << "'" << use.spelling << "' is not defined";
  if (++numSuggestions > kMaxSuggestions)
    return;
  std::optional<llvm::StringRef> near = findNearMiss(use.spelling, names);
  if (!near)
    return;
  diag << "; did you mean '" << *near << "'?";
  diag.addFixIt({use.getStart(), use.getEnd()}, *near);
}

void NameScope::reportUnresolved() {
  for (const Token &use : unresolved) {
    auto found = definitions.find(context.intern(use.spelling).data());
    if (found != definitions.end())
      context.getDiagnostics()
              .emitError(use.getLocation())
              .addNote(found->second.name.getLocation(), "defined here")
          << "'" << use.spelling << "' is used before it is defined";
    else if (!definitionsLost)
      reportUndefined(use);
  }
  unresolved.clear();
}

} // namespace espresso
