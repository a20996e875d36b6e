//===- Generate.cpp - From a prompt to its continuation -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/Drafter.h"
#include "espresso/Runtime/Session.h"

#include <algorithm>
#include <chrono>

namespace espresso::runtime {

std::string_view getName(StopReason reason) {
  switch (reason) {
  case StopReason::StopToken:
    return "stop token";
  case StopReason::MaxTokens:
    return "token limit";
  case StopReason::ContextFull:
    return "context full";
  case StopReason::Cancelled:
    return "cancelled";
  }
  return "";
}

using Clock = std::chrono::steady_clock;

static double getSecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A head that chooses leaves nothing to a sampler.
absl::Status checkSampler(bool isGreedy, const SamplerOptions &options) {
  ESPRESSO_RETURN_IF_ERROR(checkOptions(options));
  if (isGreedy && (options.temperature != 0 || options.repeatPenalty != 1))
    return absl::FailedPreconditionError(
        "the head of this bundle chooses the best token, so that neither a "
        "temperature nor a repeat penalty can be applied; compile it without "
        "--sampler=greedy");
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// How many tokens are drafted
//===----------------------------------------------------------------------===//

namespace {

/// The more drafts have been right, the more are made: a batch of few columns
/// takes little longer than one column, a wrong draft costs its column.
class DraftLength {
public:
  /// `fixed` of 0 adapts.
  explicit DraftLength(int64_t fixed) : fixed(fixed) {}
  int64_t get() const { return fixed > 0 ? fixed : length; }
  void learn(int64_t drafted, int64_t accepted) {
    if (drafted == 0)
      return;
    if (accepted == drafted)
      length = std::min<int64_t>(2 * length, kLongest);
    else if (2 * accepted < drafted)
      length = std::max<int64_t>(length / 2, 1);
  }

private:
  static constexpr int64_t kLongest = 15;
  int64_t fixed;
  int64_t length = 4;
};

//===----------------------------------------------------------------------===//
// One text
//===----------------------------------------------------------------------===//

/// A text as it is generated.
class Generation {
public:
  Generation(Session &session, const GenerateOptions &options,
             const GenerateCallbacks &callbacks)
      : session(session), batch(session.getBatch()), options(options),
        callbacks(callbacks), sampler(options.sampler),
        takesBest(session.isGreedy() || sampler.takesBest()),
        length(options.draftTokens),
        history(options.history.begin(), options.history.end()) {}

  absl::StatusOr<GenerateResult> run(std::span<const int32_t> prompt);

private:
  absl::Status readPrompt(std::span<const int32_t> prompt);
  absl::Status go();
  absl::Status draft();
  absl::Status readNext();
  absl::StatusOr<int32_t> choose();

  Session &session;
  BatchSession &batch;
  const GenerateOptions &options;
  const GenerateCallbacks &callbacks;
  Sampler sampler;
  const bool takesBest;
  DraftLength length;

  Clock::time_point start = Clock::now(), firstChoice = start;
  GenerateResult result;
  std::vector<int32_t> history;
  int64_t promptEnd = 0; ///< the position behind the prompt
  std::vector<BatchColumn> columns;
  /// Tokens that were read on trial, and how many of them were right so far:
  /// the result behind as many is the next.
  std::vector<int32_t> drafts;
  int64_t accepted = 0;
  bool hasLogits = false;
};

} // namespace

absl::Status Generation::readPrompt(std::span<const int32_t> prompt) {
  hasLogits = !takesBest || (callbacks.onPromptLogits && !session.isGreedy());
  if (hasLogits) {
    ESPRESSO_RETURN_IF_ERROR(session.append(prompt).status());
  } else {
    ESPRESSO_RETURN_IF_ERROR(session.appendGreedy(prompt).status());
  }
  history.insert(history.end(), prompt.begin(), prompt.end());
  promptEnd = session.getPosition();
  result.promptTokens = static_cast<int64_t>(prompt.size());
  result.promptSeconds = getSecondsSince(start);
  if (callbacks.onPrompt)
    ESPRESSO_RETURN_IF_ERROR(callbacks.onPrompt());
  if (callbacks.onPromptLogits)
    return callbacks.onPromptLogits(hasLogits ? batch.getLogits(0)
                                              : std::span<const float>());
  return absl::OkStatus();
}

absl::StatusOr<int32_t> Generation::choose() {
  if (hasLogits)
    return sampler.sample(batch.getLogits(accepted), history);
  return toToken(batch.getChoice(accepted));
}

/// Tokens on trial behind the last one: as many as the context and the number
/// of tokens asked for have room for.
absl::Status Generation::draft() {
  drafts.clear();
  if (!options.drafter)
    return absl::OkStatus();
  int64_t count =
      std::min({length.get(), BatchSession::kMaxColumns - 1,
                session.getContextLength() - session.getPosition() - 1});
  if (options.maxNewTokens >= 0)
    count = std::min(count, options.maxNewTokens -
                                static_cast<int64_t>(result.ids.size()) - 1);
  if (count < 1)
    return absl::OkStatus();
  ESPRESSO_RETURN_IF_ERROR(options.drafter->draft(history, count, drafts));
  const int64_t vocabulary = session.getBundle().getModel().vocabularySize;
  for (size_t i = 0; i < drafts.size(); ++i)
    if (drafts[i] < 0 || drafts[i] >= vocabulary ||
        static_cast<int64_t>(i) >= count)
      drafts.resize(i);
  return absl::OkStatus();
}

/// Reads the last token and the drafts behind it.
absl::Status Generation::readNext() {
  ESPRESSO_RETURN_IF_ERROR(draft());
  columns.assign(1, {0, result.ids.back()});
  for (int32_t id : drafts)
    columns.push_back({0, id});
  hasLogits = !takesBest;
  accepted = 0;
  ++result.passes;
  result.draftedTokens += static_cast<int64_t>(drafts.size());
  return batch.run(columns,
                   hasLogits ? BatchResult::Logits : BatchResult::Choice);
}

absl::Status Generation::go() {
  const Tokenizer &tokenizer = session.getBundle().getTokenizer();
  while (true) {
    if (options.maxNewTokens >= 0 &&
        static_cast<int64_t>(result.ids.size()) >= options.maxNewTokens) {
      result.reason = StopReason::MaxTokens;
      break;
    }
    ESPRESSO_ASSIGN_OR_RETURN(int32_t id, choose());
    if (result.firstTokenSeconds == 0) {
      result.firstTokenSeconds = getSecondsSince(start);
      firstChoice = Clock::now();
    }
    if (options.endAtStopTokens && tokenizer.isStop(id)) {
      result.reason = StopReason::StopToken;
      break;
    }
    result.ids.push_back(id);
    history.push_back(id);
    if (callbacks.onToken && !callbacks.onToken(id)) {
      result.reason = StopReason::Cancelled;
      break;
    }
    // A draft that is what was chosen has been read already.
    if (accepted < static_cast<int64_t>(drafts.size()) &&
        drafts[accepted] == id) {
      ++accepted;
      ++result.acceptedTokens;
      continue;
    }
    // The last token wanted need not be read.
    if (static_cast<int64_t>(result.ids.size()) == options.maxNewTokens)
      continue;
    length.learn(static_cast<int64_t>(drafts.size()), accepted);
    session.rollBack(promptEnd + static_cast<int64_t>(result.ids.size()) - 1);
    if (session.getPosition() == session.getContextLength()) {
      result.reason = StopReason::ContextFull;
      break;
    }
    ESPRESSO_RETURN_IF_ERROR(readNext());
  }
  // A stop token is never read, nor the last token in the other cases.
  const int64_t count = static_cast<int64_t>(result.ids.size());
  result.decodeSteps = result.reason == StopReason::StopToken
                           ? count
                           : std::max<int64_t>(count - 1, 0);
  session.rollBack(promptEnd + result.decodeSteps);
  return absl::OkStatus();
}

absl::StatusOr<GenerateResult>
Generation::run(std::span<const int32_t> prompt) {
  ESPRESSO_RETURN_IF_ERROR(readPrompt(prompt));
  firstChoice = Clock::now();
  ESPRESSO_RETURN_IF_ERROR(go());
  result.decodeSeconds = getSecondsSince(firstChoice);
  return std::move(result);
}

absl::StatusOr<GenerateResult> generate(Session &session,
                                        std::span<const int32_t> prompt,
                                        const GenerateOptions &options,
                                        const GenerateCallbacks &callbacks) {
  ESPRESSO_RETURN_IF_ERROR(checkSampler(session.isGreedy(), options.sampler));
  return Generation(session, options, callbacks).run(prompt);
}

} // namespace espresso::runtime
