//===- Options.cpp - Which instrumentations to add ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/PassManager.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace espresso {

PassFilter PassFilter::parse(llvm::StringRef text) {
  PassFilter filter;
  for (llvm::StringRef argument : llvm::split(text, ',')) {
    argument = argument.trim();
    if (argument == "all")
      filter.all = true;
    else if (!argument.empty())
      filter.arguments.push_back(argument.str());
  }
  return filter;
}

bool PassFilter::matches(llvm::StringRef argument) const {
  return all || llvm::is_contained(arguments, argument);
}

std::optional<DisabledPass> DisabledPass::parse(llvm::StringRef text) {
  auto [argument, number] = text.split(':');
  DisabledPass disabled{argument.str()};
  if (argument.empty())
    return std::nullopt;
  if (text.contains(':') &&
      (number.getAsInteger(10, disabled.occurrence) || !disabled.occurrence))
    return std::nullopt;
  return disabled;
}

void addInstrumentations(PassManager &manager,
                         const InstrumentationOptions &options,
                         llvm::raw_ostream &os) {}

} // namespace espresso
