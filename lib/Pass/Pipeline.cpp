//===- Pipeline.cpp - Passes in their order -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/Pipeline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Pipeline
//===----------------------------------------------------------------------===//

void Pipeline::append(Pipeline &&other) {
  for (std::unique_ptr<Pass> &pass : other.passes)
    passes.push_back(std::move(pass));
  other.passes.clear();
}

void Pipeline::print(llvm::raw_ostream &os) const {
  bool inFunction = false;
  llvm::ListSeparator separator(",");
  for (const std::unique_ptr<Pass> &pass : passes) {
    bool isFunctionPass = pass->getScope() == PassScope::Function;
    if (inFunction && !isFunctionPass)
      os << ')';
    os << separator;
    if (!inFunction && isFunctionPass)
      os << "function(";
    inFunction = isFunctionPass;
    pass->print(os);
  }
  if (inFunction)
    os << ')';
}

std::string Pipeline::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os);
  return text;
}

//===----------------------------------------------------------------------===//
// PassRegistry
//===----------------------------------------------------------------------===//

PassRegistry &PassRegistry::get() {
  static PassRegistry registry;
  return registry;
}

/// Keeps `rows` sorted by what `getName` says.
template <typename Row, typename GetName>
static void insertSorted(std::vector<const Row *> &rows, const Row &row,
                         GetName getName) {
  auto position =
      llvm::lower_bound(rows, &row, [&](const Row *a, const Row *b) {
        return getName(*a) < getName(*b);
      });
  if (position != rows.end() && getName(**position) == getName(row)) {
    assert(*position == &row && "two registrations of one name");
    return;
  }
  rows.insert(position, &row);
}

void PassRegistry::addPass(const PassInfo &info) {
  assert(!findPipeline(info.argument) && "a pipeline has that name");
  insertSorted(passes, info, [](const PassInfo &row) { return row.argument; });
}

void PassRegistry::addPipeline(const PipelineInfo &info) {
  assert(!findPass(info.name) && "a pass has that name");
  insertSorted(pipelines, info,
               [](const PipelineInfo &row) { return row.name; });
}

const PassInfo *PassRegistry::findPass(llvm::StringRef argument) const {
  for (const PassInfo *info : passes)
    if (info->argument == argument)
      return info;
  return nullptr;
}

const PipelineInfo *PassRegistry::findPipeline(llvm::StringRef name) const {
  for (const PipelineInfo *info : pipelines)
    if (info->name == name)
      return info;
  return nullptr;
}

std::optional<llvm::StringRef>
PassRegistry::suggest(llvm::StringRef name) const {
  llvm::SmallVector<llvm::StringRef> candidates;
  for (const PassInfo *info : passes)
    if (!info->isHidden)
      candidates.push_back(info->argument);
  for (const PipelineInfo *info : pipelines)
    candidates.push_back(info->name);
  return findNearMiss(name, candidates);
}

} // namespace espresso
