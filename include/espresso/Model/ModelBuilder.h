//===- ModelBuilder.h - Programs from checkpoints ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A checkpoint becomes a program at the model altitude: functions `decode` and
// `prefill` as docs/Composites.md describes them, ready for the passes.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_MODELBUILDER_H
#define ESPRESSO_MODEL_MODELBUILDER_H

#include "espresso/IR/Program.h"
#include "espresso/Model/Checkpoint.h"

#include <memory>
#include <vector>

namespace espresso {

// Positions in the cache if nobody asks for a number: what the model says it
// was made for, within these. Caches are allocated whole, hence the upper one.
// Files often state the length of a training row, which rotary positions
// outlive; the lower one keeps such models usable, and passing the stated
// length is remarked.
inline constexpr int64_t kDefaultMinContext = 512;
inline constexpr int64_t kDefaultMaxContext = 4096;

/// What the person who compiles decides about the program.
struct BuildOptions {
  /// Type of weights, activations and caches: Float16 or Float32.
  DataType dataType = DataType::Float16;
  /// Positions in the cache; 0 is the checkpoint's, bounded by
  /// kDefaultMinContext and kDefaultMaxContext. More than the checkpoint states
  /// is allowed, with a warning.
  int64_t contextLength = 0;
  /// Tokens that one call of `prefill` takes, at most the context; 0 leaves
  /// the function out.
  int64_t prefillLength = 0;
};

/// The number of cache positions that `options` ask for, without a check.
[[nodiscard]] int64_t getContextLength(const ModelConfig &config,
                                       const BuildOptions &options);

/// The program of `checkpoint`, by the builder of its architecture. Weights
/// stay in their files: the program's constants refer to them, converted to
/// the data type when somebody reads them, under the paths
/// "@checkpoint/<canonical name>". Reports to `diagnostics` and returns null if
/// the architecture is unknown, a tensor is missing or of another shape, or the
/// options do not fit. The program must not outlive `context`; it shares the
/// sources of the checkpoint and does not need it afterwards.
[[nodiscard]] std::unique_ptr<Program>
buildModel(Context &context, const Checkpoint &checkpoint,
           const BuildOptions &options, DiagnosticEngine &diagnostics);

/// Names of the architectures that buildModel() knows, sorted.
[[nodiscard]] std::vector<llvm::StringRef> getArchitectureNames();

} // namespace espresso

#endif // ESPRESSO_MODEL_MODELBUILDER_H
