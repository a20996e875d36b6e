//===- RunMain.cpp - The driver of espresso-run ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/RunMain.h"

#include "Bench/BenchMain.h"
#include "ChatLoop.h"
#include "Console.h"
#include "ExitCode.h"
#include "ModelOpener.h"
#include "Progress.h"
#include "RunOptions.h"
#include "StreamLoop.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Base/Version.h"
#include "espresso/Runtime/DumpPlan.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <chrono>
#include <new>

#include <unistd.h>

namespace espresso::runtime {

using Clock = std::chrono::steady_clock;

static double getSeconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

namespace {

/// One run of the tool, from its options to its exit code.
class Runner {
public:
  explicit Runner(const RunOptions &options)
      : options(options),
        messages(options.color, options.quiet, options.verbose) {}
  int run();

private:
  int report(const absl::Status &status);
  bool wantsProgress() const { return !options.quiet && !options.noProgress; }
  absl::StatusOr<std::string> readPrompt() const;
  /// The bundle, compiled first if need be; or an exit code.
  absl::Status openBundle(int &exitCode);
  /// The same for what proposes tokens, if anything does.
  absl::Status openDrafter(int &exitCode);
  absl::StatusOr<std::shared_ptr<const Bundle>> open(const std::string &model,
                                                     int &exitCode);
  bool isMany() const {
    return options.streams > 0 || !options.prompts.empty();
  }
  absl::Status generateText(const std::string &prompt);
  absl::Status continueText(const std::string &prompt);
  absl::Status startOutput(const std::string &prompt, TextStream &stream);
  absl::Status writeToken(int32_t id, TextStream &stream);
  void printStats(const GenerateResult &result) const;

  const RunOptions &options;
  Messages messages;
  std::shared_ptr<const Bundle> bundle;
  std::unique_ptr<Drafter> drafter;
  std::vector<PromptLine> lines; ///< of many texts
  std::vector<int32_t> promptIds;
  double loadSeconds = 0;
};

} // namespace

int Runner::report(const absl::Status &status) {
  // Nobody is left to read, as after `| head`: not worth a message.
  if (!absl::IsCancelled(status))
    messages.error(std::string(status.message()));
  return getExitCode(status);
}

absl::StatusOr<std::string> Runner::readPrompt() const {
  if (options.prompt)
    return *options.prompt;
  if (options.promptFile.empty())
    return std::string(); // a conversation
  ESPRESSO_ASSIGN_OR_RETURN(std::string text, readText(options.promptFile));
  if (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

absl::StatusOr<std::shared_ptr<const Bundle>>
Runner::open(const std::string &model, int &exitCode) {
  const ModelRequest request{.model = model,
                             .config = {},
                             .tokenizer = options.tokenizer,
                             .dataType = options.dataType,
                             .context = 0,
                             .color = options.color,
                             .verbose = options.verbose};
  ModelOpener opener(
      request, messages, !options.noVerify, wantsProgress(), !options.noFuse,
      !options.verify,
      parseHeadMethod(options.headMethod).value_or(HeadMethod::Auto));
  ESPRESSO_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> opened,
                            opener.open(exitCode));
  loadSeconds += opener.getSeconds();
  return opened;
}

absl::Status Runner::openBundle(int &exitCode) {
  ESPRESSO_ASSIGN_OR_RETURN(bundle, open(options.model, exitCode));
  return absl::OkStatus();
}

absl::Status Runner::openDrafter(int &exitCode) {
  if (options.lookup > 0)
    drafter = createLookupDrafter(options.lookup);
  if (options.draft.empty())
    return absl::OkStatus();
  ESPRESSO_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> opened,
                            open(options.draft, exitCode));
  if (!opened)
    return absl::OkStatus();
  ESPRESSO_ASSIGN_OR_RETURN(
      drafter,
      createModelDrafter(std::move(opened), *bundle,
                         {.threads = static_cast<unsigned>(options.threads)}));
  return absl::OkStatus();
}

/// Writes what the prompt contributes to the output.
absl::Status Runner::startOutput(const std::string &prompt,
                                 TextStream &stream) {
  if (!options.ids)
    return writeStdout(stream.pushBytes(prompt));
  std::string line;
  for (int32_t id : promptIds)
    absl::StrAppend(&line, line.empty() ? "" : " ", id);
  return writeStdout(line);
}

absl::Status Runner::writeToken(int32_t id, TextStream &stream) {
  if (options.ids)
    return writeStdout(absl::StrCat(" ", id));
  return writeStdout(stream.push(id));
}

absl::Status Runner::continueText(const std::string &prompt) {
  const Clock::time_point start = Clock::now();
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::create(bundle,
                      {.threads = static_cast<unsigned>(options.threads)}));
  loadSeconds += getSeconds(Clock::now() - start);
  const Tokenizer &tokenizer = bundle->getTokenizer();
  ESPRESSO_ASSIGN_OR_RETURN(
      promptIds,
      tokenizer.encode(prompt, {.parseSpecial = options.parseSpecial}));
  TextStream stream(tokenizer, /*atStart=*/prompt.empty());
  auto progress =
      std::make_unique<Progress>(wantsProgress(), "reading the prompt");
  const bool writesText = options.logits != "-";
  absl::Status written;
  GenerateCallbacks callbacks;
  callbacks.onPrompt = [&] {
    progress.reset();
    return writesText ? startOutput(prompt, stream) : absl::OkStatus();
  };
  if (!options.logits.empty())
    callbacks.onPromptLogits = [&](std::span<const float> logits) {
      if (logits.empty())
        return absl::FailedPreconditionError(
            "there are no logits to write: the head of this bundle chooses the "
            "best token; compile it without --sampler=greedy");
      return writeLogits(options.logits, logits);
    };
  callbacks.onToken = [&](int32_t id) {
    if (writesText)
      written = writeToken(id, stream);
    return written.ok();
  };
  ESPRESSO_ASSIGN_OR_RETURN(GenerateResult result,
                            generate(*session, promptIds,
                                     {.sampler = options.sampler,
                                      .maxNewTokens = options.maxNewTokens,
                                      .endAtStopTokens = !options.ignoreStop,
                                      .drafter = drafter.get(),
                                      .draftTokens = options.draftTokens},
                                     callbacks));
  ESPRESSO_RETURN_IF_ERROR(written);
  if (writesText)
    ESPRESSO_RETURN_IF_ERROR(
        writeStdout(absl::StrCat(options.ids ? "" : stream.finish(), "\n")));
  for (const HeadReport &head : bundle->getHeadReports())
    if (!head.remark.empty())
      messages.note(absl::StrCat("every row of the head is multiplied for a "
                                 "token: ",
                                 head.remark));
  messages.detail(
      absl::StrCat("stopped: ", std::string(getName(result.reason))));
  if (options.stats)
    printStats(result);
  return absl::OkStatus();
}

static double getRate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
}

/// "screened, 264.2 MB made in 0.21 s, 8.0 of 128256 rows multiplied a token".
static std::string describe(const HeadReport &head) {
  std::string text(getName(head.method));
  if (head.bytes > 0)
    absl::StrAppend(&text,
                    absl::StrFormat(", %.1f MB made in %.2f s",
                                    static_cast<double>(head.bytes) / 1e6,
                                    head.seconds));
  if (head.searches > 0)
    absl::StrAppend(&text,
                    absl::StrFormat(", %.1f of %d rows multiplied a token",
                                    static_cast<double>(head.rescored) /
                                        static_cast<double>(head.searches),
                                    head.rows));
  return text;
}

void Runner::printStats(const GenerateResult &result) const {
  absl::FPrintF(stderr, "load:         %.3f s, %.1f MB of weights\n",
                loadSeconds,
                static_cast<double>(bundle->getWeightBytes()) / 1e6);
  absl::FPrintF(stderr, "prompt:       %d tokens, %.3f s, %.1f tokens/s\n",
                result.promptTokens, result.promptSeconds,
                getRate(result.promptTokens, result.promptSeconds));
  absl::FPrintF(stderr, "first token:  %.3f s after load\n",
                result.firstTokenSeconds);
  absl::FPrintF(stderr, "decode:       %d tokens, %.3f s, %.1f tokens/s\n",
                result.decodeSteps, result.decodeSeconds,
                getRate(result.decodeSteps, result.decodeSeconds));
  if (drafter)
    absl::FPrintF(
        stderr,
        "drafts:       %d of %d tokens accepted in %d passes, %.2f "
        "tokens a pass\n",
        result.acceptedTokens, result.draftedTokens, result.passes,
        getRate(result.decodeSteps, static_cast<double>(result.passes)));
  for (const HeadReport &head : bundle->getHeadReports())
    absl::FPrintF(stderr, "head:         %s\n", describe(head));
  absl::FPrintF(stderr, "stopped:      %s\n",
                std::string(getName(result.reason)));
}

int Runner::run() {
  // The prompt first: a wrong path should not cost a compilation.
  absl::StatusOr<std::string> prompt = readPrompt();
  if (!prompt.ok())
    return report(prompt.status());
  if (isMany()) {
    auto read = readPromptLines(options, *prompt);
    if (!read.ok())
      return report(read.status());
    lines = *std::move(read);
  }
  int exitCode = kSuccess;
  absl::Status opened = openBundle(exitCode);
  if (!opened.ok())
    return report(opened);
  if (exitCode != kSuccess)
    return exitCode;
  const ModelInfo &model = bundle->getModel();
  messages.detail(absl::StrFormat(
      "%s: %s, %d layers, %d parameters, %s, context %d", bundle->getPath(),
      model.name, model.numLayers, model.numParameters, model.dataType,
      model.contextLength));
  if (options.dumpPlan) {
    absl::Status written = writeStdout(dumpPlan(*bundle));
    return written.ok() ? kSuccess : report(written);
  }
  opened = openDrafter(exitCode);
  if (!opened.ok())
    return report(opened);
  if (exitCode != kSuccess)
    return exitCode;
  const absl::Status status = generateText(*prompt);
  return status.ok() ? kSuccess : report(status);
}

absl::Status Runner::generateText(const std::string &prompt) {
  if (options.chat)
    return runChat(options, messages, bundle, prompt, drafter.get());
  if (!isMany())
    return continueText(prompt);
  if (options.prompts.empty() && options.streams > 1 &&
      options.sampler.temperature == 0)
    messages.note("without --temp all texts are the same");
  return runStreams(options, bundle, lines, drafter.get(), loadSeconds);
}

/// Ends the process in an orderly way when memory runs out: nothing is half
/// written, since files are written aside. Allocates nothing.
[[noreturn]] static void reportOutOfMemory() {
  static constexpr char kMessage[] = "espresso-run: error: out of memory\n";
  [[maybe_unused]] ssize_t written =
      ::write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  ::_exit(kFailed);
}

int espressoRunMain(int argc, char **argv) {
  std::set_new_handler(reportOutOfMemory);
  absl::Status streams = prepareStreams();
  std::vector<std::string_view> arguments(argv + std::min(argc, 1),
                                          argv + argc);
  if (streams.ok() && !arguments.empty() && arguments.front() == "bench")
    return bench::runBench(std::span(arguments).subspan(1));
  absl::StatusOr<RunOptions> options = parseRunOptions(arguments);
  const Messages messages(options.ok() ? options->color : "auto", false, false);
  if (!options.ok()) {
    messages.error(std::string(options.status().message()));
    return kUsage;
  }
  if (streams.ok() && (options->help || options->helpAll))
    streams = writeStdout(getRunHelp(options->helpAll));
  else if (streams.ok() && options->version)
    streams = writeStdout(absl::StrCat(kVersionText, "\n"));
  else if (streams.ok())
    return Runner(*options).run();
  if (!streams.ok() && !absl::IsCancelled(streams))
    messages.error(std::string(streams.message()));
  return getExitCode(streams);
}

} // namespace espresso::runtime
