//===- StatsStage.cpp - Statistics in espresso-opt ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/StatsStage.h"

#include "espresso/Analysis/ProgramStats.h"
#include "espresso/Tools/ReportOption.h"

namespace espresso {

namespace cl = llvm::cl;

struct StatsStage::Options {
  explicit Options(cl::OptionCategory &category)
      : stats("stats",
              cl::desc("Print counts of operations, weights and FLOPs in place "
                       "of the program"),
              cl::cat(category)) {}

  ReportOption stats;
};

StatsStage::StatsStage() = default;
StatsStage::~StatsStage() = default;

void StatsStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

ExitCode StatsStage::run(Program &program) {
  ReportFormat format = chooseFormat(options->stats.getFormat());
  if (format == ReportFormat::None)
    return ExitCode::Success;
  outputText.clear();
  llvm::raw_string_ostream os(outputText);
  ProgramStats stats = computeStats(program);
  if (format == ReportFormat::Text) {
    printStats(stats, os);
    return ExitCode::Success;
  }
  llvm::json::OStream json(os, /*IndentSize=*/2);
  printStatsAsJson(stats, json);
  os << '\n';
  return ExitCode::Success;
}

bool StatsStage::printResult(llvm::raw_ostream &os) {
  os << outputText;
  return !outputText.empty();
}

} // namespace espresso
