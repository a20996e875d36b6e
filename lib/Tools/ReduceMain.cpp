//===- ReduceMain.cpp - The driver of espresso-reduce ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/ReduceMain.h"

#include "CommandRunner.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/Reduce/Reducer.h"
#include "espresso/Tools/OutputFile.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <csignal>

namespace espresso {

namespace cl = llvm::cl;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

struct Options {
  ToolOptions common;
  cl::opt<std::string> input{cl::Positional, cl::desc("FILE"),
                             cl::cat(common.getCategory())};
  cl::opt<std::string> output{
      "o", cl::desc("Where to write; the best so far while it runs"),
      cl::value_desc("file"), cl::cat(common.getCategory())};
  cl::opt<int> exitCode{
      "exit-code",
      cl::desc("Interesting is this exit code (default: any but 0)"),
      cl::value_desc("n"), cl::cat(common.getCategory())};
  cl::opt<std::string> match{
      "match",
      cl::desc("Interesting is only output that this expression matches"),
      cl::value_desc("regex"), cl::cat(common.getCategory())};
  cl::opt<unsigned> timeout{
      "timeout",
      cl::desc("A test that takes longer is not interesting (default 60)"),
      cl::value_desc("seconds"), cl::init(60), cl::cat(common.getCategory())};
  cl::opt<uint64_t> maxTests{"max-tests", cl::desc("Stop after so many tests"),
                             cl::value_desc("n"), cl::init(0),
                             cl::cat(common.getCategory())};
};

/// One run of the tool.
class ReduceDriver {
public:
  ReduceDriver(Options &options, std::vector<std::string> command)
      : options(options), command(std::move(command)) {}
  ~ReduceDriver();

  int run();

private:
  std::unique_ptr<Program> readProgram();
  ExitCode makeDirectory(const Program &program);
  bool isInteresting(const Program &program);
  void keep(const Program &program);
  int finish(const ReduceResult &result);

  Options &options;
  /// The command, with "{}" for the program.
  std::vector<std::string> command;
  Context context;
  /// Where programs to be tested are written, with the weights beside them.
  std::string directory;
  /// The first failure that ends everything.
  std::optional<ExitCode> failure;
  /// Whether the output has been written.
  bool hasWritten = false;
};

} // namespace

static constexpr llvm::StringLiteral kOverview =
    "Makes a MIL program smaller while a command still fails on it.\n\n"
    "  espresso-reduce FILE -o SMALLER [OPTIONS] -- COMMAND [ARGUMENT...]\n\n"
    "The command gets the program in place of '{}', or as its last argument. "
    "It is\ninteresting while the command ends with another exit code than "
    "0.\n";

static constexpr llvm::StringLiteral kExamples =
    "  espresso-reduce bad.mil -o small.mil -- espresso-opt --pipeline=cse\n"
    "  espresso-reduce bad.mil -o small.mil --exit-code=70 \\\n"
    "    --match=\"differs\" -- espresso-opt --pipeline=cse "
    "--check-numerics {}\n";

/// The signal that asked to stop, or 0.
static volatile std::sig_atomic_t stopSignal = 0;

static void noteSignal(int number) { stopSignal = number; }

static bool shouldStop() { return stopSignal != 0; }

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

std::unique_ptr<Program> ReduceDriver::readProgram() {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFileOrSTDIN(options.input, /*IsText=*/false);
  if (!buffer) {
    reportToolError("cannot read '" + options.input +
                    "': " + buffer.getError().message());
    return nullptr;
  }
  unsigned id = context.getDiagnostics().getSourceMgr().AddNewSourceBuffer(
      std::move(*buffer), llvm::SMLoc());
  return parseProgram(context, id);
}

/// Calls `visit` with the path of each constant outside.
static void forEachBlob(const Program &program,
                        llvm::function_ref<void(llvm::StringRef)> visit) {
  auto visitAttribute = [&](const Attribute &attribute) {
    if (attribute && attribute.getBlob())
      visit(attribute.getBlob()->path);
  };
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      for (const NamedAttribute &attribute : op.getAttributes())
        visitAttribute(attribute.value);
      for (const std::unique_ptr<Binding> &binding : op.getBindings())
        for (size_t i = 0; i < binding->size(); ++i)
          visitAttribute((*binding)[i].getLiteral());
    });
}

/// Makes the file `relative` of `from` one of `to`, too: readers of weights do
/// not follow links that leave the directory of the program.
static void shareFile(llvm::StringRef relative, llvm::StringRef from,
                      llvm::StringRef to) {
  // What leads elsewhere is refused by readers as well.
  for (auto part = path::begin(relative), end = path::end(relative);
       part != end; ++part)
    if (*part == "..")
      return;
  llvm::SmallString<128> source(from), target(to);
  path::append(source, relative);
  path::append(target, relative);
  if (fs::exists(target) || !fs::exists(source) ||
      fs::create_directories(path::parent_path(target)))
    return;
  if (fs::create_hard_link(source, target))
    (void)fs::copy_file(source, target);
}

/// A directory for programs, with the weights where they are beside the input.
ExitCode ReduceDriver::makeDirectory(const Program &program) {
  llvm::SmallString<128> place;
  if (std::error_code error =
          fs::createUniqueDirectory("espresso-reduce", place)) {
    reportToolError("cannot make a directory for temporary files: " +
                    error.message());
    return ExitCode::OutputError;
  }
  directory = place.str().str();
  llvm::SmallString<128> source(options.input);
  fs::make_absolute(source);
  path::remove_filename(source);
  forEachBlob(program, [&](llvm::StringRef blob) {
    if (blob.consume_front("@model_path/"))
      shareFile(blob, source, directory);
  });
  return ExitCode::Success;
}

ReduceDriver::~ReduceDriver() {
  if (!directory.empty())
    (void)fs::remove_directories(directory);
}

//===----------------------------------------------------------------------===//
// Tests
//===----------------------------------------------------------------------===//

bool ReduceDriver::isInteresting(const Program &program) {
  if (failure)
    return false;
  llvm::SmallString<128> file(directory);
  path::append(file, "program.mil");
  absl::Status status = writeOutput(file, printToString(program) + "\n");
  if (!status.ok()) {
    reportToolError(std::string(status.message()));
    failure = ExitCode::OutputError;
    return false;
  }
  std::vector<std::string> arguments;
  for (const std::string &argument : command)
    arguments.push_back(argument == "{}" ? file.str().str() : argument);
  CommandResult result = runCommand(
      arguments, std::chrono::seconds(options.timeout.getValue()), shouldStop);
  if (!result.error.empty()) {
    reportToolError("cannot run '" + command.front() + "': " + result.error);
    failure = ExitCode::Usage;
    return false;
  }
  if (!result.exitCode)
    return false;
  bool hasCode = options.exitCode.getNumOccurrences() > 0
                     ? *result.exitCode == options.exitCode
                     : *result.exitCode != 0;
  return hasCode && (options.match.empty() ||
                     llvm::Regex(options.match).match(result.output));
}

/// Writes what is the best now, so that nothing is lost whatever happens.
void ReduceDriver::keep(const Program &program) {
  absl::Status status =
      writeOutput(options.output, printToString(program) + "\n");
  hasWritten |= status.ok();
  if (status.ok() || failure)
    return;
  reportToolError(std::string(status.message()));
  failure = ExitCode::OutputError;
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

int ReduceDriver::finish(const ReduceResult &result) {
  if (failure)
    return static_cast<int>(*failure);
  if (!result.program && stopSignal == 0) {
    reportToolError("the program is not interesting: the command ends " +
                    std::string(options.exitCode.getNumOccurrences() > 0 ||
                                        !options.match.empty()
                                    ? "otherwise than asked for"
                                    : "with exit code 0, or takes too long") +
                    " on it");
    return static_cast<int>(ExitCode::Failed);
  }
  if (result.program) {
    if (!hasWritten)
      keep(*result.program);
    if (failure)
      return static_cast<int>(*failure);
    if (!options.common.isQuiet())
      result.print(llvm::errs());
  }
  constexpr int kSignalBase = 128;
  return stopSignal ? kSignalBase + stopSignal : 0;
}

int ReduceDriver::run() {
  options.common.configure(context.getDiagnostics());
  std::string error;
  if (!options.match.empty() && !llvm::Regex(options.match).isValid(error)) {
    reportToolError("'--match' is not a regular expression: " + error);
    return static_cast<int>(ExitCode::Usage);
  }
  std::unique_ptr<Program> program = readProgram();
  if (!program)
    return static_cast<int>(ExitCode::InvalidInput);
  if (ExitCode code = makeDirectory(*program); code != ExitCode::Success)
    return static_cast<int>(code);
  for (int number : {SIGINT, SIGTERM, SIGHUP})
    std::signal(number, noteSignal);
  ReduceOptions reduce;
  reduce.isInteresting = [this](const Program &p) { return isInteresting(p); };
  reduce.onSmaller = [this](const Program &p) { keep(p); };
  reduce.shouldStop = [this] { return shouldStop() || failure.has_value(); };
  reduce.maxTests = options.maxTests;
  return finish(reduceProgram(*program, reduce));
}

int espressoReduceMain(int argc, char **argv) {
  // What follows "--" is another program's.
  char **dashes = std::find_if(argv, argv + argc, [](const char *argument) {
    return llvm::StringRef(argument) == "--";
  });
  std::vector<std::string> command;
  if (dashes != argv + argc)
    command.assign(dashes + 1, argv + argc);
  Options options;
  if (std::optional<ExitCode> code = options.common.parse(
          static_cast<int>(dashes - argv), argv, kOverview, kExamples))
    return static_cast<int>(*code);
  llvm::StringRef missing;
  if (options.input.empty())
    missing = "no program was given; name a FILE, see --help";
  else if (options.output.empty())
    missing = "no output was given; add '-o SMALLER.mil'";
  else if (command.empty())
    missing = "no command was given; add '-- COMMAND', see --help";
  if (!missing.empty()) {
    reportToolError(missing);
    return static_cast<int>(ExitCode::Usage);
  }
  if (!llvm::is_contained(command, "{}"))
    command.push_back("{}");
  return ReduceDriver(options, std::move(command)).run();
}

} // namespace espresso
