//===- RunPipeline.h - Pipelines in tests -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_TRANSFORMS_RUNPIPELINE_H
#define ESPRESSO_TEST_UNIT_TRANSFORMS_RUNPIPELINE_H

#include "espresso/Pass/PassManager.h"
#include "espresso/Transforms/Passes.h"

namespace espresso::test {

/// Runs the pipeline spelt `text` without showing its remarks; false if that
/// fails, which has been reported.
[[nodiscard]] inline bool runPipeline(Program &program, llvm::StringRef text) {
  registerAllPasses();
  Context &context = program.getContext();
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  FailureOr<Pipeline> pipeline = parsePipeline(text, context);
  if (failed(pipeline))
    return false;
  PassManager manager(context);
  manager.setPipeline(std::move(*pipeline));
  DiagnosticEngine::Handler handler;
  handler = diagnostics.setHandler([&](const Diagnostic &diagnostic) {
    if (diagnostic.severity != Severity::Remark)
      handler(diagnostic);
  });
  PipelineStatus status = manager.run(program);
  diagnostics.setHandler(std::move(handler));
  return status == PipelineStatus::Success;
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_TRANSFORMS_RUNPIPELINE_H
