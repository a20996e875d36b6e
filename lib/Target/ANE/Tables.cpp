//===- Tables.cpp - What is known of the engine ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Target/ANE/Tables.h"

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace espresso::ane {

#define GEN_ANE_TABLES
#include "espresso/Target/ANE/Tables.h.inc"

llvm::ArrayRef<Generation> getAllGenerations() { return kGenerations; }
llvm::ArrayRef<Chip> getAllChips() { return kChips; }
llvm::ArrayRef<Rule> getAllRules() { return kRules; }
llvm::ArrayRef<Dispute> getAllDisputes() { return kDisputes; }
llvm::ArrayRef<Source> getAllSources() { return kSources; }

const LimitInfo &getInfo(Limit limit) {
  return kLimits[static_cast<unsigned>(limit)];
}

const FigureInfo &getInfo(Figure figure) {
  return kFigures[static_cast<unsigned>(figure)];
}

const Rule &getRule(RuleId id) {
  const Rule &rule = kRules[static_cast<unsigned>(id)];
  assert(rule.id == id && "rules stand in the order of their ids");
  return rule;
}

const Rule *findRule(llvm::StringRef name) {
  const Rule *rule =
      llvm::find_if(kRules, [&](const Rule &r) { return r.name == name; });
  return rule == std::end(kRules) ? nullptr : rule;
}

std::optional<llvm::StringRef> suggestRule(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> names;
  for (const Rule &rule : kRules)
    names.push_back(rule.name);
  return findNearMiss(name, names);
}

const FigureValue *Chip::findFigure(Figure figure) const {
  const FigureValue *value = llvm::find_if(
      figures, [&](const FigureValue &v) { return v.figure == figure; });
  return value == figures.end() ? nullptr : value;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

llvm::StringRef getName(Origin origin) {
  switch (origin) {
  case Origin::Measured:
    return "measured";
  case Origin::Announced:
    return "announced";
  case Origin::Recalled:
    return "recalled";
  case Origin::Assumed:
    return "assumed";
  case Origin::Disputed:
    return "disputed";
  }
  llvm_unreachable("every origin has a name");
}

llvm::StringRef getName(Path path) {
  switch (path) {
  case Path::Public:
    return "public";
  case Path::Direct:
    return "direct";
  case Path::Descriptor:
    return "descriptor";
  }
  llvm_unreachable("every path has a name");
}

llvm::StringRef getName(RuleSeverity severity) {
  switch (severity) {
  case RuleSeverity::Error:
    return "error";
  case RuleSeverity::Warning:
    return "warning";
  case RuleSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("every severity has a name");
}

llvm::StringRef getName(Confidence confidence) {
  switch (confidence) {
  case Confidence::Several:
    return "several";
  case Confidence::One:
    return "one";
  case Confidence::Disputed:
    return "disputed";
  case Confidence::Inferred:
    return "inferred";
  }
  llvm_unreachable("every confidence has a name");
}

} // namespace espresso::ane
