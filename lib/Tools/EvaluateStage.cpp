//===- EvaluateStage.cpp - Evaluation in espresso-opt ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/EvaluateStage.h"

#include "EvaluateRunner.h"

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
               cl::desc("An input for --evaluate: a typed MIL value, @file, or "
                        "'step'"),
               cl::value_desc("name=value"), cl::cat(category)),
        inputArchive("inputs", cl::desc("A .npz file of inputs"),
                     cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        states("state", cl::desc("What a state begins with, as --input"),
               cl::value_desc("name=value"), cl::Hidden, cl::cat(category)),
        stateArchive("states", cl::desc("A .npz file of states"),
                     cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        feeds("feed",
              cl::desc("An input that is an output, or its argmax, of the "
                       "step before"),
              cl::value_desc("input=output"), cl::Hidden, cl::cat(category)),
        steps("steps", cl::desc("Run so often, with the states kept"),
              cl::value_desc("n"), cl::Hidden, cl::cat(category)),
        seed("seed", cl::desc("Make inputs that are not given"),
             cl::value_desc("n"), cl::cat(category)),
        distribution("distribution",
                     cl::desc("Of these: standard, corners, uniform:A:B, "
                              "normal:M:D, constant:C"),
                     cl::value_desc("d"), cl::Hidden, cl::cat(category)),
        numerics("numerics",
                 cl::desc("Arithmetic of --evaluate: fp32, fp16 (as declared), "
                          "fp16-acc16, fp64, ane-q16[:CHOICE=VALUE,...]"),
                 cl::Hidden, cl::init("fp32"), cl::value_desc("arithmetic"),
                 cl::cat(category)),
        print("print", cl::desc("How outputs are printed:"), cl::Hidden,
              cl::init(EvaluatePrint::Values),
              cl::values(clEnumValN(EvaluatePrint::Values, "values",
                                    "as MIL values (default)"),
                         clEnumValN(EvaluatePrint::Summary, "summary",
                                    "their range and mean"),
                         clEnumValN(EvaluatePrint::Argmax, "argmax",
                                    "where their largest element is"),
                         clEnumValN(EvaluatePrint::None, "none", "")),
              cl::cat(category)),
        saveOutputs("save-outputs", cl::desc("Write outputs to .npz or .npy"),
                    cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        saveStates("save-states", cl::desc("Write states at the end to .npz"),
                   cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        compare("compare",
                cl::desc("Compare with a .npz or .npy file, or with what "
                         "another program computes; exit code 1 if it differs"),
                cl::value_desc("file"), cl::Hidden, cl::cat(category)),
        compareNumerics("compare-numerics",
                        cl::desc("Compare with another arithmetic"), cl::Hidden,
                        cl::value_desc("arithmetic"), cl::cat(category)),
        absolute("atol", cl::desc("Absolute difference that is allowed"),
                 cl::value_desc("x"), cl::init(0), cl::Hidden,
                 cl::cat(category)),
        relative("rtol", cl::desc("Relative difference that is allowed"),
                 cl::value_desc("x"), cl::init(0), cl::Hidden,
                 cl::cat(category)) {}

  bool isRequested() const { return function.getNumOccurrences() > 0; }
  bool comparesFile() const {
    return llvm::StringRef(compare).ends_with(".npz") ||
           llvm::StringRef(compare).ends_with(".npy");
  }
  bool comparesProgram() const {
    return compareNumerics.getNumOccurrences() > 0 ||
           (!compare.empty() && !comparesFile());
  }
  EvaluateRunOptions getRunOptions() const;
  EvaluateInputOptions getInputOptions() const;
  /// An option that was given and means something only with --evaluate, or
  /// null; those of inputs may serve something else.
  const cl::Option *findDependent(bool inputsAllowed) const;

  cl::opt<std::string> function;
  cl::list<std::string> inputs;
  cl::opt<std::string> inputArchive;
  cl::list<std::string> states;
  cl::opt<std::string> stateArchive;
  cl::list<std::string> feeds;
  cl::opt<unsigned> steps;
  cl::opt<uint64_t> seed;
  cl::opt<std::string> distribution;
  cl::opt<std::string> numerics;
  cl::opt<EvaluatePrint> print;
  cl::opt<std::string> saveOutputs;
  cl::opt<std::string> saveStates;
  cl::opt<std::string> compare;
  cl::opt<std::string> compareNumerics;
  cl::opt<double> absolute;
  cl::opt<double> relative;

  // As parsed: of the function, and of what it is compared with.
  Numerics arithmetic;
  Numerics otherArithmetic;
};

EvaluateInputOptions EvaluateStage::Options::getInputOptions() const {
  EvaluateInputOptions result;
  result.inputs.assign(inputs.begin(), inputs.end());
  result.states.assign(states.begin(), states.end());
  result.inputArchive = inputArchive;
  result.stateArchive = stateArchive;
  result.feeds.assign(feeds.begin(), feeds.end());
  if (seed.getNumOccurrences() > 0)
    result.seed = seed;
  if (std::optional<Distribution> parsed = Distribution::parse(distribution))
    result.distribution = *parsed;
  result.numSteps = steps;
  return result;
}

const cl::Option *
EvaluateStage::Options::findDependent(bool inputsAllowed) const {
  auto findGiven = [](llvm::ArrayRef<const cl::Option *> some) {
    const auto *found = llvm::find_if(some, [](const cl::Option *option) {
      return option->getNumOccurrences() > 0;
    });
    return found == some.end() ? nullptr : *found;
  };
  // A list's own operator& gives something else.
  if (!inputsAllowed)
    if (const cl::Option *given = findGiven(
            {std::addressof(inputs), &inputArchive, &seed, &distribution}))
      return given;
  return findGiven({std::addressof(states), &stateArchive,
                    std::addressof(feeds), &steps, &numerics, &print,
                    &saveOutputs, &saveStates, &compare, &compareNumerics,
                    &absolute, &relative});
}

EvaluateStage::EvaluateStage() = default;
EvaluateStage::~EvaluateStage() = default;

void EvaluateStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

static ExitCode usage(const llvm::Twine &message) {
  reportToolError(message.str());
  return ExitCode::Usage;
}

EvaluateRunOptions EvaluateStage::Options::getRunOptions() const {
  EvaluateRunOptions result;
  result.arithmetic = arithmetic;
  result.otherArithmetic = otherArithmetic;
  // What is compared is printed only if asked for.
  bool isCompared = comparesFile() || comparesProgram();
  result.print = isCompared && print.getNumOccurrences() == 0
                     ? EvaluatePrint::None
                     : print;
  result.tolerance = {.absolute = absolute, .relative = relative};
  if (comparesFile())
    result.compareFile = compare;
  result.saveOutputs = saveOutputs;
  result.saveStates = saveStates;
  return result;
}

/// Sets `result` to what `option` says; the exit code after reporting.
static std::optional<ExitCode>
parseArithmetic(const cl::opt<std::string> &option, Numerics &result) {
  std::string error;
  std::optional<Numerics> parsed = parseNumerics(option, error);
  if (!parsed)
    return usage("--" + option.ArgStr + ": " + error);
  result = *parsed;
  return std::nullopt;
}

std::optional<ExitCode> EvaluateStage::begin(Context &context) {
  if (auto code = parseArithmetic(options->numerics, options->arithmetic))
    return code;
  options->otherArithmetic = options->arithmetic;
  if (options->compareNumerics.getNumOccurrences() > 0)
    if (auto code =
            parseArithmetic(options->compareNumerics, options->otherArithmetic))
      return code;
  if (!options->isRequested()) {
    const cl::Option *dependent = options->findDependent(inputsAllowed);
    if (!dependent)
      return std::nullopt;
    return usage("'--" + dependent->ArgStr + "' needs --evaluate");
  }
  if (options->distribution.getNumOccurrences() > 0) {
    if (!Distribution::parse(options->distribution))
      return usage("'" + options->distribution +
                   "' is no distribution: standard, corners, uniform:A:B, "
                   "normal:M:D, constant:C");
    if (options->seed.getNumOccurrences() == 0)
      return usage("'--distribution' needs --seed");
  }
  if (options->steps.getNumOccurrences() > 0 && options->steps == 0)
    return usage("'--steps' must be at least 1");
  if (!(options->absolute >= 0 && options->relative >= 0))
    return usage("'--atol' and '--rtol' must not be negative");
  if (options->comparesFile() && options->compareNumerics.getNumOccurrences())
    return usage("'--compare-numerics' does not go with a file of tensors");
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// The function to run: the named one, the only one, or 'main'.
static Function *chooseFunction(const Program &program, llvm::StringRef name) {
  if (name.empty() && program.getFunctions().size() == 1)
    return program.getFunctions().front().get();
  return program.findFunction(name.empty() ? "main" : name);
}

/// The function that the chosen one is compared with.
const Function *EvaluateStage::findReference(const Function &function,
                                             ReadResult &read) {
  if (options->compare.empty())
    return &function;
  read = readProgram(options->compare);
  if (read.code != ExitCode::Success)
    return nullptr;
  const Function *reference = read.program->findFunction(function.getName());
  if (!reference)
    read.code = usage("'" + options->compare + "' has no function '" +
                      function.getName() + "'");
  return reference;
}

ExitCode EvaluateStage::observe(Program &program,
                                std::optional<RangeMap> &ranges) {
  const Function *chosen = chooseFunction(program, options->function);
  if (!chosen)
    return usage("several functions; say which one to evaluate");
  EvaluateInputs inputs;
  if (auto code =
          EvaluateInputs::create(*chosen, options->getInputOptions(), inputs))
    return *code;
  FailureOr<NamedTensors> first = inputs.makeStep(0, {});
  if (failed(first))
    return ExitCode::Usage;
  Function *function = program.findFunction(chosen->getName());
  FailureOr<RangeMap> observed = observeRanges(program, *function, *first);
  if (failed(observed))
    return ExitCode::Failed;
  ranges = std::move(*observed);
  return ExitCode::Success;
}

ExitCode EvaluateStage::run(Program &program) {
  if (!options->isRequested())
    return ExitCode::Success;
  llvm::StringRef name = options->function;
  const Function *function = chooseFunction(program, name);
  if (!function)
    return name.empty() ? usage("several functions; say which one to evaluate")
                        : usage("there is no function '" + name + "'");
  EvaluateInputs inputs;
  if (auto code =
          EvaluateInputs::create(*function, options->getInputOptions(), inputs))
    return *code;
  ReadResult read;
  const Function *reference = nullptr;
  if (options->comparesProgram() &&
      !(reference = findReference(*function, read)))
    return read.code;
  EvaluateRunOptions runOptions = options->getRunOptions();
  EvaluateRunner runner(runOptions, *function, reference);
  llvm::raw_string_ostream os(outputText);
  ExitCode code = runner.run(inputs, os);
  areDifferent |= runner.hasDifference();
  return code;
}

bool EvaluateStage::printResult(llvm::raw_ostream &os) {
  if (!options->isRequested())
    return false;
  os << std::exchange(outputText, {});
  return true;
}

ExitCode EvaluateStage::getFinalExitCode() const {
  return areDifferent ? ExitCode::Failed : ExitCode::Success;
}

} // namespace espresso
