//===- PrintRanges.cpp - Ranges and findings for people and tools ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/PrecisionLint.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

#include <cmath>

namespace espresso {

//===----------------------------------------------------------------------===//
// Findings
//===----------------------------------------------------------------------===//

static std::string getHelp(const ane::Rule &rule) {
  std::string help = rule.rewrite.str();
  if (!rule.pass.empty())
    help += ": " + ("--pipeline=" + rule.pass).str();
  return help;
}

void report(llvm::ArrayRef<PrecisionFinding> findings,
            DiagnosticEngine &diagnostics) {
  for (const PrecisionFinding &finding : findings) {
    const ane::Rule &rule = ane::getRule(finding.rule);
    InFlightDiagnostic diag =
        diagnostics.emit(finding.severity, finding.op->getLocation());
    diag << finding.message;
    diag.setRule(rule.name);
    if (!rule.rewrite.empty())
      diag.addHelp(getHelp(rule));
  }
}

static llvm::StringRef getName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  case Severity::Note:
    return "note";
  case Severity::Help:
    return "help";
  }
  llvm_unreachable("every severity has a name");
}

static void writePlace(Location location, const llvm::SourceMgr &sources,
                       llvm::json::OStream &json) {
  if (!location.hasText()) {
    if (!location.getName().empty())
      json.attribute("place", location.getName());
    return;
  }
  unsigned buffer = sources.FindBufferContainingLoc(location.getStart());
  auto [line, column] = sources.getLineAndColumn(location.getStart(), buffer);
  json.attribute("file",
                 sources.getMemoryBuffer(buffer)->getBufferIdentifier());
  json.attribute("line", line);
  json.attribute("column", column);
}

void printAsJson(llvm::ArrayRef<PrecisionFinding> findings,
                 const llvm::SourceMgr &sources, llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeArray("findings", [&] {
      for (const PrecisionFinding &finding : findings)
        json.object([&] {
          const ane::Rule &rule = ane::getRule(finding.rule);
          json.attribute("rule", rule.name);
          json.attribute("severity", getName(finding.severity));
          json.attribute("function", finding.op->getFunction()->getName());
          json.attribute("operation", finding.op->getName());
          if (finding.op->getNumResults() > 0)
            json.attribute("value", finding.op->getResult()->getName());
          writePlace(finding.op->getLocation(), sources, json);
          json.attribute("message", finding.message);
          json.attribute("rewrite", rule.rewrite);
          json.attribute("pass", rule.pass);
        });
    });
  });
  os << '\n';
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Visits what has a range: inputs, then results, in the order of the text.
static void forEachFloat(Function &function,
                         llvm::function_ref<void(const Value &)> visit) {
  auto visitIfFloat = [&](const Value &value) {
    TensorType type = value.getTensorType();
    if (type && isFloat(type.getElementType()))
      visit(value);
  };
  for (const auto &input : function.getBody().getInputs())
    visitIfFloat(*input);
  function.walk([&](Operation &op) {
    for (const auto &result : op.getResults())
      visitIfFloat(*result);
  });
}

static void printBound(double value, llvm::raw_ostream &os) {
  if (std::isfinite(value))
    os << llvm::format("%.6g", value);
  else
    os << (value < 0 ? "-inf" : "inf");
}

void printRanges(Function &function, const RangeMap &ranges,
                 llvm::raw_ostream &os) {
  os << "func " << function.getName() << '\n';
  forEachFloat(function, [&](const Value &value) {
    os << "  " << value.getName() << ": " << value.getType() << ' ';
    const ValueRange *range = ranges.find(value);
    if (!range ||
        (!range->isBounded() && !range->rms && range->low == -range->high)) {
      os << "unknown\n";
      return;
    }
    os << '[';
    printBound(range->low, os);
    os << ", ";
    printBound(range->high, os);
    os << ']';
    if (range->rms)
      os << " rms " << llvm::format("%.4g", *range->rms);
    if (range->accumulator != 0 && std::isfinite(range->accumulator))
      os << " sums to " << llvm::format("%.4g", range->accumulator);
    os << '\n';
  });
}

static void writeNumber(llvm::StringRef key, double value,
                        llvm::json::OStream &json) {
  if (std::isfinite(value))
    json.attribute(key, value);
  else
    json.attribute(key, nullptr);
}

void printRangesAsJson(llvm::ArrayRef<Function *> functions,
                       const RangeMap &ranges, llvm::raw_ostream &os) {
  static const ValueRange kUnknown;
  llvm::json::OStream json(os, /*IndentSize=*/2);
  auto writeValue = [&](const Value &value) {
    json.object([&] {
      const ValueRange *known = ranges.find(value);
      const ValueRange &range = known ? *known : kUnknown;
      json.attribute("name", value.getName());
      json.attribute("type", value.getType().str());
      writeNumber("low", range.low, json);
      writeNumber("high", range.high, json);
      writeNumber("rms", range.rms ? *range.rms : std::nan(""), json);
      if (range.accumulator != 0)
        writeNumber("accumulator", range.accumulator, json);
    });
  };
  json.object([&] {
    json.attributeArray("functions", [&] {
      for (Function *function : functions)
        json.object([&] {
          json.attribute("name", function->getName());
          json.attributeArray("values",
                              [&] { forEachFloat(*function, writeValue); });
        });
    });
  });
  os << '\n';
}

} // namespace espresso
