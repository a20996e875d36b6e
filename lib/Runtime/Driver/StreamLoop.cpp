//===- StreamLoop.cpp - Many texts from the command line ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamLoop.h"

#include "Console.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/Streams.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

#include <algorithm>
#include <map>

namespace espresso::runtime {

/// Texts side by side unless --streams says otherwise.
static constexpr int64_t kDefaultStreams = BatchSession::kMaxColumns;

absl::StatusOr<std::vector<PromptLine>>
readPromptLines(const RunOptions &options, const std::string &prompt) {
  if (options.prompts.empty()) {
    std::vector<PromptLine> lines(options.streams, {.prompt = prompt});
    for (size_t i = 0; i < lines.size(); ++i)
      lines[i].seed = static_cast<int64_t>(options.sampler.seed + i);
    return lines;
  }
  ESPRESSO_ASSIGN_OR_RETURN(std::string text, readText(options.prompts));
  return parsePrompts(text, options.prompts == "-" ? "stdin" : options.prompts);
}

namespace {

/// Writes objects in the order of the prompts, whichever ends first.
class ObjectWriter {
public:
  ObjectWriter(const RunOptions &options, const Tokenizer &tokenizer,
               const std::vector<PromptLine> &lines,
               const std::vector<StreamRequest> &requests)
      : options(options), tokenizer(tokenizer), lines(lines),
        requests(requests) {}

  absl::Status add(size_t index, const GenerateResult &text) {
    waiting.emplace(index, format(index, text));
    for (auto first = waiting.begin();
         first != waiting.end() && first->first == next;
         first = waiting.erase(first), ++next)
      ESPRESSO_RETURN_IF_ERROR(writeStdout(first->second));
    return absl::OkStatus();
  }

private:
  std::string format(size_t index, const GenerateResult &text) const {
    TextStream stream(tokenizer, /*atStart=*/lines[index].prompt.empty());
    std::string continuation;
    for (int32_t id : text.ids)
      continuation += stream.push(id);
    continuation += stream.finish();
    const double seconds = text.firstTokenSeconds + text.decodeSeconds;
    nlohmann::ordered_json object;
    object["index"] = index;
    object["prompt"] = lines[index].prompt;
    object["text"] = continuation;
    if (options.ids)
      object["ids"] = text.ids;
    object["prompt_tokens"] = text.promptTokens;
    object["tokens"] = text.ids.size();
    object["stop"] = std::string(getName(text.reason));
    object["seed"] = requests[index].sampler.seed;
    if (options.lookup > 0 || !options.draft.empty()) {
      object["drafted_tokens"] = text.draftedTokens;
      object["accepted_tokens"] = text.acceptedTokens;
      object["passes"] = text.passes;
    }
    object["seconds"] = seconds;
    object["tokens_per_second"] =
        seconds > 0 ? static_cast<double>(text.ids.size()) / seconds : 0.0;
    return object.dump(-1, ' ', false,
                       nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }

  const RunOptions &options;
  const Tokenizer &tokenizer;
  const std::vector<PromptLine> &lines;
  const std::vector<StreamRequest> &requests;
  std::map<size_t, std::string> waiting;
  size_t next = 0;
};

} // namespace

/// Where a prompt comes from, for messages.
static std::string getPlace(const RunOptions &options, const PromptLine &line) {
  if (options.prompts.empty())
    return "";
  return absl::StrCat(options.prompts == "-" ? "stdin" : options.prompts, ":",
                      line.line, ": ");
}

/// All prompts are checked before the first is read.
static absl::StatusOr<std::vector<StreamRequest>>
makeRequests(const RunOptions &options, const Bundle &bundle,
             const std::vector<PromptLine> &lines) {
  std::vector<StreamRequest> requests;
  const int64_t context = bundle.getModel().contextLength;
  for (const PromptLine &line : lines) {
    StreamRequest request{.sampler = options.sampler,
                          .maxNewTokens =
                              line.maxTokens.value_or(options.maxNewTokens),
                          .endAtStopTokens = !options.ignoreStop};
    if (line.seed)
      request.sampler.seed = static_cast<uint64_t>(*line.seed);
    auto ids = bundle.getTokenizer().encode(
        line.prompt, {.parseSpecial = options.parseSpecial});
    const std::string place = getPlace(options, line);
    if (!ids.ok())
      return absl::Status(
          ids.status().code(),
          absl::StrCat(place, std::string(ids.status().message())));
    request.prompt = *std::move(ids);
    const int64_t count = static_cast<int64_t>(request.prompt.size());
    if (count == 0)
      return absl::InvalidArgumentError(
          absl::StrCat(place, "the prompt has no tokens"));
    if (count > context)
      return absl::OutOfRangeError(absl::StrCat(
          place, count, " tokens do not fit the context of ", context));
    requests.push_back(std::move(request));
  }
  return requests;
}

static double getRate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
}

static void printStats(const StreamsResult &all, size_t texts, int64_t streams,
                       double loadSeconds) {
  absl::FPrintF(stderr, "load:         %.3f s\n", loadSeconds);
  absl::FPrintF(stderr,
                "prompts:      %d tokens of %d texts, %d read, %.3f s, %.1f "
                "tokens/s\n",
                all.promptTokens, texts, all.promptsRead, all.promptSeconds,
                getRate(all.promptsRead, all.promptSeconds));
  absl::FPrintF(stderr,
                "decode:       %d tokens in %d passes, %.3f s, %.1f tokens/s "
                "of up to %d streams together\n",
                all.decodeSteps, all.passes, all.decodeSeconds,
                getRate(all.decodeSteps, all.decodeSeconds), streams);
}

/// One text after another: drafts take the place of other texts in batches.
static absl::StatusOr<StreamsResult>
generateInTurn(const RunOptions &options, std::shared_ptr<const Bundle> bundle,
               const std::vector<StreamRequest> &requests, Drafter &drafter,
               ObjectWriter &writer) {
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::create(std::move(bundle),
                      {.threads = static_cast<unsigned>(options.threads)}));
  StreamsResult all;
  for (size_t i = 0; i < requests.size(); ++i) {
    const StreamRequest &request = requests[i];
    session->reset();
    ESPRESSO_ASSIGN_OR_RETURN(
        GenerateResult text,
        generate(*session, request.prompt,
                 {.sampler = request.sampler,
                  .maxNewTokens = request.maxNewTokens,
                  .endAtStopTokens = request.endAtStopTokens,
                  .drafter = &drafter,
                  .draftTokens = options.draftTokens}));
    all.promptTokens += text.promptTokens;
    all.promptsRead += text.promptTokens;
    all.promptSeconds += text.promptSeconds;
    all.decodeSteps += text.decodeSteps;
    all.passes += text.passes;
    all.decodeSeconds += text.decodeSeconds;
    ESPRESSO_RETURN_IF_ERROR(writer.add(i, text));
  }
  return all;
}

absl::Status runStreams(const RunOptions &options,
                        std::shared_ptr<const Bundle> bundle,
                        const std::vector<PromptLine> &lines, Drafter *drafter,
                        double loadSeconds) {
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<StreamRequest> requests,
                            makeRequests(options, *bundle, lines));
  const Tokenizer &tokenizer = bundle->getTokenizer();
  ObjectWriter writer(options, tokenizer, lines, requests);
  const int64_t asked = options.streams > 0 ? options.streams : kDefaultStreams;
  const int64_t streams =
      drafter ? 1 : std::min(asked, static_cast<int64_t>(requests.size()));
  StreamsResult all;
  if (drafter) {
    ESPRESSO_ASSIGN_OR_RETURN(
        all, generateInTurn(options, bundle, requests, *drafter, writer));
  } else {
    ESPRESSO_ASSIGN_OR_RETURN(
        std::unique_ptr<BatchSession> batch,
        BatchSession::create(
            bundle, getStreamSlots(streams),
            {.threads = static_cast<unsigned>(options.threads)}));
    ESPRESSO_ASSIGN_OR_RETURN(
        all, generateStreams(*batch, requests,
                             [&](size_t index, const GenerateResult &text) {
                               return writer.add(index, text);
                             }));
  }
  if (options.stats)
    printStats(all, lines.size(), streams, loadSeconds);
  return absl::OkStatus();
}

} // namespace espresso::runtime
