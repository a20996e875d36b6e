//===- HeadToolOptions.cpp - Flags of the output head ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/HeadToolOptions.h"

#include "espresso/Tools/ToolOptions.h"
#include "espresso/Transforms/HeadPlacement.h"

namespace espresso {

namespace cl = llvm::cl;

HeadToolOptions::HeadToolOptions(cl::OptionCategory &category)
    : head("head", cl::desc("Where the head runs: auto, ane, ane-tiles=N, cpu"),
           cl::value_desc("place"), cl::init("auto"), cl::cat(category)),
      sampler("sampler",
              cl::desc("What the head yields: logits, or greedy: one token"),
              cl::value_desc("name"), cl::init("logits"), cl::Hidden,
              cl::cat(category)),
      listHeads("list-heads",
                cl::desc("Say where heads of known models run on each chip"),
                cl::Hidden, cl::cat(category)) {}

std::optional<ExitCode> HeadToolOptions::begin() const {
  if (listHeads) {
    llvm::outs() << listHeadPlacements();
    return ExitCode::Success;
  }
  if (!parseHeadRequest(head)) {
    reportToolError("'" + head +
                    "' is no place for a head; try 'auto', 'ane', "
                    "'ane-tiles=N' or 'cpu'");
    return ExitCode::Usage;
  }
  if (sampler == "logits" || sampler == "greedy")
    return std::nullopt;
  reportToolError("'" + sampler + "' is no sampler; try 'logits' or 'greedy'");
  return ExitCode::Usage;
}

std::optional<ExitCode>
HeadToolOptions::checkPipeline(llvm::StringRef pipeline) const {
  if ((head == "auto" && sampler == "logits") ||
      pipeline.contains("place-head"))
    return std::nullopt;
  reportToolError("--head and --sampler change nothing: there is no "
                  "'place-head' in the pipeline");
  return ExitCode::Usage;
}

void HeadToolOptions::addPassDefaults(
    llvm::SmallVectorImpl<PassOptionValue> &defaults) const {
  defaults.push_back({"head", head.getValue()});
  defaults.push_back({"sampler", sampler.getValue()});
}

} // namespace espresso
