//===- Streams.cpp - Many texts generated together ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Streams.h"

#include "espresso/Base/StatusMacros.h"

#include <algorithm>
#include <chrono>

namespace espresso::runtime {

using Clock = std::chrono::steady_clock;

static double getSecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

namespace {

/// A text under way.
struct Stream {
  size_t index = 0; ///< of its request
  int64_t slot = 0;
  Sampler sampler;
  std::vector<int32_t> history;
  Clock::time_point start = Clock::now(), firstChoice = start;
  GenerateResult result;
};

/// Logits or the best token behind a prompt, kept for the next text.
struct PromptResult {
  std::vector<float> logits;
  TokenChoice choice;
};

class StreamRunner {
public:
  using OnText = std::function<absl::Status(size_t, GenerateResult)>;
  StreamRunner(BatchSession &batch, std::span<const StreamRequest> requests,
               const OnText &onText)
      : batch(batch), requests(requests), onText(onText),
        shared(batch.getNumSlots() - 1) {
    for (int64_t slot = 0; slot < shared; ++slot)
      free.push_back(slot);
  }
  absl::StatusOr<StreamsResult> run();

private:
  BatchResult getForm(const StreamRequest &request) const {
    return batch.isGreedy() || Sampler(request.sampler).takesBest()
               ? BatchResult::Choice
               : BatchResult::Logits;
  }
  absl::Status begin(size_t index);
  absl::Status readPrompt(size_t index, int64_t slot);
  absl::Status step(std::span<Stream> group);
  /// Takes the next token of a text; true if it has ended.
  absl::StatusOr<bool> advance(Stream &stream, int32_t id);
  absl::Status end(Stream &stream);

  BatchSession &batch;
  std::span<const StreamRequest> requests;
  const OnText &onText;
  const int64_t shared; ///< the slot of a prompt that several texts have
  std::vector<int64_t> free;
  std::vector<Stream> streams;
  StreamsResult result;
  const std::vector<int32_t> *sharedPrompt = nullptr;
  BatchResult sharedForm = BatchResult::Choice;
  PromptResult behindPrompt;
  std::vector<BatchColumn> columns;
};

} // namespace

/// Reads a prompt into a slot, or copies it if the last one was the same.
absl::Status StreamRunner::readPrompt(size_t index, int64_t slot) {
  const StreamRequest &request = requests[index];
  const BatchResult form = getForm(request);
  batch.reset(slot);
  if (sharedPrompt && *sharedPrompt == request.prompt && sharedForm == form)
    return batch.copy(shared, slot);
  const bool isShared = index + 1 < requests.size() &&
                        requests[index + 1].prompt == request.prompt;
  const int64_t reader = isShared ? shared : slot;
  sharedPrompt = nullptr;
  if (isShared)
    batch.reset(shared);
  ESPRESSO_RETURN_IF_ERROR(batch.read(reader, request.prompt, form));
  result.promptsRead += static_cast<int64_t>(request.prompt.size());
  if (form == BatchResult::Choice)
    behindPrompt.choice = batch.getChoice(0);
  else
    behindPrompt.logits.assign(batch.getLogits(0).begin(),
                               batch.getLogits(0).end());
  if (!isShared)
    return absl::OkStatus();
  sharedPrompt = &request.prompt;
  sharedForm = form;
  return batch.copy(shared, slot);
}

absl::Status StreamRunner::end(Stream &stream) {
  GenerateResult &text = stream.result;
  const int64_t count = static_cast<int64_t>(text.ids.size());
  text.decodeSteps = text.reason == StopReason::StopToken
                         ? count
                         : std::max<int64_t>(count - 1, 0);
  text.passes = text.decodeSteps;
  text.decodeSeconds = getSecondsSince(stream.firstChoice);
  free.push_back(stream.slot);
  return onText(stream.index, std::move(text));
}

absl::StatusOr<bool> StreamRunner::advance(Stream &stream, int32_t id) {
  const StreamRequest &request = requests[stream.index];
  GenerateResult &text = stream.result;
  if (text.firstTokenSeconds == 0) {
    text.firstTokenSeconds = getSecondsSince(stream.start);
    stream.firstChoice = Clock::now();
  }
  if (request.endAtStopTokens && batch.getBundle().getTokenizer().isStop(id)) {
    text.reason = StopReason::StopToken;
    return true;
  }
  text.ids.push_back(id);
  stream.history.push_back(id);
  if (static_cast<int64_t>(text.ids.size()) == request.maxNewTokens) {
    text.reason = StopReason::MaxTokens;
    return true;
  }
  if (batch.getLength(stream.slot) == batch.getContextLength()) {
    text.reason = StopReason::ContextFull;
    return true;
  }
  return false;
}

/// Begins the text of a request, which may end at once.
absl::Status StreamRunner::begin(size_t index) {
  const StreamRequest &request = requests[index];
  const int64_t slot = free.back();
  free.pop_back();
  Stream stream{.index = index,
                .slot = slot,
                .sampler = Sampler(request.sampler),
                .history = request.prompt};
  ESPRESSO_RETURN_IF_ERROR(readPrompt(index, slot));
  stream.result.promptTokens = static_cast<int64_t>(request.prompt.size());
  stream.result.promptSeconds = getSecondsSince(stream.start);
  result.promptTokens += stream.result.promptTokens;
  result.promptSeconds += stream.result.promptSeconds;
  if (request.maxNewTokens == 0) {
    stream.result.reason = StopReason::MaxTokens;
    return end(stream);
  }
  int32_t id;
  if (getForm(request) == BatchResult::Choice) {
    ESPRESSO_ASSIGN_OR_RETURN(id, toToken(behindPrompt.choice));
  } else {
    ESPRESSO_ASSIGN_OR_RETURN(
        id, stream.sampler.sample(behindPrompt.logits, stream.history));
  }
  ESPRESSO_ASSIGN_OR_RETURN(bool hasEnded, advance(stream, id));
  if (hasEnded)
    return end(stream);
  streams.push_back(std::move(stream));
  return absl::OkStatus();
}

/// Reads a token of each text of a group; those that have ended get a slot of
/// -1.
absl::Status StreamRunner::step(std::span<Stream> group) {
  columns.clear();
  BatchResult form = BatchResult::Choice;
  for (const Stream &stream : group) {
    columns.push_back({stream.slot, stream.result.ids.back()});
    if (getForm(requests[stream.index]) == BatchResult::Logits)
      form = BatchResult::Logits;
  }
  ESPRESSO_RETURN_IF_ERROR(batch.run(columns, form));
  ++result.passes;
  result.decodeSteps += static_cast<int64_t>(columns.size());
  for (size_t i = 0; i < group.size(); ++i) {
    Stream &stream = group[i];
    int32_t id;
    if (form == BatchResult::Choice) {
      ESPRESSO_ASSIGN_OR_RETURN(id, toToken(batch.getChoice(i)));
    } else {
      ESPRESSO_ASSIGN_OR_RETURN(
          id, stream.sampler.sample(batch.getLogits(i), stream.history));
    }
    ESPRESSO_ASSIGN_OR_RETURN(bool hasEnded, advance(stream, id));
    if (!hasEnded)
      continue;
    ESPRESSO_RETURN_IF_ERROR(end(stream));
    stream.slot = -1;
  }
  return absl::OkStatus();
}

absl::StatusOr<StreamsResult> StreamRunner::run() {
  if (shared < 1)
    return absl::InvalidArgumentError("streams need two slots or more");
  for (const StreamRequest &request : requests)
    ESPRESSO_RETURN_IF_ERROR(checkSampler(batch.isGreedy(), request.sampler));
  size_t next = 0;
  while (next < requests.size() || !streams.empty()) {
    while (next < requests.size() && !free.empty())
      ESPRESSO_RETURN_IF_ERROR(begin(next++));
    const Clock::time_point start = Clock::now();
    const size_t width = static_cast<size_t>(BatchSession::kMaxColumns);
    for (size_t first = 0; first < streams.size(); first += width)
      ESPRESSO_RETURN_IF_ERROR(step(std::span(streams).subspan(
          first, std::min(width, streams.size() - first))));
    std::erase_if(streams,
                  [](const Stream &stream) { return stream.slot < 0; });
    result.decodeSeconds += getSecondsSince(start);
  }
  return result;
}

absl::StatusOr<StreamsResult> generateStreams(
    BatchSession &batch, std::span<const StreamRequest> requests,
    const std::function<absl::Status(size_t, GenerateResult)> &onText) {
  return StreamRunner(batch, requests, onText).run();
}

} // namespace espresso::runtime
