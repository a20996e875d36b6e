//===- LintStage.cpp - Ranges and precision in espresso-opt ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/LintStage.h"

#include "espresso/Tools/ToolOptions.h"

namespace espresso {

namespace cl = llvm::cl;

namespace {

/// Where ranges come from, as spelt in --lint and --ranges.
enum class Origin : uint8_t { None, Static, Observed };

} // namespace

struct LintStage::Options {
  explicit Options(cl::OptionCategory &category)
      : lint("lint",
             cl::desc("Say where numbers may be lost: static (default), or "
                      "observed on the inputs of --input and --seed"),
             cl::value_desc("static|observed"), cl::ValueOptional,
             cl::cat(category)),
        ranges("ranges", cl::desc("Print between what values lie; as --lint"),
               cl::value_desc("static|observed"), cl::ValueOptional, cl::Hidden,
               cl::cat(category)),
        assume("assume",
               cl::desc("What --lint and --ranges assume of an input: "
                        "'x=-1:1', or '-1:1' for all"),
               cl::value_desc("name=low:high"), cl::Hidden, cl::cat(category)) {
  }

  cl::opt<std::string> lint;
  cl::opt<std::string> ranges;
  cl::list<std::string> assume;
};

/// What an option asks for; nothing if it is spelt wrong.
static std::optional<Origin> getOrigin(const cl::opt<std::string> &option) {
  if (option.getNumOccurrences() == 0)
    return Origin::None;
  if (option.empty() || option == "static")
    return Origin::Static;
  if (option == "observed")
    return Origin::Observed;
  return std::nullopt;
}

LintStage::LintStage(EvaluateStage &evaluation) : evaluation(evaluation) {}
LintStage::~LintStage() = default;

void LintStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

/// Reads `name=low:high`; false if that is not what it is.
static bool readAssumption(llvm::StringRef text,
                           RangeAssumptions &assumptions) {
  auto [name, bounds] =
      text.contains('=')
          ? text.split('=')
          : std::pair<llvm::StringRef, llvm::StringRef>("", text);
  auto [lowText, highText] = bounds.split(':');
  double low, high;
  if (lowText.trim().getAsDouble(low) || highText.trim().getAsDouble(high) ||
      !(low <= high))
    return false;
  ValueRange range = ValueRange::between(low, high);
  if (name.empty())
    assumptions.others = range;
  else
    assumptions.inputs.emplace_back(name.trim().str(), range);
  return true;
}

std::optional<ExitCode> LintStage::begin(Context &context) {
  bool isObserved = false, isStatic = false;
  for (const cl::opt<std::string> *option :
       {&options->lint, &options->ranges}) {
    std::optional<Origin> origin = getOrigin(*option);
    if (!origin) {
      reportToolError(("--" + option->ArgStr +
                       " expects 'static' or 'observed', found '" +
                       option->getValue() + "'")
                          .str());
      return ExitCode::Usage;
    }
    isObserved |= *origin == Origin::Observed;
    isStatic |= *origin == Origin::Static;
  }
  if (options->lint.getNumOccurrences() > 0 &&
      options->ranges.getNumOccurrences() > 0) {
    reportToolError("--lint and --ranges are two reports; ask for one");
    return ExitCode::Usage;
  }
  if (isObserved)
    evaluation.allowInputs();
  for (const std::string &text : options->assume)
    if (!readAssumption(text, assumptions)) {
      reportToolError(
          "--assume expects 'name=low:high' or 'low:high', found '" + text +
          "'");
      return ExitCode::Usage;
    }
  if (!options->assume.empty() && !isStatic) {
    reportToolError("--assume is for static ranges of --lint and --ranges");
    return ExitCode::Usage;
  }
  return std::nullopt;
}

/// Of all functions, as one: values belong to one function each.
static RangeMap computeAll(llvm::ArrayRef<Function *> functions,
                           const RangeAssumptions &assumptions) {
  RangeMap all;
  for (Function *function : functions)
    all.include(computeRanges(*function, assumptions));
  return all;
}

/// An assumption about an input that no function has is a mistake.
static bool checkAssumptions(llvm::ArrayRef<Function *> functions,
                             const RangeAssumptions &assumptions) {
  for (const auto &[name, range] : assumptions.inputs)
    if (llvm::none_of(functions, [&](Function *function) {
          return function->getBody().findInput(name);
        })) {
      reportToolError("--assume: there is no input '" + name + "'");
      return false;
    }
  return true;
}

ExitCode LintStage::run(Program &program) {
  Origin lint = *getOrigin(options->lint), ranges = *getOrigin(options->ranges);
  if (lint == Origin::None && ranges == Origin::None)
    return ExitCode::Success;
  llvm::SmallVector<Function *> functions;
  for (const auto &function : program.getFunctions())
    functions.push_back(function.get());
  std::optional<RangeMap> map;
  if (lint == Origin::Observed || ranges == Origin::Observed) {
    ExitCode code = evaluation.observe(program, map);
    if (code != ExitCode::Success)
      return code;
  } else {
    if (!checkAssumptions(functions, assumptions))
      return ExitCode::Usage;
    map = computeAll(functions, assumptions);
  }
  if (lint != Origin::None)
    lintAll(program, functions, *map,
            lint == Origin::Observed ? RangeOrigin::Observed
                                     : RangeOrigin::Static);
  else
    printAll(functions, *map);
  return ExitCode::Success;
}

void LintStage::lintAll(Program &program, llvm::ArrayRef<Function *> functions,
                        const RangeMap &ranges, RangeOrigin origin) {
  std::vector<PrecisionFinding> findings;
  for (Function *function : functions)
    // What the host does is not on the engine.
    if (function->getOpset() != Opset::Host)
      llvm::append_range(findings,
                         lintPrecision(*function, ranges,
                                       getTargetOptions().getTarget(), origin));
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  llvm::raw_string_ostream os(outputText);
  if (!prefersJson())
    return report(findings, diagnostics);
  printAsJson(findings, diagnostics.getSourceMgr(), os);
  for (const PrecisionFinding &finding : findings)
    if (finding.severity == Severity::Error)
      finalCode = ExitCode::Failed;
}

void LintStage::printAll(llvm::ArrayRef<Function *> functions,
                         const RangeMap &ranges) {
  llvm::raw_string_ostream os(outputText);
  if (prefersJson())
    return printRangesAsJson(functions, ranges, os);
  for (Function *function : functions)
    printRanges(*function, ranges, os);
}

bool LintStage::printResult(llvm::raw_ostream &os) {
  if (*getOrigin(options->lint) == Origin::None &&
      *getOrigin(options->ranges) == Origin::None)
    return false;
  os << std::exchange(outputText, {});
  return true;
}

} // namespace espresso
