//===- PassManager.cpp - Running passes -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/PassManager.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/PrettyStackTrace.h"

namespace espresso {

PassInstrumentation::~PassInstrumentation() = default;

std::string PassExecution::getSubject() const {
  return function ? ("function '" + function->getName() + "'").str()
                  : "program";
}

//===----------------------------------------------------------------------===//
// One execution
//===----------------------------------------------------------------------===//

/// The pass itself, and the promise that failure and errors come together.
PipelineStatus PassManager::runPass(Pass &pass, const PassExecution &execution,
                                    PassResult &result) {
  std::string trace =
      (pass.getArgument() + " on ").str() + execution.getSubject();
  llvm::PrettyStackTraceFormat traceEntry("Running pass %s", trace.c_str());
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  unsigned errorsBefore = diagnostics.getNumErrors();
  PassContext passContext(pass, diagnostics);
  bool survived = llvm::CrashRecoveryContext().RunSafely([&] {
    result = execution.function
                 ? static_cast<FunctionPass &>(pass).run(*execution.function,
                                                         passContext)
                 : static_cast<ProgramPass &>(pass).run(execution.program,
                                                        passContext);
  });
  if (!survived) {
    diagnostics.emitError(Location())
        << "pass '" << pass.getArgument() << "' crashed on "
        << execution.getSubject();
    return PipelineStatus::Bug;
  }
  bool reportedErrors = diagnostics.getNumErrors() != errorsBefore;
  bool hasFailed = result == PassResult::Failed;
  if (hasFailed && !reportedErrors) {
    diagnostics.emitError(Location())
        << "pass '" << pass.getArgument() << "' failed without saying why";
    return PipelineStatus::Bug;
  }
  if (!hasFailed && reportedErrors) {
    diagnostics.emitError(Location())
        << "pass '" << pass.getArgument()
        << "' reported an error and yet did not fail";
    return PipelineStatus::Bug;
  }
  return hasFailed ? PipelineStatus::Failed : PipelineStatus::Success;
}

PipelineStatus PassManager::runAfterHooks(const PassExecution &execution,
                                          PassResult result) {
  for (auto &hooks : llvm::reverse(instrumentations)) {
    PipelineStatus status = hooks->afterPass(execution, result);
    if (status != PipelineStatus::Success)
      return status;
  }
  return PipelineStatus::Success;
}

PipelineStatus PassManager::execute(size_t position, Program &program,
                                    Function *function) {
  Pass &pass = *pipeline.getPasses()[position];
  PassExecution execution{++numExecutions, static_cast<unsigned>(position),
                          pass, program, function};
  bool wanted = true;
  for (auto &hooks : instrumentations)
    wanted &= hooks->shouldRun(execution);
  if (!wanted)
    return PipelineStatus::Success;
  for (auto &hooks : instrumentations)
    hooks->beforePass(execution);
  PassResult result = PassResult::Unchanged;
  PipelineStatus status = runPass(pass, execution, result);
  if (status == PipelineStatus::Success)
    status = runAfterHooks(execution, result);
  if (status == PipelineStatus::Failed || status == PipelineStatus::Bug)
    for (auto &hooks : llvm::reverse(instrumentations))
      hooks->afterFailure(execution, status == PipelineStatus::Bug);
  return status;
}

//===----------------------------------------------------------------------===//
// The pipeline
//===----------------------------------------------------------------------===//

/// Runs the function passes [begin, end) on each function in turn.
PipelineStatus PassManager::runOnFunctions(Program &program, size_t begin,
                                           size_t end) {
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    for (size_t i = begin; i < end; ++i) {
      PipelineStatus status = execute(i, program, function.get());
      if (status != PipelineStatus::Success)
        return status;
    }
  return PipelineStatus::Success;
}

PipelineStatus PassManager::runPasses(Program &program) {
  llvm::ArrayRef<std::unique_ptr<Pass>> passes = pipeline.getPasses();
  for (size_t begin = 0; begin < passes.size();) {
    size_t end = begin;
    while (end < passes.size() &&
           passes[end]->getScope() == PassScope::Function)
      ++end;
    PipelineStatus status = end == begin
                                ? execute(begin, program, /*function=*/nullptr)
                                : runOnFunctions(program, begin, end);
    if (status != PipelineStatus::Success)
      return status;
    begin = std::max(end, begin + 1);
  }
  return PipelineStatus::Success;
}

PipelineStatus PassManager::run(Program &program) {
  auto finish = llvm::make_scope_exit([&] {
    for (auto &hooks : instrumentations)
      hooks->finish(pipeline);
  });
  PipelineStatus status = PipelineStatus::Success;
  for (auto &hooks : instrumentations)
    if (status == PipelineStatus::Success)
      status = hooks->beforePipeline(pipeline, program);
  if (status == PipelineStatus::Success)
    status = runPasses(program);
  for (auto &hooks : llvm::reverse(instrumentations))
    if (status == PipelineStatus::Success)
      status = hooks->afterPipeline(pipeline, program);
  return status;
}

} // namespace espresso
