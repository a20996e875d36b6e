//===- Statistics.cpp - What passes counted -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --statistics[=json]: the counters of each pass of the pipeline, in its order.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/Pass/Pipeline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace espresso {
namespace {

class Statistics : public PassInstrumentation {
public:
  Statistics(ReportFormat format, llvm::raw_ostream &os)
      : format(format), os(os) {}

  void finish(const Pipeline &pipeline) override {
    if (format == ReportFormat::Json)
      printJson(pipeline);
    else
      printText(pipeline);
  }

private:
  using Visitor = llvm::function_ref<void(
      const Pass &, const PassStatisticInfo &, uint64_t value)>;

  static void forEach(const Pipeline &pipeline, Visitor visit) {
    for (const std::unique_ptr<Pass> &pass : pipeline.getPasses())
      for (auto [info, statistic] :
           llvm::zip_equal(pass->getInfo().statistics, pass->getStatistics()))
        visit(*pass, info, statistic->get());
  }

  void printText(const Pipeline &pipeline) {
    os << "Statistics:\n";
    forEach(pipeline, [&](const Pass &pass, const PassStatisticInfo &info,
                          uint64_t value) {
      os << llvm::formatv("  {0,8}  {1} {2} ({3})\n", value, pass.getArgument(),
                          info.name, info.help);
    });
  }

  void printJson(const Pipeline &pipeline) {
    llvm::json::OStream json(os, /*IndentSize=*/2);
    json.object([&] {
      json.attributeArray("statistics", [&] {
        forEach(pipeline, [&](const Pass &pass, const PassStatisticInfo &info,
                              uint64_t value) {
          json.object([&] {
            json.attribute("pass", pass.getArgument());
            json.attribute("name", info.name);
            json.attribute("value", static_cast<int64_t>(value));
          });
        });
      });
    });
    os << '\n';
  }

  ReportFormat format;
  llvm::raw_ostream &os;
};

} // namespace

InstrumentationPtr createStatistics(ReportFormat format,
                                    llvm::raw_ostream &os) {
  return std::make_unique<Statistics>(format, os);
}

} // namespace espresso
