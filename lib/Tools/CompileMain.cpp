//===- CompileMain.cpp - The driver of espresso-compile -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/CompileMain.h"

#include "Inspect.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/Compiler/Compiler.h"
#include "espresso/Export/ProgramText.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Model/ModelRegistry.h"
#include "espresso/Proto/Package.h"
#include "espresso/Support/AbslStrings.h"
#include "espresso/Tools/HeadToolOptions.h"
#include "espresso/Tools/OutputFile.h"
#include "espresso/Tools/PassOptions.h"
#include "espresso/Tools/Progress.h"
#include "espresso/Tools/ReportOption.h"
#include "espresso/Tools/TargetOptions.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"

#include <optional>
#include <variant>

namespace espresso {

namespace cl = llvm::cl;

namespace {

enum class Emit : uint8_t { Bundle, MlPackage, Mil, MilWeights };

struct CompileToolOptions {
  cl::OptionCategory category{"Compiler options"};
  cl::opt<std::string> input{cl::Positional, cl::desc("MODEL"),
                             cl::cat(category)};
  cl::opt<std::string> config{
      "config",
      cl::desc("Instead of MODEL: the shape of a known model (--list-configs), "
               "with made-up weights"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<bool> listConfigs{"list-configs",
                            cl::desc("List what --config knows"), cl::Hidden,
                            cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Where to write"),
                              cl::value_desc("path"), cl::cat(category)};
  cl::opt<Emit> emit{
      "emit", cl::desc("What to write:"),
      cl::values(
          clEnumValN(Emit::Bundle, "bundle", "programs, plan, weights"),
          clEnumValN(Emit::MlPackage, "mlpackage", "one Core ML package"),
          clEnumValN(Emit::Mil, "mil", "the program as text, without weights"),
          clEnumValN(Emit::MilWeights, "mil-weights",
                     "a directory with program.mil and its weights")),
      cl::init(Emit::Bundle), cl::cat(category)};
  // Not an enumeration: the library would give each value a line of the help.
  cl::opt<std::string> dataType{
      "dtype", cl::desc("Type of weights and activations (default fp16)"),
      cl::value_desc("fp16|fp32"), cl::init("fp16"), cl::cat(category)};
  cl::opt<unsigned> context{
      "context",
      cl::desc(
          "Positions in the cache (default: the model's, from 512 to 4096)"),
      cl::value_desc("n"), cl::cat(category)};
  cl::opt<unsigned> prefill{
      "prefill",
      cl::desc("Prompt tokens taken at once, 0 for one by one (default 32)"),
      cl::value_desc("n"), cl::init(kDefaultPrefillLength), cl::cat(category)};
  cl::opt<std::string> tokenizer{
      "tokenizer",
      cl::desc("Vocabulary of a model that brings none (default: a file "
               "beside it, see docs/Formats.md)"),
      cl::value_desc("file"), cl::cat(category)};
  HeadToolOptions head{category};
  cl::opt<std::string> pipeline{
      "pipeline",
      cl::desc("Passes to run (default 'ane', or what --emit calls for)"),
      cl::value_desc("text"), cl::cat(category)};
  cl::opt<std::string> level{
      "O", cl::Prefix,
      cl::desc("The pipeline O<n>: 0 only what is needed, 1 clean, 2 joined "
               "programs (as 'ane'), 3 whole layers"),
      cl::value_desc("0-3"), cl::cat(category)};
  cl::opt<bool> dumpPipeline{
      "dump-pipeline", cl::desc("Print the passes that would run, and end"),
      cl::cat(category), cl::Hidden};
  ReportOption inspect{"inspect",
                       cl::desc("Print what MODEL is, and compile nothing"),
                       cl::cat(category)};
  TargetOptions target{category};
  PassOptions passes{category, /*checkChanges=*/false};
};

} // namespace

static constexpr llvm::StringLiteral kOverview =
    "Compiles a language model (GGUF, Hugging Face folder, llama2.c) to a "
    "bundle "
    "of\nMIL programs for the Apple Neural Engine, with a plan to run it on a "
    "CPU.\n";

static constexpr llvm::StringLiteral kExamples =
    "  espresso-compile model.gguf -o model.espresso\n"
    "  espresso-compile folder --emit=mlpackage -o model.mlpackage\n";

static std::optional<DataType> getDataType(const CompileToolOptions &options) {
  std::optional<DataType> type = parseDataType(options.dataType.getValue());
  bool isKnown = type == DataType::Float16 || type == DataType::Float32;
  return isKnown ? type : std::nullopt;
}

/// Complains about a pipeline that is given twice, or as a level there is not.
static bool checkLevel(const CompileToolOptions &options) {
  if (options.level.getNumOccurrences() != 0 &&
      options.pipeline.getNumOccurrences() != 0) {
    reportToolError("'-O' and '--pipeline' were given; one of them will do");
    return false;
  }
  if (options.level.getNumOccurrences() != 0 &&
      !llvm::is_contained({"0", "1", "2", "3"}, options.level.getValue())) {
    reportToolError("'-O" + options.level +
                    "' is no level; there is -O0 to -O3");
    return false;
  }
  return true;
}

/// Complains about options that contradict each other or lack a partner.
static bool checkOptions(const CompileToolOptions &options) {
  if (options.input.empty() && options.config.empty()) {
    reportToolError("no model was given; try --help");
    return false;
  }
  if (!options.input.empty() && !options.config.empty()) {
    reportToolError("a model and '--config' were given; one of them will do");
    return false;
  }
  if (!getDataType(options)) {
    reportToolError("expected '--dtype=fp16' or '--dtype=fp32', found '" +
                    options.dataType + "'");
    return false;
  }
  if (options.inspect.getFormat() != ReportFormat::None) {
    if (options.input.empty())
      reportToolError("'--inspect' needs a model; '--config' is none");
    return !options.input.empty();
  }
  if (options.emit == Emit::Mil)
    return true;
  bool isPackage = options.emit == Emit::MlPackage;
  bool isBundle = options.emit == Emit::Bundle;
  std::string what = isPackage ? "a package" : isBundle ? "a bundle" : "it";
  if (options.output.empty()) {
    reportToolError(std::string("no output was given; add '-o NAME") +
                    (isPackage  ? ".mlpackage'"
                     : isBundle ? ".espresso'"
                                : "'"));
    return false;
  }
  if (options.output == "-") {
    reportToolError(what + " is a directory and cannot be written to stdout");
    return false;
  }
  return true;
}

static ExitCode toExitCode(CompileStatus status) {
  switch (status) {
  case CompileStatus::Success:
    return ExitCode::Success;
  case CompileStatus::Failed:
    return ExitCode::Failed;
  case CompileStatus::BadPipeline:
    return ExitCode::Usage;
  case CompileStatus::IoError:
    return ExitCode::OutputError;
  case CompileStatus::Bug:
    return ExitCode::Bug;
  }
  return ExitCode::Bug;
}

/// Reports a failure, unless a diagnostic has said why.
static ExitCode finishWrite(const absl::Status &status) {
  if (!status.ok() && !status.message().empty() && !absl::IsAborted(status))
    reportToolError(toStringRef(status.message()));
  return getExitCodeForWrite(status);
}

static ExitCode emitText(const CompiledModel &model, llvm::StringRef output) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(*model.program, os);
  os << '\n';
  return finishWrite(
      writeOutput(output.empty() ? llvm::StringRef("-") : output, text));
}

/// A model for text or a package, neither of which has a vocabulary in it.
static FailureOr<Checkpoint>
readWithoutVocabulary(const CompileToolOptions &options,
                      DiagnosticEngine &diagnostics) {
  FailureOr<Inspection> model =
      inspect(options.input, options.tokenizer, diagnostics);
  if (failed(model))
    return failure();
  if (!model->vocabularyProblem.empty()) {
    Diagnostic remark;
    remark.severity = Severity::Remark;
    remark.subject = options.input;
    remark.ruleId = "no-vocabulary";
    remark.message = "the vocabulary cannot be read, which what is written "
                     "does not need: " +
                     model->vocabularyProblem;
    diagnostics.report(std::move(remark));
  }
  return std::move(model->checkpoint);
}

/// The model that the command line names. Reports what is wrong with it.
static std::variant<Checkpoint, ExitCode>
getCheckpoint(const CompileToolOptions &options,
              DiagnosticEngine &diagnostics) {
  if (options.config.empty()) {
    FailureOr<Checkpoint> checkpoint =
        options.emit == Emit::Bundle
            ? readCheckpoint(options.input,
                             {.tokenizerPath = options.tokenizer}, diagnostics)
            : readWithoutVocabulary(options, diagnostics);
    if (failed(checkpoint))
      return ExitCode::InvalidInput;
    return std::move(*checkpoint);
  }
  if (std::optional<ModelConfig> config = findRegisteredConfig(options.config))
    return makeSyntheticCheckpoint(*config);
  std::string message = "no configuration is named '" + options.config + "'";
  std::string suggestion = suggestRegisteredConfig(options.config);
  message += suggestion.empty() ? "; try --list-configs"
                                : "; did you mean '" + suggestion + "'?";
  reportToolError(message);
  return ExitCode::Usage;
}

static size_t countPrograms(const Program &program) {
  return llvm::count_if(program.getFunctions(), [](const auto &function) {
    return isIOS(function->getOpset());
  });
}

static ExitCode emitBundle(const Checkpoint &checkpoint,
                           const CompiledModel &model, llvm::StringRef output,
                           const ToolOptions &tool) {
  absl::Status status;
  {
    ProgressLine line("writing weights", tool.wantsProgress());
    BundleContents contents{.program = *model.program,
                            .tokenizer = checkpoint.tokenizer,
                            .plan = model.plan,
                            .decisions = model.decisions,
                            .pipeline = model.pipeline,
                            .progress = [&](uint64_t done, uint64_t total) {
                              line.update(done, total);
                            }};
    status = writeBundle(contents, output);
  }
  if (!status.ok() && !status.message().empty())
    reportToolError(toStringRef(status.message()));
  if (status.ok() && !tool.isQuiet())
    llvm::errs() << llvm::formatv(
        "{0}: {1} programs, {2} parameters, {3}\n", output,
        countPrograms(*model.program), model.plan.numParameters,
        llvm::StringRef(getName(model.plan.dataType)));
  return getExitCodeForWrite(status);
}

/// What runs if no pipeline is given.
static std::string getPipeline(const CompileToolOptions &options) {
  if (options.level.getNumOccurrences() != 0)
    return "O" + options.level.getValue();
  if (options.pipeline.getNumOccurrences() != 0)
    return options.pipeline;
  return options.emit == Emit::MlPackage ? kPackagePipeline.str()
                                         : kDefaultPipeline.str();
}

static ExitCode emitPackage(CompiledModel model, llvm::StringRef output,
                            const ToolOptions &tool) {
  ModelDocument document(std::move(model.program));
  absl::Status status = writePackage(document, output);
  if (status.ok() && !tool.isQuiet())
    llvm::errs() << llvm::formatv(
        "{0}: {1} functions, {2} parameters, {3}\n", output,
        document.getProgram().getFunctions().size(), model.plan.numParameters,
        llvm::StringRef(getName(model.plan.dataType)));
  return finishWrite(status);
}

static ExitCode inspectModel(const CompileToolOptions &options,
                             DiagnosticEngine &diagnostics) {
  FailureOr<Inspection> inspection =
      inspect(options.input, options.tokenizer, diagnostics);
  if (failed(inspection))
    return ExitCode::InvalidInput;
  std::string text;
  llvm::raw_string_ostream os(text);
  if (options.inspect.getFormat() == ReportFormat::Json)
    printInspectionAsJson(*inspection, os);
  else
    printInspection(*inspection, os);
  return writeReport(text);
}

/// Everything but the instrumentation.
static CompileOptions getCompileOptions(const CompileToolOptions &options) {
  CompileOptions compile;
  compile.build.dataType = getDataType(options).value_or(DataType::Float16);
  compile.build.contextLength = options.context;
  compile.build.prefillLength = options.prefill;
  compile.pipeline = getPipeline(options);
  compile.passDefaults = options.target.getPassDefaults();
  options.head.addPassDefaults(compile.passDefaults);
  return compile;
}

/// Prints the pipeline that would run, spelt out.
static ExitCode dumpPipeline(const CompileOptions &options, Context &context) {
  FailureOr<Pipeline> pipeline = parsePipeline(
      options.pipeline, context, "<pipeline>", options.passDefaults);
  if (failed(pipeline))
    return ExitCode::Usage;
  return finishWrite(writeOutput("-", pipeline->str() + "\n"));
}

int espressoCompileMain(int argc, char **argv) {
  ToolOptions tool;
  CompileToolOptions options;
  if (std::optional<ExitCode> code =
          tool.parse(argc, argv, kOverview, kExamples))
    return static_cast<int>(*code);
  if (options.listConfigs) {
    printRegisteredConfigs(llvm::outs());
    return static_cast<int>(ExitCode::Success);
  }
  if (std::optional<ExitCode> code = options.head.begin())
    return static_cast<int>(*code);
  if (std::optional<ExitCode> code = options.target.begin())
    return static_cast<int>(*code);
  Context context;
  tool.configure(context.getDiagnostics());
  if (!checkLevel(options))
    return static_cast<int>(ExitCode::Usage);
  if (options.dumpPipeline)
    return static_cast<int>(dumpPipeline(getCompileOptions(options), context));
  if (!checkOptions(options))
    return static_cast<int>(ExitCode::Usage);
  if (std::optional<ExitCode> code = options.passes.check())
    return static_cast<int>(*code);

  if (options.inspect.getFormat() != ReportFormat::None)
    return static_cast<int>(inspectModel(options, context.getDiagnostics()));
  std::variant<Checkpoint, ExitCode> found =
      getCheckpoint(options, context.getDiagnostics());
  if (const ExitCode *code = std::get_if<ExitCode>(&found))
    return static_cast<int>(*code);
  const Checkpoint &checkpoint = std::get<Checkpoint>(found);

  CompileOptions compile = getCompileOptions(options);
  compile.instrument = [&](PassManager &manager) {
    options.passes.instrument(manager);
  };
  CompiledModel model;
  CompileStatus status = compileModel(context, checkpoint, compile, model);
  if (status != CompileStatus::Success)
    return static_cast<int>(toExitCode(status));
  if (std::optional<ExitCode> code = options.head.checkPipeline(model.pipeline))
    return static_cast<int>(*code);
  switch (options.emit) {
  case Emit::Mil:
    return static_cast<int>(emitText(model, options.output));
  case Emit::MilWeights:
    return static_cast<int>(
        finishWrite(writeProgramText(*model.program, options.output)));
  case Emit::MlPackage:
    return static_cast<int>(
        emitPackage(std::move(model), options.output, tool));
  case Emit::Bundle:
    break;
  }
  return static_cast<int>(emitBundle(checkpoint, model, options.output, tool));
}

} // namespace espresso
