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
/// fails, which has been reported. Passes that have options of `defaults` take
/// those that the text does not give.
[[nodiscard]] inline bool
runPipeline(Program &program, llvm::StringRef text,
            llvm::ArrayRef<PassOptionValue> defaults = {}) {
  registerAllPasses();
  Context &context = program.getContext();
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  FailureOr<Pipeline> pipeline =
      parsePipeline(text, context, "<pipeline>", defaults);
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

/// Every named pipeline; those that do not take a model to programs, behind one
/// that does. Without those that fill up columns to the engine's minimum, which
/// cost a hundred times as much, which test/EndToEnd runs, and those that make
/// models of the programs of others.
[[nodiscard]] inline std::vector<std::string> getPipelinesOfModels() {
  registerAllPasses();
  std::vector<std::string> texts;
  for (const PipelineInfo *info : PassRegistry::get().getPipelines()) {
    Pipeline pipeline;
    info->build(pipeline);
    std::string passes = pipeline.str();
    if (passes.find("pad-to-minimum") != passes.npos ||
        passes.find("to-model") != passes.npos)
      continue;
    bool makesPrograms = passes.find("split-at-rope") != passes.npos ||
                         passes.find("to-stateful") != passes.npos;
    texts.push_back((makesPrograms ? "" : "O0,") + info->name.str());
  }
  return texts;
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_TRANSFORMS_RUNPIPELINE_H
