//===- PropertyCheck.h - What must hold of every program --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_PROPERTY_PROPERTYCHECK_H
#define ESPRESSO_TEST_UNIT_PROPERTY_PROPERTYCHECK_H

#include "ProgramGenerator.h"

#include <functional>
#include <optional>
#include <string>

namespace espresso::test {

/// What is wrong with a program; nothing if the property holds. Must leave the
/// program as it is, and must not depend on anything else.
using Property = std::function<std::optional<std::string>(const Program &)>;

/// How many programs, and the seed of the first: ESPRESSO_PROPERTY_PROGRAMS
/// (default 500) and ESPRESSO_PROPERTY_SEED (default 1) of the environment.
struct PropertySettings {
  uint64_t numPrograms = 500;
  uint64_t firstSeed = 1;

  static PropertySettings read();
};

/// Checks the property on programs of consecutive seeds. The first that it does
/// not hold of is made smaller, and is what is returned, with its seed and how
/// to see it again; nothing if it holds of all.
[[nodiscard]] std::optional<std::string>
findCounterexample(const PropertySettings &settings,
                   const GeneratorOptions &options, const Property &property);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_PROPERTY_PROPERTYCHECK_H
