//===- EvaluateStage.cpp - Evaluation in espresso-opt ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/EvaluateStage.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/Eval/RandomTensors.h"
#include "espresso/Tools/ToolOptions.h"

namespace espresso {

namespace cl = llvm::cl;

struct EvaluateStage::Options {
  explicit Options(cl::OptionCategory &category)
      : function("evaluate", cl::ValueOptional,
                 cl::desc("Run a function (the only one, or 'main') and print "
                          "its outputs"),
                 cl::value_desc("function"), cl::cat(category)),
        inputs("input",
               cl::desc("An input for --evaluate, as a typed MIL value"),
               cl::value_desc("name=value"), cl::cat(category)),
        seed("seed",
             cl::desc("Make inputs that are not given: floats in [-1, 1), "
                      "integers from 0 to 7"),
             cl::value_desc("n"), cl::cat(category)),
        numerics("numerics",
                 cl::desc("Arithmetic of --evaluate: fp32, fp16 (as declared), "
                          "fp16-acc16, fp64, ane-q16[:CHOICE=VALUE,...]"),
                 cl::Hidden, cl::init("fp32"), cl::value_desc("arithmetic"),
                 cl::cat(category)) {}

  bool isRequested() const { return function.getNumOccurrences() > 0; }

  cl::opt<std::string> function;
  cl::list<std::string> inputs;
  cl::opt<uint64_t> seed;
  cl::opt<std::string> numerics;
};

EvaluateStage::EvaluateStage() = default;
EvaluateStage::~EvaluateStage() = default;

void EvaluateStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

std::optional<ExitCode> EvaluateStage::begin(Context &context) {
  std::string error;
  std::optional<Numerics> parsed = parseNumerics(options->numerics, error);
  if (!parsed) {
    reportToolError("--numerics: " + error);
    return ExitCode::Usage;
  }
  numerics = *parsed;
  if (options->isRequested() ||
      (options->inputs.empty() && options->seed.getNumOccurrences() == 0 &&
       options->numerics.getNumOccurrences() == 0))
    return std::nullopt;
  reportToolError("--input, --seed and --numerics need --evaluate");
  return ExitCode::Usage;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The inputs that the command line gives; nothing after reporting.
static FailureOr<NamedTensors> parseInputs(const Function &function,
                                           llvm::ArrayRef<std::string> texts) {
  Context &context = function.getContext();
  NamedTensors inputs;
  for (llvm::StringRef text : texts) {
    auto [name, valueText] = text.split('=');
    name = name.trim();
    if (name.empty() || valueText.empty()) {
      reportToolError(("'" + text + "' is not of the form name=value").str());
      return failure();
    }
    if (!function.getBody().findInput(name)) {
      reportToolError(
          ("function '" + function.getName() + "' has no input '" + name + "'")
              .str());
      return failure();
    }
    Attribute value = parseValue(context, valueText, "--input");
    if (!value)
      return failure();
    if (!value.getType().is<TensorType>() || value.getBlob()) {
      reportToolError(("input '" + name + "' is not a tensor").str());
      return failure();
    }
    FailureOr<Tensor> tensor = tensorFromAttribute(value, {NumericsMode::Fp16},
                                                   context.getDiagnostics());
    if (failed(tensor))
      return failure();
    inputs.emplace_back(name.str(), std::move(*tensor));
  }
  return inputs;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// The function to run: the named one, the only one, or 'main'.
static const Function *chooseFunction(const Program &program,
                                      llvm::StringRef name) {
  if (name.empty() && program.getFunctions().size() == 1)
    return program.getFunctions().front().get();
  return program.findFunction(name.empty() ? "main" : name);
}

ExitCode EvaluateStage::run(Program &program) {
  if (!options->isRequested())
    return ExitCode::Success;
  llvm::StringRef name = options->function;
  const Function *function = chooseFunction(program, name);
  if (!function) {
    reportToolError(name.empty()
                        ? "several functions; say which one to "
                          "evaluate"
                        : ("there is no function '" + name + "'").str());
    return ExitCode::Usage;
  }
  Context &context = program.getContext();
  FailureOr<NamedTensors> inputs = parseInputs(*function, options->inputs);
  if (failed(inputs))
    return ExitCode::Usage;
  if (options->seed.getNumOccurrences() > 0) {
    RandomSource random(options->seed);
    addRandomInputs(*function, random, {}, *inputs);
  }
  Evaluator evaluator(program, numerics);
  FailureOr<NamedTensors> outputs = evaluator.run(function->getName(), *inputs);
  if (failed(outputs))
    return ExitCode::Failed;
  llvm::raw_string_ostream os(outputText);
  for (const auto &[outputName, tensor] : *outputs) {
    os << outputName << " = ";
    printAttribute(tensorToAttribute(context, tensor), os);
    os << '\n';
  }
  return ExitCode::Success;
}

bool EvaluateStage::printResult(llvm::raw_ostream &os) {
  if (!options->isRequested())
    return false;
  os << std::exchange(outputText, {});
  return true;
}

} // namespace espresso
