//===- PassStage.cpp - Passes in espresso-opt -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/PassStage.h"

#include "espresso/Pass/Reproducer.h"
#include "espresso/Tools/PassOptions.h"
#include "espresso/Tools/ReportOption.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/Support/MemoryBuffer.h"

namespace espresso {

namespace cl = llvm::cl;

struct PassStage::Options {
  explicit Options(cl::OptionCategory &category)
      : pipeline("pipeline", cl::desc("Passes to run: 'function(a,b{n=4}),c'"),
                 cl::value_desc("passes"), cl::cat(category)),
        listPasses("list-passes", cl::desc("List passes and pipelines"),
                   cl::Hidden, cl::cat(category)),
        dumpPipeline("dump-pipeline",
                     cl::desc("Print the pipeline in its normal form and end"),
                     cl::Hidden, cl::cat(category)),
        runReproducer("run-reproducer",
                      cl::desc("Run what a --reproducer file says, on it"),
                      cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        passes(category, /*checkChanges=*/true) {}

  cl::opt<std::string> pipeline;
  ReportOption listPasses;
  cl::opt<bool> dumpPipeline;
  cl::opt<std::string> runReproducer;
  PassOptions passes;
};

PassStage::PassStage() = default;
PassStage::~PassStage() = default;

void PassStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

/// The pipeline that the reproducer names, or nothing after reporting.
static std::optional<std::string> readReproducer(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    reportToolError("cannot read '" + path +
                    "': " + buffer.getError().message());
    return std::nullopt;
  }
  std::optional<std::string> pipeline =
      findReproducerPipeline((*buffer)->getBuffer());
  if (!pipeline)
    reportToolError("'" + path + "' does not begin like a reproducer");
  return pipeline;
}

std::optional<ExitCode> PassStage::begin(Context &context) {
  ReportFormat listFormat = chooseFormat(options->listPasses.getFormat());
  if (listFormat != ReportFormat::None) {
    std::string list;
    llvm::raw_string_ostream os(list);
    if (listFormat == ReportFormat::Text)
      printPassList(os);
    else
      printPassListAsJson(os);
    return writeReport(list);
  }
  if (std::optional<ExitCode> code = options->passes.check())
    return code;
  std::string text = options->pipeline;
  if (!options->runReproducer.empty()) {
    std::optional<std::string> named = readReproducer(options->runReproducer);
    if (!named)
      return ExitCode::InvalidInput;
    text = *named;
  }
  FailureOr<Pipeline> pipeline = parsePipeline(
      text, context, "--pipeline", getTargetOptions().getPassDefaults());
  if (failed(pipeline))
    return ExitCode::Usage;
  pipelineText = pipeline->str();
  if (!options->dumpPipeline)
    return std::nullopt;
  llvm::outs() << pipelineText << '\n';
  return ExitCode::Success;
}

std::optional<std::string> PassStage::getInput() {
  if (options->runReproducer.empty())
    return std::nullopt;
  return options->runReproducer;
}

ExitCode PassStage::run(Program &program) {
  PassManager manager(program.getContext());
  options->passes.instrument(manager);
  FailureOr<Pipeline> pipeline =
      parsePipeline(pipelineText, program.getContext(), "--pipeline");
  assert(succeeded(pipeline) && "pipelines read back");
  manager.setPipeline(std::move(*pipeline));
  return getExitCode(manager.run(program));
}

} // namespace espresso
