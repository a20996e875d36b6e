//===- ProgramGenerator.h - Random well-typed programs ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMGENERATOR_H
#define ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMGENERATOR_H

#include "espresso/IR/Program.h"

#include <cstdint>
#include <memory>

namespace espresso::test {

/// What random programs are made of.
enum class ProgramKind : uint8_t {
  /// A function `main` of an opset from ios15 on: MIL operations of small
  /// shapes, often such that passes can take them apart, sometimes states and
  /// unknown extents.
  Mil,
  /// The same, called by a `<host>` function.
  Host,
  /// An `<ios18>` function of composites that have a lowering.
  Composites,
};

struct GeneratorOptions {
  ProgramKind kind = ProgramKind::Mil;
  unsigned numOperations = 30;
};

/// A program that verifies, the same for the same seed and options on every
/// platform. Operations that kernels would refuse for their values are left
/// out: division of integers by what may be zero, indices out of range.
[[nodiscard]] std::unique_ptr<Program>
generateProgram(Context &context, uint64_t seed,
                const GeneratorOptions &options = {});

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMGENERATOR_H
