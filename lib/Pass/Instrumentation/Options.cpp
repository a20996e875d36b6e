//===- Options.cpp - Which instrumentations to add ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

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

/// Hooks nest in this order: what is added last is next to the pass. A hook
/// that finds a bug keeps the later ones from running after the pass, so checks
/// stand below what prints.
void addInstrumentations(PassManager &manager,
                         const InstrumentationOptions &options,
                         llvm::raw_ostream &os) {
  if (options.statistics != ReportFormat::None)
    manager.addInstrumentation(createStatistics(options.statistics, os));
  if (options.bisectLimit)
    manager.addInstrumentation(createBisectLimit(*options.bisectLimit, os));
  if (!options.disabled.empty())
    manager.addInstrumentation(createDisablePass(options.disabled));
  manager.addInstrumentation(createReproducer(options.reproducerFile, os));
  if (!options.treeDirectory.empty())
    manager.addInstrumentation(createTreeDump(options.treeDirectory));
  manager.addInstrumentation(createPrinting(options, os));
  if (options.checkNumerics.isEnabled)
    manager.addInstrumentation(createCheckNumerics(options.checkNumerics));
  if (options.verifyRoundtrip)
    manager.addInstrumentation(createVerifyRoundtrip());
  if (options.verifyEach)
    manager.addInstrumentation(createVerifyEach());
  if (options.checkChanges)
    manager.addInstrumentation(createCheckChanges());
  // Innermost, to measure nothing but passes.
  if (options.timing != ReportFormat::None)
    manager.addInstrumentation(createTiming(options.timing, os));
}

} // namespace espresso
