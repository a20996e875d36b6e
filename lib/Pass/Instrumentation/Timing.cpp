//===- Timing.cpp - Where the time goes -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --timing[=json]: wall time of each pass of the pipeline, over all functions.
// Verification, printing and the like are not in it.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/Pass/Pipeline.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <chrono>

namespace espresso {
namespace {

class Timing : public PassInstrumentation {
public:
  Timing(ReportFormat format, llvm::raw_ostream &os) : format(format), os(os) {}

  void beforePass(const PassExecution &execution) override {
    start = Clock::now();
  }
  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    stop(execution);
    return PipelineStatus::Success;
  }
  void afterFailure(const PassExecution &execution, bool isBug) override {
    stop(execution);
  }
  void finish(const Pipeline &pipeline) override {
    if (format == ReportFormat::Json)
      printJson(pipeline);
    else
      printText(pipeline);
    rows.clear();
  }

private:
  using Clock = std::chrono::steady_clock;
  struct Row {
    double seconds = 0;
    unsigned executions = 0;
  };

  /// A failure may come after the end of the pass: the first stop counts.
  void stop(const PassExecution &execution) {
    if (!start)
      return;
    std::chrono::duration<double> elapsed = Clock::now() - *start;
    start.reset();
    Row &row = rows[execution.position];
    row.seconds += elapsed.count();
    ++row.executions;
  }

  double getTotal() const {
    double total = 0;
    for (const auto &[position, row] : rows)
      total += row.seconds;
    return total;
  }

  void printText(const Pipeline &pipeline) {
    double total = getTotal();
    os << "Time by pass:\n     seconds   share   runs  pass\n";
    for (const auto &[position, row] : rows)
      os << llvm::formatv("  {0,10:F6}  {1,5:F1}%  {2,5}  {3}\n", row.seconds,
                          total > 0 ? 100 * row.seconds / total : 0.0,
                          row.executions,
                          pipeline.getPasses()[position]->getArgument());
    os << llvm::formatv("  {0,10:F6}  100.0%         total\n", total);
  }

  void printJson(const Pipeline &pipeline) {
    llvm::json::OStream json(os, /*IndentSize=*/2);
    json.object([&] {
      json.attributeArray("timing", [&] {
        for (const auto &[position, row] : rows)
          json.object([&, position = position, row = row] {
            json.attribute("pass",
                           pipeline.getPasses()[position]->getArgument());
            json.attribute("position", position);
            json.attribute("runs", row.executions);
            json.attribute("seconds", row.seconds);
          });
      });
      json.attribute("total", getTotal());
    });
    os << '\n';
  }

  ReportFormat format;
  llvm::raw_ostream &os;
  std::optional<Clock::time_point> start;
  /// By place in the pipeline, in order of first execution.
  llvm::MapVector<unsigned, Row> rows;
};

} // namespace

InstrumentationPtr createTiming(ReportFormat format, llvm::raw_ostream &os) {
  return std::make_unique<Timing>(format, os);
}

} // namespace espresso
