//===- Generate.cpp - From a prompt to its continuation -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/Session.h"

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

namespace {

/// Reads tokens and chooses the next one: without logits where only the best
/// token matters.
class Chooser {
public:
  Chooser(Session &session, const SamplerOptions &options)
      : session(session), sampler(options),
        takesBest(session.isGreedy() || sampler.takesBest()) {}

  /// `wantsLogits` asks for them whatever the sampler needs.
  absl::Status read(std::span<const int32_t> ids, bool wantsLogits = false) {
    logits = {};
    if (takesBest && (session.isGreedy() || !wantsLogits)) {
      ESPRESSO_ASSIGN_OR_RETURN(choice, session.appendGreedy(ids));
      return absl::OkStatus();
    }
    ESPRESSO_ASSIGN_OR_RETURN(logits, session.append(ids));
    return absl::OkStatus();
  }
  absl::StatusOr<int32_t> choose(std::span<const int32_t> history) {
    return logits.empty() ? toToken(choice) : sampler.sample(logits, history);
  }
  /// Empty if the head chooses.
  std::span<const float> getLogits() const { return logits; }

private:
  Session &session;
  Sampler sampler;
  bool takesBest;
  std::span<const float> logits;
  TokenChoice choice;
};

} // namespace

/// A head that chooses leaves nothing to a sampler.
static absl::Status checkSampler(const Session &session,
                                 const SamplerOptions &options) {
  ESPRESSO_RETURN_IF_ERROR(checkOptions(options));
  if (session.isGreedy() &&
      (options.temperature != 0 || options.repeatPenalty != 1))
    return absl::FailedPreconditionError(
        "the head of this bundle chooses the best token, so that neither a "
        "temperature nor a repeat penalty can be applied; compile it without "
        "--sampler=greedy");
  return absl::OkStatus();
}

absl::StatusOr<GenerateResult> generate(Session &session,
                                        std::span<const int32_t> prompt,
                                        const GenerateOptions &options,
                                        const GenerateCallbacks &callbacks) {
  ESPRESSO_RETURN_IF_ERROR(checkSampler(session, options.sampler));
  const Tokenizer &tokenizer = session.getBundle().getTokenizer();
  Chooser chooser(session, options.sampler);
  GenerateResult result;
  std::vector<int32_t> history(options.history.begin(), options.history.end());
  history.insert(history.end(), prompt.begin(), prompt.end());
  const Clock::time_point start = Clock::now();
  ESPRESSO_RETURN_IF_ERROR(chooser.read(
      prompt, /*wantsLogits=*/static_cast<bool>(callbacks.onPromptLogits)));
  result.promptTokens = static_cast<int64_t>(prompt.size());
  result.promptSeconds = getSecondsSince(start);
  if (callbacks.onPrompt)
    ESPRESSO_RETURN_IF_ERROR(callbacks.onPrompt());
  if (callbacks.onPromptLogits)
    ESPRESSO_RETURN_IF_ERROR(callbacks.onPromptLogits(chooser.getLogits()));

  Clock::time_point firstChoice = Clock::now();
  for (;;) {
    if (options.maxNewTokens >= 0 &&
        static_cast<int64_t>(result.ids.size()) >= options.maxNewTokens) {
      result.reason = StopReason::MaxTokens;
      break;
    }
    ESPRESSO_ASSIGN_OR_RETURN(int32_t id, chooser.choose(history));
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
    // The last token wanted need not be read.
    if (static_cast<int64_t>(result.ids.size()) == options.maxNewTokens)
      continue;
    if (session.getPosition() == session.getContextLength()) {
      result.reason = StopReason::ContextFull;
      break;
    }
    ESPRESSO_RETURN_IF_ERROR(chooser.read({&id, 1}));
    ++result.decodeSteps;
  }
  result.decodeSeconds = getSecondsSince(firstChoice);
  return result;
}

} // namespace espresso::runtime
