//===- ProgramStats.h - What a program consists of --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_PROGRAMSTATS_H
#define ESPRESSO_ANALYSIS_PROGRAMSTATS_H

#include "espresso/Analysis/Flops.h"
#include "espresso/Base/DataType.h"
#include "espresso/IR/Program.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace espresso {

/// Tensors of one element type.
struct TensorTally {
  uint64_t tensors = 0;
  uint64_t elements = 0;
  /// Packed as in a weight file; 0 for strings.
  uint64_t bytes = 0;
};
using TensorTallies = std::map<DataType, TensorTally>;

/// What there is of operations and constants, nested blocks included. Names
/// point into the program's context.
struct StatsTally {
  uint64_t numOperations = 0;
  /// By name.
  std::map<llvm::StringRef, uint64_t> operations;
  /// Constants that stay in files. Those that share their place in a file count
  /// once.
  TensorTallies weights;
  /// Values of `const` operations that stand in the program; literals of other
  /// operations do not count.
  TensorTallies constants;
};

struct FunctionStats {
  llvm::StringRef name;
  llvm::StringRef opset;
  uint64_t numInputs = 0;
  uint64_t numStates = 0;
  uint64_t numOutputs = 0;
  StatsTally tally;
  /// Of one run, with all that is called; blocks of `cond` and `while_loop`
  /// count once each.
  FlopCount flops;
};

struct ProgramStats {
  std::vector<FunctionStats> functions;
  /// Functions by opset.
  std::map<llvm::StringRef, uint64_t> opsets;
  StatsTally total;
};

/// Counts what is in `program`, which must have passed the verifier. Reads no
/// weights. Linear in the operations. Thread-compatible.
[[nodiscard]] ProgramStats computeStats(const Program &program);

/// A table for people.
void printStats(const ProgramStats &stats, llvm::raw_ostream &os);
/// One object: docs/Tools.md lists its members.
void printStatsAsJson(const ProgramStats &stats, llvm::json::OStream &json);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_PROGRAMSTATS_H
