//===- OptMain.cpp - The driver of espresso-opt ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/OptMain.h"

#include "Formats.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/AsmText/TextCheck.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Support/DiagnosticVerifier.h"
#include "espresso/Tools/OutputFile.h"
#include "espresso/Tools/ToolOptions.h"
#include "espresso/Weights/WeightResolver.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <string>

namespace espresso {

namespace cl = llvm::cl;

OptStage::~OptStage() = default;

static constexpr llvm::StringLiteral kOverview =
    "Reads a program as MIL text or a Core ML model, verifies it, runs passes "
    "on it, and writes it.\n";

static constexpr llvm::StringLiteral kExamples =
    "  espresso-opt model.mil                       check and print\n"
    "  espresso-opt model.mil -o model.mlpackage    to a Core ML package\n"
    "  espresso-opt model.mil --pipeline=cleanup    run passes\n"
    "  espresso-opt model.mil --stats               what it consists of\n"
    "  espresso-opt --diff old.mil new.mil          in what they differ\n"
    "  espresso-opt --list-passes                   what passes there are; so "
    "are\n"
    "                                  --list-ops, --list-rules, "
    "--list-targets\n";

/// Between the pieces of a file that are programs of their own.
static constexpr llvm::StringLiteral kSplitMarker = "// -----";

namespace {

/// The command line.
struct Options {
  ToolOptions common;
  cl::opt<std::string> input{cl::Positional, cl::desc("<file or ->"),
                             cl::init("-"), cl::cat(common.getCategory())};
  cl::opt<std::string> output{
      "o", cl::desc("Where to write; '-' is standard output (default)"),
      cl::value_desc("file"), cl::init("-"), cl::cat(common.getCategory())};
  FormatOptions formats{common.getCategory()};
  TargetOptions target{common.getCategory()};
  cl::opt<bool> noWeights{
      "no-weights", cl::desc("Leave weight files alone; passes see no weights"),
      cl::cat(common.getCategory())};
  cl::opt<bool> strict{
      "strict",
      cl::desc("Unknown operations and opsets are errors, not warnings"),
      cl::cat(common.getCategory())};
  cl::opt<bool> split{
      "split-input-file",
      cl::desc("Take the pieces between '// -----' lines one by one"),
      cl::Hidden, cl::cat(common.getCategory())};
  cl::opt<bool> json{"json",
                     cl::desc("What is listed, counted or compared, as JSON"),
                     cl::cat(common.getCategory())};
  cl::opt<bool> verifyDiagnostics{
      "verify-diagnostics",
      cl::desc("Compare messages with 'expected-error' comments"), cl::Hidden,
      cl::cat(common.getCategory())};
};

/// One run of the tool.
class OptDriver {
public:
  OptDriver(Options &options, llvm::ArrayRef<OptStage *> stages)
      : options(options), stages(stages) {}

  ExitCode run();

private:
  /// The buffer of the input, or nothing after reporting.
  std::optional<unsigned> readInput(const std::string &path);
  /// Parses text beside `path`, verifies it and finds its weights.
  ExitCode parse(llvm::StringRef text, llvm::StringRef path,
                 std::unique_ptr<Program> &program);
  ReadResult readProgram(const std::string &path);
  WeightAccess getWeightAccess() const {
    return options.noWeights ? WeightAccess::None : WeightAccess::OnUse;
  }
  bool writesText() const {
    return options.formats.getOutputFormat(options.output) == FileFormat::Mil;
  }
  /// Whether the options fit the formats; false after reporting.
  bool checkFormats() const;

  ExitCode runOnText();
  ExitCode processAll(llvm::StringRef text, std::string &output);
  ExitCode processPiece(llvm::StringRef text, std::string &output);
  /// Verifies, runs the stages, and appends the text if text is to be written.
  ExitCode process(const ModelDocument &document, unsigned errorsBefore,
                   std::string &output);
  ExitCode printResult(const Program &program, std::string &output);
  ExitCode write(const ModelDocument &document);
  ExitCode verifyMessages(unsigned buffer);
  ExitCode finish(const absl::Status &status) const;

  Options &options;
  llvm::ArrayRef<OptStage *> stages;
  Context context;
  /// A stage has printed something in place of the program.
  bool isReplaced = false;
};

} // namespace

std::optional<unsigned> OptDriver::readInput(const std::string &path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false);
  if (!buffer) {
    reportToolError("cannot read '" + path +
                    "': " + buffer.getError().message());
    return std::nullopt;
  }
  return context.getDiagnostics().getSourceMgr().AddNewSourceBuffer(
      std::move(*buffer), llvm::SMLoc());
}

/// What `@model_path` stands for.
static std::string getModelDirectory(llvm::StringRef path) {
  llvm::StringRef parent = llvm::sys::path::parent_path(path);
  return path == "-" || parent.empty() ? "." : parent.str();
}

ExitCode OptDriver::parse(llvm::StringRef text, llvm::StringRef path,
                          std::unique_ptr<Program> &program) {
  program = parseProgramPiece(context, text);
  if (!program)
    return ExitCode::InvalidInput;
  if (failed(verify(*program, {.strict = options.strict})))
    return ExitCode::Failed;
  if (!options.noWeights &&
      failed(resolveWeights(*program, getModelDirectory(path),
                            WeightPolicy::OnUse)))
    return ExitCode::InvalidInput;
  return ExitCode::Success;
}

//===----------------------------------------------------------------------===//
// One program
//===----------------------------------------------------------------------===//

ExitCode OptDriver::printResult(const Program &program, std::string &output) {
  llvm::raw_string_ostream os(output);
  for (OptStage *stage : stages)
    isReplaced |= stage->printResult(os);
  if (isReplaced || !writesText())
    return ExitCode::Success;
  // What goes to a file is for other tools too.
  TextForm form = options.output == "-" ? TextForm::Ours : TextForm::Artifact;
  if (failed(checkText(program, form)))
    return ExitCode::Failed;
  print(program, os);
  os << '\n';
  return ExitCode::Success;
}

ExitCode OptDriver::write(const ModelDocument &document) {
  return finish(writeDocument(document,
                              options.formats.getOutputFormat(options.output),
                              options.output, getWeightAccess()));
}

ExitCode OptDriver::process(const ModelDocument &document,
                            unsigned errorsBefore, std::string &output) {
  Program &program = document.getProgram();
  for (OptStage *stage : stages) {
    ExitCode code = stage->run(program);
    if (code != ExitCode::Success)
      return code;
  }
  // --Werror makes errors of what has failed nothing.
  if (context.getDiagnostics().getNumErrors() != errorsBefore)
    return ExitCode::Failed;
  ExitCode code = printResult(program, output);
  return code != ExitCode::Success || isReplaced || writesText()
             ? code
             : write(document);
}

ExitCode OptDriver::processPiece(llvm::StringRef text, std::string &output) {
  unsigned errorsBefore = context.getDiagnostics().getNumErrors();
  std::unique_ptr<Program> program;
  ExitCode code = parse(text, options.input, program);
  if (code != ExitCode::Success)
    return code;
  return process(ModelDocument(std::move(program)), errorsBefore, output);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Goes through all pieces whatever happens, so that every error is seen.
ExitCode OptDriver::processAll(llvm::StringRef text, std::string &output) {
  if (!options.split)
    return processPiece(text, output);
  ExitCode result = ExitCode::Success;
  llvm::SmallVector<llvm::StringRef, 8> pieces;
  text.split(pieces, ("\n" + kSplitMarker + "\n").str());
  bool isFirst = true;
  for (llvm::StringRef piece : pieces) {
    if (!std::exchange(isFirst, false))
      output += (kSplitMarker + "\n").str();
    ExitCode code = processPiece(piece, output);
    if (result == ExitCode::Success)
      result = code;
  }
  return result;
}

/// The program goes nowhere; the messages are the output.
ExitCode OptDriver::verifyMessages(unsigned buffer) {
  DiagnosticVerifier verifier(context.getDiagnostics(), buffer);
  llvm::StringRef text = context.getDiagnostics()
                             .getSourceMgr()
                             .getMemoryBuffer(buffer)
                             ->getBuffer();
  std::string output;
  ExitCode result = processAll(text, output);
  if (result == ExitCode::Bug)
    return result;
  return succeeded(verifier.finish()) ? ExitCode::Success : ExitCode::Failed;
}

ExitCode OptDriver::runOnText() {
  std::optional<unsigned> buffer = readInput(options.input);
  if (!buffer)
    return ExitCode::InvalidInput;
  if (options.verifyDiagnostics)
    return verifyMessages(*buffer);
  llvm::StringRef text = context.getDiagnostics()
                             .getSourceMgr()
                             .getMemoryBuffer(*buffer)
                             ->getBuffer();
  std::string output;
  ExitCode result = processAll(text, output);
  if (result != ExitCode::Success || (!writesText() && !isReplaced))
    return result;
  return finish(writeOutput(options.output, output));
}

//===----------------------------------------------------------------------===//
// Other programs
//===----------------------------------------------------------------------===//

ReadResult OptDriver::readProgram(const std::string &path) {
  FileFormat format = options.formats.getInputFormat(path);
  if (format == FileFormat::Mil) {
    std::optional<unsigned> buffer = readInput(path);
    if (!buffer)
      return {ExitCode::InvalidInput, nullptr};
    std::unique_ptr<Program> program;
    ExitCode code = parse(context.getDiagnostics()
                              .getSourceMgr()
                              .getMemoryBuffer(*buffer)
                              ->getBuffer(),
                          path, program);
    return {code, std::move(program)};
  }
  FailureOr<ModelDocument> document =
      readDocument(context, format, path, getWeightAccess());
  if (failed(document))
    return {ExitCode::InvalidInput, nullptr};
  auto shared = std::make_shared<ModelDocument>(std::move(*document));
  Program &program = shared->getProgram();
  if (failed(verify(program, {.strict = options.strict})))
    return {ExitCode::Failed, nullptr};
  return {ExitCode::Success, std::shared_ptr<const Program>(shared, &program)};
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

ExitCode OptDriver::finish(const absl::Status &status) const {
  // Of Aborted, a diagnostic has said why.
  if (!status.ok() && !absl::IsAborted(status))
    reportToolError(
        llvm::StringRef(status.message().data(), status.message().size()));
  if (!status.ok())
    return getExitCodeForWrite(status);
  for (const OptStage *stage : stages)
    if (stage->getFinalExitCode() != ExitCode::Success)
      return stage->getFinalExitCode();
  return ExitCode::Success;
}

bool OptDriver::checkFormats() const {
  bool readsText =
      options.formats.getInputFormat(options.input) == FileFormat::Mil;
  if (!options.split && !options.verifyDiagnostics)
    return true;
  if (readsText && writesText())
    return true;
  reportToolError("--split-input-file and --verify-diagnostics are for text");
  return false;
}

ExitCode OptDriver::run() {
  options.common.configure(context.getDiagnostics());
  for (OptStage *stage : stages)
    stage->setReader(
        [this](const std::string &path) { return readProgram(path); });
  if (std::optional<ExitCode> code = options.target.begin(options.json))
    return *code;
  for (OptStage *stage : stages) {
    stage->setTarget(options.target);
    if (options.json)
      stage->preferJson();
  }
  for (OptStage *stage : stages)
    if (std::optional<ExitCode> code = stage->begin(context))
      return *code;
  for (OptStage *stage : stages)
    if (std::optional<std::string> path = stage->getInput())
      options.input = *path;
  if (!checkFormats())
    return ExitCode::Usage;
  FileFormat format = options.formats.getInputFormat(options.input);
  if (format == FileFormat::Mil)
    return runOnText();
  unsigned errorsBefore = context.getDiagnostics().getNumErrors();
  FailureOr<ModelDocument> document =
      readDocument(context, format, options.input, getWeightAccess());
  if (failed(document))
    return ExitCode::InvalidInput;
  if (failed(verify(document->getProgram(), {.strict = options.strict})))
    return ExitCode::Failed;
  std::string output;
  ExitCode result = process(*document, errorsBefore, output);
  if (result != ExitCode::Success || (!writesText() && !isReplaced))
    return result;
  return finish(writeOutput(options.output, output));
}

int espressoOptMain(int argc, char **argv, llvm::ArrayRef<OptStage *> stages) {
  Options options;
  for (OptStage *stage : stages)
    stage->addOptions(options.common.getCategory());
  if (std::optional<ExitCode> code =
          options.common.parse(argc, argv, kOverview, kExamples))
    return static_cast<int>(*code);
  return static_cast<int>(OptDriver(options, stages).run());
}

} // namespace espresso
