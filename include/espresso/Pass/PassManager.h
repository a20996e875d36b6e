//===- PassManager.h - Running passes ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_PASSMANAGER_H
#define ESPRESSO_PASS_PASSMANAGER_H

#include "espresso/Pass/Instrumentation.h"
#include "espresso/Pass/Pipeline.h"

namespace espresso {

/// Runs a pipeline on programs, under instrumentation. Owns both.
/// Thread-compatible.
///
///   PassManager manager(context);
///   manager.getPipeline().addPass(createDcePass());
///   addInstrumentations(manager, {}, llvm::errs());
///   PipelineStatus status = manager.run(program);
class PassManager {
public:
  explicit PassManager(Context &context) : context(context) {}

  Context &getContext() const { return context; }
  Pipeline &getPipeline() { return pipeline; }
  void setPipeline(Pipeline newPipeline) { pipeline = std::move(newPipeline); }
  void addInstrumentation(std::unique_ptr<PassInstrumentation> hooks) {
    instrumentations.push_back(std::move(hooks));
  }

  /// Runs every pass, up to the first failure. Failures have been reported. A
  /// pass that crashes is a bug like others if llvm::CrashRecoveryContext is
  /// enabled in the process; the program must then be left alone.
  [[nodiscard]] PipelineStatus run(Program &program);

private:
  PipelineStatus runPasses(Program &program);
  PipelineStatus runOnFunctions(Program &program, size_t begin, size_t end);
  PipelineStatus execute(size_t position, Program &program, Function *function);
  PipelineStatus runPass(Pass &pass, const PassExecution &execution,
                         PassResult &result);
  PipelineStatus runAfterHooks(const PassExecution &execution,
                               PassResult result);

  Context &context;
  Pipeline pipeline;
  std::vector<std::unique_ptr<PassInstrumentation>> instrumentations;
  unsigned numExecutions = 0;
};

} // namespace espresso

#endif // ESPRESSO_PASS_PASSMANAGER_H
