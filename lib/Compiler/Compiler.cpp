//===- Compiler.cpp - From a checkpoint to a program ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Compiler/Compiler.h"

#include "espresso/Ops/Verifier.h"

namespace espresso {

namespace {

/// While it lives, remarks are written down as decisions as well.
class DecisionRecorder {
public:
  DecisionRecorder(DiagnosticEngine &engine, std::vector<Decision> &decisions)
      : engine(engine) {
    next = engine.setHandler([this, &decisions](const Diagnostic &diagnostic) {
      if (diagnostic.severity == Severity::Remark)
        decisions.push_back({diagnostic.ruleId,
                             diagnostic.subject.empty()
                                 ? diagnostic.location.getName().str()
                                 : diagnostic.subject,
                             diagnostic.message});
      next(diagnostic);
    });
  }
  ~DecisionRecorder() { engine.setHandler(std::move(next)); }

private:
  DiagnosticEngine &engine;
  DiagnosticEngine::Handler next;
};

} // namespace

static CompileStatus toCompileStatus(PipelineStatus status) {
  switch (status) {
  case PipelineStatus::Success:
    return CompileStatus::Success;
  case PipelineStatus::Failed:
    return CompileStatus::Failed;
  case PipelineStatus::IoError:
    return CompileStatus::IoError;
  case PipelineStatus::Bug:
    return CompileStatus::Bug;
  }
  return CompileStatus::Bug;
}

/// The longest prompt that a host function reads at once; 0 if none does.
static int64_t getPrefillLength(const Program &program) {
  int64_t longest = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    const Block &body = function->getBody();
    Value *ids = body.findInput("ids");
    if (function->getOpset() == Opset::Host && ids && body.findInput("last"))
      longest = std::max(longest, ids->getTensorType().getDim(0));
  }
  return longest;
}

static PlanInfo makePlanInfo(const Checkpoint &checkpoint,
                             const BuildOptions &options) {
  PlanInfo info;
  info.model = checkpoint.config;
  info.dataType = options.dataType;
  info.contextLength = getContextLength(checkpoint.config, options);
  info.numParameters = checkpoint.getNumParameters();
  return info;
}

CompileStatus compileModel(Context &context, const Checkpoint &checkpoint,
                           const CompileOptions &options,
                           CompiledModel &result) {
  FailureOr<Pipeline> pipeline = parsePipeline(
      options.pipeline, context, "<pipeline>", options.passDefaults);
  if (failed(pipeline))
    return CompileStatus::BadPipeline;
  result.pipeline = pipeline->str();

  DiagnosticEngine &diagnostics = context.getDiagnostics();
  result.program = buildModel(context, checkpoint, options.build, diagnostics);
  if (!result.program)
    return CompileStatus::Failed;
  if (failed(verify(*result.program, {.strict = true})))
    return CompileStatus::Bug;
  result.plan = makePlanInfo(checkpoint, options.build);

  PassManager manager(context);
  manager.setPipeline(std::move(*pipeline));
  if (options.instrument)
    options.instrument(manager);
  DecisionRecorder recorder(diagnostics, result.decisions);
  CompileStatus status = toCompileStatus(manager.run(*result.program));
  result.plan.prefillLength = getPrefillLength(*result.program);
  return status;
}

} // namespace espresso
