//===- Compiler.h - From a checkpoint to a program --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_COMPILER_COMPILER_H
#define ESPRESSO_COMPILER_COMPILER_H

#include "espresso/Export/Bundle.h"
#include "espresso/Model/ModelBuilder.h"
#include "espresso/Pass/PassManager.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace espresso {

/// The named pipeline that runs if none is given; see
/// lib/Transforms/Pipelines.cpp.
inline constexpr llvm::StringLiteral kDefaultPipeline = "ane";

/// The one that makes what one Core ML package can hold: functions of Core ML's
/// own opsets, with caches as states.
inline constexpr llvm::StringLiteral kPackagePipeline = "coreml-stateful";

/// Columns of the prefill function if nothing is asked for.
inline constexpr int64_t kDefaultPrefillLength = 32;

struct CompileOptions {
  BuildOptions build;
  /// Textual; docs/AddingAPass.md has the syntax.
  std::string pipeline = kDefaultPipeline.str();
  /// Options for passes that have them and are not given them.
  llvm::SmallVector<PassOptionValue> passDefaults;
  /// Adds instrumentation before the passes run; may be null.
  std::function<void(PassManager &)> instrument;
};

/// How a compilation ended. Errors have been reported to the diagnostics of the
/// context.
enum class CompileStatus : uint8_t {
  Success,
  /// The model cannot be compiled as asked.
  Failed,
  /// The pipeline's text is wrong.
  BadPipeline,
  /// A dump could not be written.
  IoError,
  /// A pass or a builder broke a promise.
  Bug,
};

/// A compiled model: what Export needs for a bundle.
struct CompiledModel {
  std::unique_ptr<Program> program;
  PlanInfo plan;
  /// The remarks of the passes, in order.
  std::vector<Decision> decisions;
  /// The pipeline that ran, spelt out.
  std::string pipeline;
};

/// Builds the model's functions and runs the pipeline over them. Weights keep
/// their files mapped by themselves; `checkpoint` need not outlive the call.
[[nodiscard]] CompileStatus compileModel(Context &context,
                                         const Checkpoint &checkpoint,
                                         const CompileOptions &options,
                                         CompiledModel &result);

} // namespace espresso

#endif // ESPRESSO_COMPILER_COMPILER_H
