//===- BenchMain.cpp - The command espresso-run bench ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BenchMain.h"

#include "Report.h"
#include "Runtime/Driver/Console.h"
#include "Runtime/Driver/ExitCode.h"
#include "Runtime/Driver/ModelOpener.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <algorithm>
#include <filesystem>

namespace espresso::runtime::bench {

/// A cache that has to be longer than usual has a multiple of so many rows.
static constexpr int64_t kContextUnit = 256;
/// A larger part of the files that stays in memory is worth a word.
static constexpr double kMuchLeft = 0.05;

namespace {

/// One run of the command.
class BenchCommand {
public:
  explicit BenchCommand(BenchOptions given)
      : options(std::move(given)),
        messages(options.source.color, options.quiet, options.verbose) {}

  /// Writes the results. `exitCode` is that of espresso-compile if it failed.
  absl::Status run(int &exitCode);
  void report(const absl::Status &status) const {
    messages.error(std::string(status.message()));
  }

private:
  absl::Status open(int &exitCode);
  absl::Status checkContext(int &exitCode);
  absl::StatusOr<std::string> measure();
  absl::StatusOr<std::string> measureCold(const Subject &subject);

  BenchOptions options;
  const Messages messages;
  std::shared_ptr<const Bundle> bundle;
};

} // namespace

absl::Status BenchCommand::open(int &exitCode) {
  ModelOpener opener(options.source, messages, !options.noVerify,
                     options.wantsProgress());
  ESPRESSO_ASSIGN_OR_RETURN(bundle, opener.open(exitCode));
  return absl::OkStatus();
}

/// Sees to it that the tests fit the cache, compiling for a longer one if the
/// model is there to compile.
absl::Status BenchCommand::checkContext(int &exitCode) {
  const int64_t needed = options.getContextNeeded();
  const int64_t length = bundle->getModel().contextLength;
  if (needed <= length)
    return absl::OkStatus();
  std::error_code error;
  const bool isCompiled =
      options.source.config.empty() &&
      std::filesystem::is_directory(options.source.model, error);
  if (isCompiled || options.source.context != 0)
    return absl::OutOfRangeError(
        absl::StrCat(bundle->getPath(), ": the tests take ", needed,
                     " positions, the cache has ", length,
                     "; compile it with --context=", needed));
  options.source.context =
      (needed + kContextUnit - 1) / kContextUnit * kContextUnit;
  messages.note(absl::StrCat("the tests take ", needed,
                             " positions, the model's cache has ", length,
                             "; compiling it for ", options.source.context));
  return open(exitCode);
}

absl::StatusOr<std::string> BenchCommand::measureCold(const Subject &subject) {
  const std::string path = bundle->getPath();
  bundle.reset(); // what is mapped stays in memory
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<ColdStart> starts,
                            measureColdStart(path, options));
  double left = 0;
  for (const ColdStart &start : starts)
    left = start.left < 0 ? start.left : std::max(left, start.left);
  if (left < 0)
    messages.note("whether the files were out of memory is unknown here: what "
                  "is called cold may be warm");
  else if (left > kMuchLeft)
    messages.note(absl::StrFormat("%.0f %% of the files stayed in memory when "
                                  "they were to be dropped: what is called "
                                  "cold is not",
                                  100 * left));
  return format(subject, options, starts);
}

absl::StatusOr<std::string> BenchCommand::measure() {
  ESPRESSO_ASSIGN_OR_RETURN(Workload workload, Workload::create(*bundle));
  ESPRESSO_ASSIGN_OR_RETURN(
      Subject subject, describe(bundle, workload, options.source.getName()));
  if (options.cold)
    return measureCold(subject);
  if (options.busyCore) {
    ESPRESSO_ASSIGN_OR_RETURN(std::vector<BusyMeasurement> measured,
                              measureBusyCore(bundle, workload, options));
    return format(subject, options, measured);
  }
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<Measurement> measured,
                            measureThroughput(bundle, workload, options));
  return format(subject, options, measured);
}

absl::Status BenchCommand::run(int &exitCode) {
  if (options.child != Child::None)
    return runChild(options);
  ESPRESSO_RETURN_IF_ERROR(open(exitCode));
  if (exitCode != kSuccess)
    return absl::OkStatus(); // it has said why
  ESPRESSO_RETURN_IF_ERROR(checkContext(exitCode));
  if (exitCode != kSuccess)
    return absl::OkStatus();
  ESPRESSO_ASSIGN_OR_RETURN(std::string text, measure());
  return writeOutput(options.output, text);
}

int runBench(std::span<const std::string_view> arguments) {
  absl::StatusOr<BenchOptions> options = parseBenchOptions(arguments);
  if (!options.ok()) {
    const Messages messages("auto", false, false);
    messages.error(std::string(options.status().message()));
    return kUsage;
  }
  int exitCode = kSuccess;
  const bool helps = options->help || options->helpAll;
  const std::string help = helps ? getBenchHelp(options->helpAll) : "";
  BenchCommand command(*std::move(options));
  const absl::Status status = helps ? writeStdout(help) : command.run(exitCode);
  if (status.ok())
    return exitCode;
  // Nobody is left to read, as after `| head`: not worth a message.
  if (!absl::IsCancelled(status))
    command.report(status);
  return getExitCode(status);
}

} // namespace espresso::runtime::bench
