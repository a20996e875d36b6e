//===- PropertyCheck.cpp - What must hold of every program ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PropertyCheck.h"

#include "espresso/AsmText/Printer.h"
#include "espresso/Reduce/Reducer.h"

#include "llvm/ADT/StringRef.h"

#include <cstdlib>

namespace espresso::test {

/// Enough for the small programs of the generator; a hang would be worse than
/// a program that is not the smallest.
static constexpr uint64_t kMaxTests = 3000;

static void readNumber(const char *name, uint64_t &number) {
  if (const char *text = std::getenv(name))
    llvm::StringRef(text).getAsInteger(10, number);
}

PropertySettings PropertySettings::read() {
  PropertySettings settings;
  readNumber("ESPRESSO_PROPERTY_PROGRAMS", settings.numPrograms);
  readNumber("ESPRESSO_PROPERTY_SEED", settings.firstSeed);
  return settings;
}

/// What is said of the program that a seed makes.
static std::string describe(const Program &program, uint64_t seed,
                            const std::string &message,
                            const Property &property) {
  ReduceOptions options;
  options.isInteresting = [&](const Program &candidate) {
    return property(candidate).has_value();
  };
  options.maxTests = kMaxTests;
  ReduceResult reduced = reduceProgram(program, options);
  std::string text =
      "seed " + std::to_string(seed) + ": " + message +
      "\nto see it again: ESPRESSO_PROPERTY_SEED=" + std::to_string(seed) +
      " ESPRESSO_PROPERTY_PROGRAMS=1\n";
  if (!reduced.program)
    return text + "(not every time, and so not shrunk)\n" +
           printToString(program);
  return text + "shrunk from " +
         std::to_string(reduced.sizeBefore.numOperations) + " operations to " +
         std::to_string(reduced.sizeAfter.numOperations) +
         ", of which: " + property(*reduced.program).value_or("nothing") +
         "\n" + printToString(*reduced.program);
}

std::optional<std::string> findCounterexample(const PropertySettings &settings,
                                              const GeneratorOptions &options,
                                              const Property &property) {
  for (uint64_t i = 0; i < settings.numPrograms; ++i) {
    uint64_t seed = settings.firstSeed + i;
    // A context keeps types and names of all its programs.
    Context context;
    std::unique_ptr<Program> program = generateProgram(context, seed, options);
    if (std::optional<std::string> message = property(*program))
      return describe(*program, seed, *message, property);
  }
  return std::nullopt;
}

} // namespace espresso::test
