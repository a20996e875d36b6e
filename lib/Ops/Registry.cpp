//===- Registry.cpp - Every operation that is known -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace espresso {

#define GET_OP_ROWS
#include "espresso/Ops/OpRegistry.inc"

llvm::ArrayRef<OpDefinition> getAllOpDefinitions() { return kOpDefinitions; }

//===----------------------------------------------------------------------===//
// OpDefinition
//===----------------------------------------------------------------------===//

std::string DataTypeSet::str() const {
  llvm::SmallVector<std::string_view, 8> names;
  for (unsigned i = 0; i < kNumDataTypes; ++i)
    if (contains(static_cast<DataType>(i)))
      names.push_back(getName(static_cast<DataType>(i)));
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i != 0)
      text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

const InputDefinition *
OpDefinition::findInput(llvm::StringRef inputName) const {
  for (const InputDefinition &input : inputs)
    if (input.name == inputName)
      return &input;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Look-up
//===----------------------------------------------------------------------===//

/// The versions of `name`, oldest first.
static llvm::ArrayRef<OpDefinition> getVersions(llvm::StringRef name) {
  struct ByName {
    bool operator()(const OpDefinition &row, llvm::StringRef name) const {
      return row.name < name;
    }
    bool operator()(llvm::StringRef name, const OpDefinition &row) const {
      return name < row.name;
    }
  };
  auto [first, last] = std::equal_range(
      std::begin(kOpDefinitions), std::end(kOpDefinitions), name, ByName());
  return {first, last};
}

const OpDefinition *lookupOp(llvm::StringRef name, Opset opset) {
  const OpDefinition *newest = nullptr;
  for (const OpDefinition &row : getVersions(name))
    if (!isIOS(opset) || row.since <= opset || row.hasTrait(OpTrait_Composite))
      newest = &row;
  return newest;
}

const OpDefinition *lookupOp(const Operation &op) {
  return lookupOp(op.getName(), op.getOpset());
}

std::optional<Opset> getFirstOpset(llvm::StringRef name) {
  llvm::ArrayRef<OpDefinition> versions = getVersions(name);
  if (versions.empty())
    return std::nullopt;
  return versions.front().since;
}

std::optional<llvm::StringRef> suggestOp(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef, 256> names;
  for (const OpDefinition &row : kOpDefinitions)
    if (names.empty() || names.back() != row.name)
      names.push_back(row.name);
  return findNearMiss(name, names);
}

bool isPure(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  return definition && definition->hasTrait(OpTrait_Pure);
}

} // namespace espresso
