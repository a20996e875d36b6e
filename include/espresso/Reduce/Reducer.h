//===- Reducer.h - Making programs smaller that show something --*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Delta debugging of programs: what is not needed for a program to stay
// interesting is taken away, in large pieces first. See docs/Reduce.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_REDUCE_REDUCER_H
#define ESPRESSO_REDUCE_REDUCER_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace espresso {

/// What a program has of the things that are taken away.
struct ProgramSize {
  uint64_t numFunctions = 0;
  /// `const` is one.
  uint64_t numOperations = 0;
  uint64_t numInputs = 0;
  uint64_t numOutputs = 0;
  /// Of constants in the program and outside.
  uint64_t numConstantElements = 0;

  bool operator==(const ProgramSize &) const = default;
};
[[nodiscard]] ProgramSize measure(const Program &program);

struct ReduceOptions {
  /// Whether a program is still interesting. Programs that do not verify are
  /// not asked about, unless the first one does not.
  std::function<bool(const Program &)> isInteresting;
  /// Told of each program that is smaller and still interesting; may be null.
  std::function<void(const Program &)> onSmaller;
  /// Asked before each test; may be null. Ends the reduction.
  std::function<bool()> shouldStop;
  /// Tests at most; 0 for any number.
  uint64_t maxTests = 0;
};

/// How often a way to take things away was tried, and how often the rest was
/// interesting.
struct ReductionCount {
  std::string name;
  uint64_t numTests = 0;
  uint64_t numKept = 0;
};

struct ReduceResult {
  /// Null if the first program is not interesting.
  std::unique_ptr<Program> program;
  ProgramSize sizeBefore;
  ProgramSize sizeAfter;
  uint64_t numTests = 0;
  /// In the order in which they are tried.
  std::vector<ReductionCount> counts;
  /// No way to take anything away is left; false if it was stopped.
  bool isComplete = false;

  /// A table for people.
  void print(llvm::raw_ostream &os) const;
};

/// Takes away from a copy of `program`: functions, outputs, operations (their
/// results become inputs, or one of their operands takes their place), inputs
/// nobody uses, elements of constants, optional arguments, attributes, and
/// extents of shapes. Names of inputs and outputs that stay are kept. The
/// result depends on nothing but the program and the answers.
[[nodiscard]] ReduceResult reduceProgram(const Program &program,
                                         const ReduceOptions &options);

} // namespace espresso

#endif // ESPRESSO_REDUCE_REDUCER_H
